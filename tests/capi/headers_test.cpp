// Lists of headers: built alone, given to requests, taken from responses.
#include <string>

#include "capi/capi.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;
using namespace std::string_literals;

namespace {

int32_t set(const Headers& headers, std::string_view name, std::string_view value, ppn_error** error = nullptr) {
  return ppn_headers_set(headers.get(), name.data(), name.size(), value.data(), value.size(), error);
}

int32_t add(const Headers& headers, std::string_view name, std::string_view value, ppn_error** error = nullptr) {
  return ppn_headers_add(headers.get(), name.data(), name.size(), value.data(), value.size(), error);
}

std::string dump(const Headers& headers) {
  std::string out;
  for (size_t i = 0; i < ppn_headers_count(headers.get()); ++i) {
    const char* name = nullptr;
    const char* value = nullptr;
    size_t name_length = 0;
    size_t value_length = 0;
    BOOST_REQUIRE_EQUAL(ppn_headers_at(headers.get(), i, &name, &name_length, &value, &value_length), PPN_OK);
    out.append(name, name_length).append("=").append(value, value_length).append(";");
  }
  return out;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(header_lists, NoLeak)

BOOST_AUTO_TEST_CASE(fields_keep_order_spelling_and_duplicates) {
  const Headers headers = make_headers();
  BOOST_TEST(ppn_headers_count(headers.get()) == 0U);
  BOOST_TEST(add(headers, "B", "1") == PPN_OK);
  BOOST_TEST(add(headers, "a", "2") == PPN_OK);
  BOOST_TEST(add(headers, "b", "") == PPN_OK);
  BOOST_TEST(dump(headers) == "B=1;a=2;b=;");
  BOOST_TEST(set(headers, "B", "3") == PPN_OK);
  BOOST_TEST(dump(headers) == "B=3;a=2;");
  BOOST_TEST(ppn_headers_set(headers.get(), "A", PPN_AUTO_LENGTH, "x", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(dump(headers) == "B=3;A=x;");
}

BOOST_AUTO_TEST_CASE(first_value_is_found_in_any_case) {
  const Headers headers = make_headers();
  BOOST_TEST(add(headers, "Content-Type", "a/b") == PPN_OK);
  BOOST_TEST(add(headers, "content-type", "c/d") == PPN_OK);
  size_t length = 7;
  const char* const value = ppn_headers_get(headers.get(), "CONTENT-TYPE", PPN_AUTO_LENGTH, &length);
  BOOST_TEST(std::string(value, length) == "a/b");
  BOOST_TEST((ppn_headers_get(headers.get(), "Content", PPN_AUTO_LENGTH, &length) == nullptr));
  BOOST_TEST(length == 0U);
  BOOST_TEST((ppn_headers_get(headers.get(), nullptr, 0, &length) == nullptr));
  BOOST_TEST((ppn_headers_get(headers.get(), "a", 1, nullptr) == nullptr));
}

BOOST_AUTO_TEST_CASE(remove_tells_how_many_there_were) {
  const Headers headers = make_headers();
  BOOST_TEST(add(headers, "a", "1") == PPN_OK);
  BOOST_TEST(add(headers, "b", "2") == PPN_OK);
  BOOST_TEST(add(headers, "A", "3") == PPN_OK);
  size_t removed = 7;
  BOOST_TEST(ppn_headers_remove(headers.get(), "a", 1, &removed, nullptr) == PPN_OK);
  BOOST_TEST(removed == 2U);
  BOOST_TEST(ppn_headers_remove(headers.get(), "a", 1, &removed, nullptr) == PPN_OK);
  BOOST_TEST(removed == 0U);
  BOOST_TEST(dump(headers) == "b=2;");
  BOOST_TEST(ppn_headers_remove(headers.get(), "b", 1, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_headers_remove(headers.get(), nullptr, 1, &removed, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(dump(headers).empty());
  BOOST_TEST(add(headers, "c", "4") == PPN_OK);
  BOOST_TEST(ppn_headers_clear(headers.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_headers_count(headers.get()) == 0U);
}

BOOST_AUTO_TEST_CASE(malformed_fields_are_refused_and_change_nothing) {
  const Headers headers = make_headers();
  BOOST_TEST(add(headers, "a", "1") == PPN_OK);
  for (const std::string& name : {""s, "a b"s, "a:"s, "a\r\nb"s, "a\0"s, "\x7f"s, std::string(1025, 'n')}) {
    BOOST_TEST(set(headers, name, "v") == PPN_E_INVALID_HEADER);
    BOOST_TEST(add(headers, name, "v") == PPN_E_INVALID_HEADER);
  }
  for (const std::string& value : {"SECRET\r"s, "SECRET\nX: y"s, "SECRET\0"s, " SECRET"s, "SECRET\t"s, "\x7f"s,
                                   std::string((1U << 20) + 1, 'v')}) {
    ErrorHandle error;
    BOOST_TEST(set(headers, "a", value, error.out()) == PPN_E_INVALID_HEADER);
    BOOST_TEST(std::string(ppn_error_message(error.get())).find("SECRET") == std::string::npos);
    BOOST_TEST(add(headers, "a", value) == PPN_E_INVALID_HEADER);
  }
  BOOST_TEST(ppn_headers_set(headers.get(), nullptr, 1, "v", 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_headers_set(headers.get(), "a", 1, nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_headers_add(headers.get(), "a", PPN_AUTO_LENGTH - 1, "v", 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_headers_new(nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(dump(headers) == "a=1;");
  BOOST_TEST(ppn_headers_set(headers.get(), "a", 1, nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(dump(headers) == "a=;");
}

BOOST_AUTO_TEST_CASE(index_past_the_end_clears_what_it_would_hand_out) {
  const Headers headers = make_headers();
  const char* name = "stale";
  size_t length = 7;
  BOOST_TEST(ppn_headers_at(headers.get(), 0, &name, &length, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((name == nullptr && length == 0U));
  BOOST_TEST(ppn_headers_at(headers.get(), PPN_AUTO_LENGTH, nullptr, nullptr, nullptr, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(request_takes_a_list_beside_its_own_headers) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1", "Connection: close\r\n")).close()},
                              {.repeat_last = true});
  const Client client = make_client();
  const Headers headers = make_headers();
  BOOST_TEST(add(headers, "X-List", "1") == PPN_OK);
  BOOST_TEST(add(headers, "x-list", "2") == PPN_OK);
  BOOST_TEST(add(headers, "User-Agent", "mine") == PPN_OK);
  for (int i = 0; i < 2; ++i) {
    const Request request = make_request(client, "GET", server.url());
    BOOST_TEST(ppn_request_set_header(request.get(), "X-Own", 5, "o", 1, nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_set_header(request.get(), "X-LIST", 6, "replaced", 8, nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_set_headers(request.get(), headers.get(), nullptr) == PPN_OK);
    Response response;
    BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_set_headers(request.get(), headers.get(), nullptr) == PPN_E_INVALID_STATE);
    const std::string seen = server.requests().back();
    BOOST_TEST(seen.find("X-Own: o\r\nX-List: 1\r\nx-list: 2\r\nUser-Agent: mine\r\n") != seen.npos);
    BOOST_TEST(seen.find("replaced") == seen.npos);
  }
  BOOST_TEST(dump(headers) == "X-List=1;x-list=2;User-Agent=mine;");
}

BOOST_AUTO_TEST_CASE(headers_of_the_library_are_refused_when_the_list_is_given_and_nothing_is_taken) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  const Client client = make_client();
  const Headers headers = make_headers();
  BOOST_TEST(add(headers, "X-First", "1") == PPN_OK);
  BOOST_TEST(add(headers, "Content-Length", "5") == PPN_OK);
  const Request request = make_request(client, "GET", server.url());
  ErrorHandle error;
  BOOST_TEST(ppn_request_set_headers(request.get(), headers.get(), error.out()) == PPN_E_INVALID_HEADER);
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("Content-Length") != std::string::npos);
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(server.requests().at(0).find("X-First") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(headers_and_trailers_of_a_response_are_lists_of_their_own) {
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nx-a: 2\r\n\r\n1\r\nx\r\n0\r\nX-T: t\r\n\r\n")});
  Headers headers;
  Headers trailers;
  {
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Response response;
    BOOST_REQUIRE_EQUAL(ppn_request_send(request.get(), response.out(), nullptr), PPN_OK);
    BOOST_TEST(ppn_response_headers(response.get(), headers.out(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_response_trailers(response.get(), trailers.out(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_response_headers(response.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_headers_clear(Headers(ppn_headers_acquire(trailers.get())).get(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_response_trailer_count(response.get()) == 1U);
    BOOST_TEST(ppn_response_trailers(response.get(), trailers.out(), nullptr) == PPN_OK);
  }
  BOOST_TEST(dump(headers) == "Transfer-Encoding=chunked;X-A=1;x-a=2;");
  BOOST_TEST(dump(trailers) == "X-T=t;");
  BOOST_TEST(add(headers, "Mine", "3") == PPN_OK);
  BOOST_TEST(ppn_headers_count(headers.get()) == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
