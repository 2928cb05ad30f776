// The HTTP/1.1 responses of tests/vectors, each over a real socket through a whole call, whole and byte by byte.
#include <Poco/JSON/Object.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"
#include "support/vectors.hpp"

namespace ppn::test {
namespace {

using Poco::JSON::Object;

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
  if (expected.has(body)) BOOST_TEST((outcome.body() == bytes_of(expected, wanted ? "body" : "if_accepted_body")));
  if (wanted) BOOST_TEST(outcome.status() == expected.getValue<int>("status"));
}

void play(const Object& vector, bool byte_by_byte) {
  const Object& expected = *vector.getObject("expected");
  const bool may = vector.getValue<std::string>("level") == "may";
  const std::string response = bytes_of(vector, "response");
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
  const auto cases = load_cases("http1_responses.json");
  BOOST_REQUIRE_GT(cases.size(), 100U);
  for (const Object::Ptr& vector : cases) {
    if (bytes_of(*vector, "response").size() > longest) continue;
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
