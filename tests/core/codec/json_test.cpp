#include "codec/json.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace ppn;
using Type = JsonDocument::Type;

JsonDocument good(std::string_view text) {
  auto document = JsonDocument::parse(text);
  BOOST_REQUIRE_MESSAGE(document.ok(), (document.ok() ? "" : document.error().message));
  return std::move(*document);
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

const std::vector<std::string> kValid = {
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "-1.5e+10",
    "1E400",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    "[ ]",
    "{ }",
    "[1,2]",
    "{\"a\":{\"b\":[null,{}]}}",
    "\t\r\n [1 , 2 ]\n",
    "\"\\u0000\\\"\\\\\\/\\b\\f\\n\\r\\t\\uD83D\\uDE00\"",
    "\"\xF0\x9F\x98\x80\x7F\"",
    "{\"a\":1,\"a\":2}",
    "[[],[[]],{}]",
    "123456789012345678901234567890",
    "\"\\ud800\"",
};

const std::vector<std::string> kInvalid = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "'a'",
    "\"",
    "\"\\\"",
    "\"\n\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\\xC3\xA9\"",
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1",
    "{",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1",
    "{]",
    "[}",
    "1 2",
    "[] []",
    "{}x",
    "01",
    "-",
    "-01",
    "+1",
    ".5",
    "1.",
    "1.e1",
    "1e",
    "1e+",
    "0x1",
    "NaN",
    "Infinity",
    "-Infinity",
    "\"\xFF\"",
    "\"\xED\xA0\x80\"",
    "[1]//",
    "/**/1",
    "\xEF\xBB\xBF"
    "1\xEF\xBB\xBF",
    "\"a\" \"b\"",
    ",",
    ":",
    std::string("\0", 1),
    std::string("[1\0]", 4),
    std::string("\"\0\"", 3),
    "[\"\x1F\"]",
    "\"\\",
    "\"\\u",
    "{\"a\" 1}",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(valid_texts_are_accepted) {
  for (const std::string& text : kValid) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK(validate_json(text).ok());
      BOOST_CHECK(JsonDocument::parse(text).ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(invalid_texts_are_refused_with_a_place) {
  for (const std::string& text : kInvalid) {
    BOOST_TEST_CONTEXT(text) {
      const Status status = validate_json(text);
      BOOST_REQUIRE(!status.ok());
      BOOST_CHECK(status.error().code == ErrorCode::json_parse);
      BOOST_CHECK(status.error().phase == Phase::validate);
      BOOST_CHECK(status.error().message.find("at byte ") != std::string::npos);
      const auto document = JsonDocument::parse(text);
      BOOST_REQUIRE(!document.ok());
      BOOST_CHECK(document.error().code == ErrorCode::json_parse);
      BOOST_CHECK(document.error().phase == Phase::deliver);
    }
  }
}

BOOST_AUTO_TEST_CASE(message_says_where_and_not_what) {
  const std::string message = validate_json("{\"k\": SECRET}").error().message;
  BOOST_CHECK(message.find("byte 6") != std::string::npos);
  BOOST_CHECK(message.find("SECRET") == std::string::npos);
  BOOST_CHECK(validate_json("[\"ok\", \"\xC3\"]").error().message.find("byte 8: invalid UTF-8") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_prefix_of_a_text_is_refused) {
  const std::string text = R"({"a":[1.5e3,"x\u00e9\ud83d\ude00",true,null],"b":{}})";
  for (std::size_t size = 0; size < text.size(); ++size) BOOST_CHECK(!validate_json(text.substr(0, size)).ok());
  BOOST_CHECK(validate_json(text).ok());
}

BOOST_AUTO_TEST_CASE(depth_is_limited) {
  BOOST_CHECK(validate_json(nested(512)).ok());
  BOOST_CHECK(!validate_json(nested(513)).ok());
  BOOST_CHECK(!validate_json(std::string(1'000'000, '[')).ok());
  BOOST_CHECK(JsonDocument::parse(nested(128)).ok());
  BOOST_CHECK_EQUAL(good(nested(128)).root().to_text(), nested(128));
  BOOST_CHECK(!JsonDocument::parse(nested(129)).ok());
}

BOOST_AUTO_TEST_CASE(size_is_limited) {
  BOOST_CHECK(JsonDocument::parse("[1,2]", 5).ok());
  BOOST_CHECK(JsonDocument::parse("[1,2]", 4).error().code == ErrorCode::json_parse);
}

BOOST_AUTO_TEST_CASE(pointers_find_places) {
  const JsonDocument document = good(R"({"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"~1":9,"o":{"p":{"q":true}}})");
  BOOST_CHECK(document.find("")->type() == Type::object);
  BOOST_CHECK_EQUAL(document.find("")->size(), 6U);
  BOOST_CHECK_EQUAL(document.find("/foo/0")->as_string().value(), "bar");
  BOOST_CHECK_EQUAL(document.find("/foo")->size(), 2U);
  BOOST_CHECK_EQUAL(document.find("/")->as_int64().value(), 0);
  BOOST_CHECK_EQUAL(document.find("/a~1b")->as_int64().value(), 1);
  BOOST_CHECK_EQUAL(document.find("/m~0n")->as_int64().value(), 8);
  BOOST_CHECK_EQUAL(document.find("/~01")->as_int64().value(), 9);
  BOOST_CHECK_EQUAL(document.find("/o/p/q")->as_bool().value(), true);
  BOOST_CHECK_EQUAL(document.find("/o")->find("/p")->find("/q")->as_bool().value(), true);
  for (const std::string_view pointer :
       {"foo", "/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/foo/ 1", "/foo/", "/foo/1/x", "/m~n", "/m~2n", "/nope",
        "/o/p/q/r", "/foo/99999999999999999999", "//"}) {
    BOOST_TEST_CONTEXT(pointer) {
      BOOST_CHECK(!document.find(pointer).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(single_values_may_stand_at_the_top) {
  BOOST_CHECK(good("null").root().type() == Type::null);
  BOOST_CHECK_EQUAL(good(" true").root().as_bool().value(), true);
  BOOST_CHECK_EQUAL(good("-7 ").root().as_int64().value(), -7);
  BOOST_CHECK_EQUAL(good("\"x\"").root().as_string().value(), "x");
  BOOST_CHECK_EQUAL(good("\xEF\xBB\xBF"
                         "1")
                        .root()
                        .as_int64()
                        .value(),
                    1);
}

BOOST_AUTO_TEST_CASE(integers_are_exact_or_refused) {
  BOOST_CHECK_EQUAL(good("9223372036854775807").root().as_int64().value(), INT64_MAX);
  BOOST_CHECK_EQUAL(good("-9223372036854775808").root().as_int64().value(), INT64_MIN);
  BOOST_CHECK_EQUAL(good("1.0").root().as_int64().value(), 1);
  BOOST_CHECK_EQUAL(good("-0").root().as_int64().value(), 0);
  for (const std::string_view text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "1.5",
                                      "1e3", "0.99999999999999999999", "true", "\"1\"", "null", "[1]"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_CHECK(!good(text).root().as_int64().has_value());
    }
  }
  BOOST_CHECK(good("18446744073709551616").root().type() == Type::integer);
  BOOST_CHECK(good("1.0").root().type() == Type::number);
}

BOOST_AUTO_TEST_CASE(doubles_are_read_without_a_locale) {
  BOOST_CHECK_EQUAL(good("1.5").root().as_double().value(), 1.5);
  BOOST_CHECK_EQUAL(good("18446744073709551616").root().as_double().value(), 18446744073709551616.0);
  BOOST_CHECK_EQUAL(good("-1E2").root().as_double().value(), -100.0);
  BOOST_CHECK(!good("1e400").root().as_double().has_value());
  BOOST_CHECK(!good("\"1\"").root().as_double().has_value());
}

BOOST_AUTO_TEST_CASE(text_of_a_place_keeps_numbers_order_and_names) {
  for (const std::string_view text :
       {R"({"z":1.0,"a":[123456789012345678901234567890,-0.10,1e400],"m":{"x":null,"b":true},"e":""})", "[]", "{}",
        R"("a\"\\\n\u0000")", R"({"a\u0000b":1,"a\u0001b":2,"a\u00010":3,"a":4,"\u0001":5})", "1E+5"}) {
    BOOST_CHECK_EQUAL(good(text).root().to_text(), text);
  }
  BOOST_CHECK_EQUAL(good(R"( { "a" : [ 1 , 2 ] } )").find("/a")->to_text(), "[1,2]");
}

BOOST_AUTO_TEST_CASE(zero_bytes_in_names_and_strings_are_kept) {
  const JsonDocument document = good(R"({"a\u0000b":"x\u0000y","a\u00010":1})");
  BOOST_CHECK_EQUAL(document.root().size(), 2U);
  BOOST_CHECK(document.find(std::string_view("/a\0b", 4))->as_string().value() == std::string_view("x\0y", 3));
  BOOST_CHECK_EQUAL(document
                        .find("/a\x01"
                              "0")
                        ->as_int64()
                        .value(),
                    1);
  BOOST_CHECK(!document.find("/a").has_value());
}

BOOST_AUTO_TEST_CASE(last_of_equal_names_counts) {
  const JsonDocument document = good(R"({"a":1,"b":2,"a":{"c":3},"a":[4]})");
  BOOST_CHECK_EQUAL(document.root().to_text(), R"({"b":2,"a":[4]})");
}

BOOST_AUTO_TEST_CASE(escapes_are_decoded) {
  BOOST_CHECK_EQUAL(good(R"("\u00e9\uD83D\uDE00\/\b\f\n\r\t\"\\")").root().as_string().value(),
                    "\u00e9\U0001F600/\b\f\n\r\t\"\\");
  for (const std::string_view text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\n")"}) {
    const JsonDocument document = good(text);
    BOOST_CHECK_EQUAL(document.root().as_string()->substr(0, 3), "\uFFFD");
  }
  BOOST_CHECK_EQUAL(good(R"("\ud800\ud83d\ude00")").root().as_string().value(), "\uFFFD\U0001F600");
}

BOOST_AUTO_TEST_CASE(large_arrays_keep_their_order) {
  std::string text = "[0";
  for (int i = 1; i < 10'000; ++i) text += "," + std::to_string(i);
  text += "]";
  const JsonDocument document = good(text);
  BOOST_CHECK_EQUAL(document.root().size(), 10'000U);
  BOOST_CHECK_EQUAL(document.find("/9999")->as_int64().value(), 9999);
  BOOST_CHECK_EQUAL(document.root().to_text(), text);
}

BOOST_AUTO_TEST_CASE(places_stay_good_when_the_document_moves) {
  JsonDocument document = good(R"({"a":"b"})");
  const auto place = document.find("/a").value();
  const JsonDocument moved = std::move(document);
  BOOST_CHECK_EQUAL(place.as_string().value(), "b");
  BOOST_CHECK_EQUAL(moved.find("/a")->as_string().value(), "b");
}

BOOST_AUTO_TEST_CASE(strings_are_escaped_and_mended) {
  BOOST_CHECK_EQUAL(quoted("plain \xC3\xA9"), "\"plain \xC3\xA9\"");
  BOOST_CHECK_EQUAL(quoted("\"\\\b\f\n\r\t\x01\x1F"), R"("\"\\\b\f\n\r\t\u0001\u001f")");
  BOOST_CHECK_EQUAL(quoted(std::string_view("\0", 1)), R"("\u0000")");
  BOOST_CHECK_EQUAL(quoted("a\xFF"
                           "b"),
                    "\"a\uFFFDb\"");
  BOOST_CHECK(validate_json(quoted("\xFF\x00\n\"")).ok());
}

BOOST_AUTO_TEST_SUITE_END()
