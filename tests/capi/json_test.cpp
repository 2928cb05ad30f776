// JSON texts that came another way than as the body of a response. The accessors are those of responses, which
// call_test.cpp plays.
#include <string>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

constexpr const char* event =
    R"({"choices": [{"delta": {"content": "Gr\u00fc\u00dfe", "nul": "a\u0000b"}}], "n": 7, "x": 2.5, "huge": )"
    R"(18446744073709551616, "ok": true, "none": null})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(json, NoLeak)

BOOST_AUTO_TEST_CASE(values_are_found_by_pointer) {
  std::string source = event;
  const Json json = make_json(source);
  source.assign(source.size(), 'x');
  const char* text = nullptr;
  size_t length = 0;
  BOOST_TEST(ppn_json_string(json.get(), "/choices/0/delta/content", PPN_AUTO_LENGTH, &text, &length, nullptr) ==
             PPN_OK);
  BOOST_TEST(std::string(text, length) ==
             "Gr\xc3\xbc\xc3\x9f"
             "e");
  BOOST_TEST(text[length] == '\0');
  BOOST_TEST(ppn_json_string(json.get(), "/choices/0/delta/nul", PPN_AUTO_LENGTH, &text, &length, nullptr) == PPN_OK);
  BOOST_TEST(std::string(text, length) == std::string("a\0b", 3));
  int64_t integer = 0;
  BOOST_TEST(ppn_json_int64(json.get(), "/nXX", 2, &integer, nullptr) == PPN_OK);
  BOOST_TEST(integer == 7);
  double real = 0;
  BOOST_TEST(ppn_json_double(json.get(), "/x", 2, &real, nullptr) == PPN_OK);
  BOOST_TEST(real == 2.5);
  int32_t truth = 0;
  BOOST_TEST(ppn_json_bool(json.get(), "/ok", 3, &truth, nullptr) == PPN_OK);
  BOOST_TEST(truth == 1);
  size_t size = 0;
  BOOST_TEST(ppn_json_size(json.get(), "", 0, &size, nullptr) == PPN_OK);
  BOOST_TEST(size == 6U);
  int32_t type = -1;
  BOOST_TEST(ppn_json_type(json.get(), nullptr, 0, &type, nullptr) == PPN_OK);
  BOOST_TEST(type == PPN_JSON_OBJECT);
  BOOST_TEST(ppn_json_text(json.get(), "/huge", PPN_AUTO_LENGTH, &text, &length, nullptr) == PPN_OK);
  BOOST_TEST(std::string(text, length) == "18446744073709551616");
}

BOOST_AUTO_TEST_CASE(texts_live_as_long_as_the_document) {
  Json json = make_json(event);
  const Json second(ppn_json_acquire(json.get()));
  const char* first_text = nullptr;
  BOOST_TEST(ppn_json_string(json.get(), "/choices/0/delta/content", PPN_AUTO_LENGTH, &first_text, nullptr, nullptr) ==
             PPN_OK);
  json.reset();
  const char* text = nullptr;
  BOOST_TEST(ppn_json_text(second.get(), "", 0, &text, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_json_string(second.get(), "/choices/0/delta/content", PPN_AUTO_LENGTH, &text, nullptr, nullptr) ==
             PPN_OK);
  BOOST_TEST((text == first_text));
}

BOOST_AUTO_TEST_CASE(value_of_another_type_or_place_is_named) {
  const Json json = make_json(event);
  const char* text = "stale";
  size_t length = 7;
  int64_t integer = 5;
  double real = 5;
  int32_t truth = 5;
  size_t size = 5;
  BOOST_TEST(ppn_json_string(json.get(), "/n", 2, &text, &length, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST((text == nullptr && length == 0U));
  BOOST_TEST(ppn_json_text(json.get(), "/absent", PPN_AUTO_LENGTH, &text, &length, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST(ppn_json_int64(json.get(), "/huge", 5, &integer, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST(ppn_json_double(json.get(), "/ok", 3, &real, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST(ppn_json_bool(json.get(), "/n", 2, &truth, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST(ppn_json_size(json.get(), "/n", 2, &size, nullptr) == PPN_E_JSON_VALUE);
  BOOST_TEST((integer == 0 && real == 0 && truth == 0 && size == 0));
  for (const char* pointer : {"n", "/~", "/a~2b"}) {
    BOOST_TEST(ppn_json_type(json.get(), pointer, PPN_AUTO_LENGTH, &truth, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_json_type(json.get(), nullptr, 1, &truth, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_json_type(json.get(), "", 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_json_is_refused_and_never_repeated) {
  for (const std::string& bad :
       {std::string(), std::string("SECRET"), std::string("{\"SECRET\": }"), std::string("{} SECRET"),
        std::string("\"SECRET\xff\""), std::string("[1]\0", 4), std::string(200, '[') + std::string(200, ']')}) {
    Json json;
    ErrorHandle error;
    BOOST_TEST(ppn_json_parse(bad.data(), bad.size(), json.out(), error.out()) == PPN_E_JSON_PARSE);
    BOOST_TEST((json.get() == nullptr));
    BOOST_TEST(std::string(ppn_error_message(error.get())).find("SECRET") == std::string::npos);
  }
  Json json;
  BOOST_TEST(ppn_json_parse(nullptr, 2, json.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_json_parse("{}", 2, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_json_parse("{}XX", 2, json.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_json_parse("[]", PPN_AUTO_LENGTH, json.out(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_SUITE_END()
