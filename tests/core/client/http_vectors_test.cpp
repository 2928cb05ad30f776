// The HTTP/1.1 responses of tests/vectors, each over a real socket through a whole call, whole and byte by byte.
#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/StreamCopier.h>
#include <zlib.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <string>

#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

using Poco::JSON::Object;

std::string decode_base64(const std::string& text) {
  std::istringstream in(text);
  Poco::Base64Decoder decoder(in);
  std::string bytes;
  Poco::StreamCopier::copyToString(decoder, bytes);
  return bytes;
}

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  BOOST_REQUIRE_EQUAL(::inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string bytes;
  std::array<char, 16'384> buffer;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = ::inflate(&stream, Z_NO_FLUSH);
    bytes.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  ::inflateEnd(&stream);
  BOOST_REQUIRE_EQUAL(status, Z_STREAM_END);
  return bytes;
}

std::string response_of(const Object& vector) {
  if (vector.has("response_base64")) return decode_base64(vector.getValue<std::string>("response_base64"));
  return gunzip(decode_base64(vector.getValue<std::string>("response_gz_base64")));
}

// The first request gets the bytes of the vector. A second one over the same connection is told so by its answer.
std::vector<Script> scripts_of(const Object& vector, const std::string& response, bool byte_by_byte) {
  Script first;
  first.expect_request();
  if (byte_by_byte) {
    first.send_byte_by_byte(response);
  } else if (!response.empty()) {
    first.send(response);
  }
  const std::string after = vector.getValue<std::string>("after");
  if (after == "close") first.close();
  if (after == "reset") first.wait_for_signal("seen").reset();
  if (after == "hold") first.expect_request().send(ok_response("same connection"));
  return {first, Script{}.expect_request().send(ok_response("fresh connection"))};
}

void check_accepted(const Outcome& outcome, const Object& expected) {
  const bool wanted = expected.getValue<bool>("accept");
  const char* const body = wanted ? "body_base64" : "if_accepted_body_base64";
  if (expected.has(body)) BOOST_TEST((outcome.body() == decode_base64(expected.getValue<std::string>(body))));
  if (wanted) BOOST_TEST(outcome.status() == expected.getValue<int>("status"));
}

void play(const Object& vector, bool byte_by_byte) {
  const Object& expected = *vector.getObject("expected");
  const bool may = vector.getValue<std::string>("level") == "may";
  const std::string response = response_of(vector);
  ScriptedServer server(scripts_of(vector, response, byte_by_byte));
  const auto client = make_client();
  TestCall call(client, {.url = server.url(),
                         .method = vector.getValue<std::string>("request_method"),
                         .options = {{"timeout_ms", "20000"}}});
  call.start();
  if (vector.getValue<std::string>("after") == "reset") call.wait_for_head(after(std::chrono::milliseconds(100)));
  server.signal("seen");
  const Outcome first = call.finish();

  BOOST_TEST(first.code() != "TIMEOUT", "an answer must not depend on patience");
  const bool accepted = !first.error;
  if (!may) BOOST_TEST(accepted == expected.getValue<bool>("accept"), first.code());
  if (accepted) check_accepted(first, expected);

  // Unasked bytes that come one by one may come after the next request is on its way: nobody can know them in time.
  if (byte_by_byte) return;
  const Outcome second = fetch(client, server.url());
  BOOST_TEST(second.code() == "OK");
  if (!accepted || !expected.getValue<bool>("keepalive")) {
    BOOST_TEST(second.body() == "fresh connection");
  } else if (vector.getValue<std::string>("level") == "must") {
    BOOST_TEST(second.body() == "same connection");
  }
}

void play_all(bool byte_by_byte, std::size_t longest) {
  Poco::JSON::Parser parser;
  const auto root = parser.parse(read_file(PPN_TEST_VECTORS "/http1_responses.json")).extract<Object::Ptr>();
  const auto cases = root->getArray("cases");
  BOOST_REQUIRE_GT(cases->size(), 100U);
  for (std::size_t i = 0; i < cases->size(); ++i) {
    const Object::Ptr vector = cases->getObject(static_cast<unsigned>(i));
    if (response_of(*vector).size() > longest) continue;
    BOOST_TEST_CONTEXT(vector->getValue<std::string>("name")) {
      play(*vector, byte_by_byte);
    }
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_vectors, EngineFixture)

BOOST_AUTO_TEST_CASE(each_response_is_taken_or_refused_as_expected) {
  play_all(false, std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_response_means_the_same_byte_by_byte) {
  play_all(true, 2'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
