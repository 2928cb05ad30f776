// A real server of another make: httpbin on gunicorn.
#include "support/httpbin_server.hpp"

#include <string>
#include <utility>
#include <vector>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

bool httpbin_is_there(boost::unit_test::test_unit_id) {
  return httpbin_available();
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Response send(const Client& client, const std::string& method, const std::string& url, const std::string& json = "",
              const Headers& headers = {}) {
  const Request request = make_request(client, method, url);
  if (!json.empty()) {
    BOOST_REQUIRE_EQUAL(ppn_request_set_json(request.get(), json.data(), json.size(), nullptr), PPN_OK);
  }
  for (const auto& [name, value] : headers) {
    BOOST_REQUIRE_EQUAL(
        ppn_request_set_header(request.get(), name.data(), name.size(), value.data(), value.size(), nullptr), PPN_OK);
  }
  Response response;
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(ppn_request_send(request.get(), response.out(), error.out()) == PPN_OK,
                        method << ' ' << url << ": " << ppn_error_message(error.get()));
  return response;
}

std::string text_at(const Response& response, const std::string& pointer) {
  const char* text = nullptr;
  size_t length = 0;
  ErrorHandle error;
  const int32_t code =
      ppn_response_json_string(response.get(), pointer.data(), pointer.size(), &text, &length, error.out());
  BOOST_REQUIRE_MESSAGE(code == PPN_OK, pointer << ": " << ppn_error_message(error.get()) << body_of(response.get()));
  return std::string(text, length);
}

std::string header_of(const Response& response, const std::string& name) {
  size_t length = 0;
  const char* const value = ppn_response_header(response.get(), name.data(), name.size(), &length);
  return value != nullptr ? std::string(value, length) : "";
}

// All pieces of a stream, which must end well.
std::vector<std::string> read_stream(const Client& client, const std::string& url, int32_t kind) {
  const Request request = make_request(client, "GET", url);
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), kind, stream.out(), nullptr), PPN_OK);
  std::vector<std::string> pieces;
  const ppn_event* piece = nullptr;
  int32_t code = PPN_OK;
  while ((code = ppn_stream_next(stream.get(), 20'000, &piece, nullptr)) == PPN_OK) pieces.push_back(data_of(piece));
  BOOST_TEST(code == PPN_END);
  return pieces;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(httpbin, NoLeak, *boost::unit_test::precondition(httpbin_is_there))

BOOST_AUTO_TEST_CASE(requests_arrive_as_they_were_described_and_answers_as_they_were_given) {
  const HttpbinServer server;
  const Client client = make_client();

  const Response get = send(client, "GET", server.url("/get?a=1&b=%20x&b=y"), "", {{"X-Test", "caf\xC3\xA9"}});
  BOOST_TEST(text_at(get, "/args/a") == "1");
  BOOST_TEST(text_at(get, "/args/b/0") == " x");
  BOOST_TEST(text_at(get, "/args/b/1") == "y");
  BOOST_TEST(header_of(get, "content-type") == "application/json");

  for (const char* const method : {"POST", "PUT", "PATCH", "DELETE"}) {
    std::string path = method;
    for (char& c : path) c = static_cast<char>(c | 0x20);
    const Response response = send(client, method, server.url("/" + path), R"({"list":[1,{"text":"\u00e9"}]})");
    BOOST_TEST(ppn_response_status(response.get()) == 200);
    BOOST_TEST(text_at(response, "/json/list/1/text") == "\xC3\xA9");
    BOOST_TEST(text_at(response, "/headers/Content-Type") == "application/json");
    BOOST_TEST(ppn_response_reused(response.get()) == 1);
  }
  const std::string text(100'000, 't');
  BOOST_TEST(text_at(send(client, "POST", server.url("/anything"), '"' + text + '"'), "/json") == text);

  const Response headers = send(client, "GET", server.url("/headers"), "", {{"X-One", "1"}, {"Accept", "text/x"}});
  BOOST_TEST(text_at(headers, "/headers/X-One") == "1");
  BOOST_TEST(text_at(headers, "/headers/Accept") == "text/x");
  const Response chosen = send(client, "GET", server.url("/response-headers?X-Chosen=by%20us&X-Chosen=twice"));
  BOOST_TEST(header_of(chosen, "x-chosen") == "by us");

  for (const int32_t status : {200, 201, 204, 304, 400, 401, 404, 418, 429, 500, 503}) {
    const Response response = send(client, "GET", server.url("/status/" + std::to_string(status)));
    BOOST_TEST(ppn_response_status(response.get()) == status);
  }
  const Response redirect = send(client, "GET", server.url("/redirect-to?url=/get&status_code=307"));
  BOOST_TEST(ppn_response_status(redirect.get()) == 200);
  BOOST_TEST(ppn_response_redirects(redirect.get()) == 1);
  BOOST_TEST(ppn_response_url(redirect.get(), nullptr) == server.url("/get"));

  const Response head = send(client, "HEAD", server.url("/bytes/1000"));
  BOOST_TEST(header_of(head, "content-length") == "1000");
  BOOST_TEST(ppn_response_body_bytes(head.get()) == 0U);
  BOOST_TEST(ppn_response_body_bytes(send(client, "GET", server.url("/bytes/100000")).get()) == 100'000U);
  const Response part = send(client, "GET", server.url("/range/1000"), "", {{"Range", "bytes=10-19"}});
  BOOST_TEST(ppn_response_status(part.get()) == 206);
  BOOST_TEST(body_of(part.get()) == "klmnopqrst");
  // Content codings are handed over as they came.
  const Response packed = send(client, "GET", server.url("/gzip"), "", {{"Accept-Encoding", "gzip"}});
  BOOST_TEST(header_of(packed, "content-encoding") == "gzip");
  BOOST_TEST(body_of(packed.get()).starts_with("\x1F\x8B"));
}

BOOST_AUTO_TEST_CASE(streams_arrive_piece_by_piece_and_whole) {
  const HttpbinServer server;
  const Client client = make_client();
  const auto lines = read_stream(client, server.url("/stream/20"), PPN_STREAM_LINES);
  BOOST_TEST(lines.size() == 20U);
  for (const std::string& line : lines) BOOST_TEST((line.starts_with("{") && line.ends_with("}")));

  const auto same = [&](const std::string& path) { return joined(read_stream(client, server.url(path), 0)); };
  BOOST_TEST(same("/stream-bytes/100000?seed=7&chunk_size=1000").size() == 100'000U);
  BOOST_TEST((same("/stream-bytes/5000?seed=7&chunk_size=1") == same("/stream-bytes/5000?seed=7&chunk_size=5000")));
  BOOST_TEST(joined(read_stream(client, server.url("/drip?duration=1&numbytes=5&delay=0"), PPN_STREAM_CHUNKS)) ==
             "*****");
}

BOOST_AUTO_TEST_CASE(answer_that_takes_too_long_is_a_timeout_and_the_next_one_arrives) {
  const HttpbinServer server;
  const Client client = make_client(R"({"timeout_ms": 300})");
  const Request slow = make_request(client, "GET", server.url("/delay/2"));
  Response response;
  BOOST_TEST(ppn_request_send(slow.get(), response.out(), nullptr) == PPN_E_TIMEOUT);
  const Client patient = make_client();
  BOOST_TEST(ppn_response_status(send(patient, "GET", server.url("/delay/1")).get()) == 200);
}

BOOST_AUTO_TEST_SUITE_END()
