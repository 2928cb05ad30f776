// Bodies over TLS: large ones, paused ones, and records that arrive in pieces.
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/chunked.hpp"
#include "core/client/cutting_proxy.hpp"
#include "core/client/engine.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

struct TransferFixture : EngineFixture {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ScriptedServerOptions tls{.tls = factory.make_leaf(ca, loopback_names()).identity()};

  std::shared_ptr<Client> client() const {
    return make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_transfer, TransferFixture)

BOOST_AUTO_TEST_CASE(large_request_arrives_whole) {
  std::string body;
  for (int i = 0; body.size() < (8U << 20); ++i) body += std::to_string(i) + ",";
  // The server begins to read when the client can not write any more.
  ScriptedServer server({Script{}.wait_for_signal("read").expect_request().send(ok_response("thanks"))},
                        {.tls = tls.tls});
  ScriptedServer late(
      {Script{}.expect_head().wait_for_signal("read").expect_bytes(body.size()).send(ok_response("thanks"))},
      {.tls = tls.tls});
  TestCall call(client(), {.url = late.url(), .method = "POST", .body = body});
  call.start();
  BOOST_TEST(late.wait_for_requests(1));
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(100))));
  late.signal("read");
  BOOST_TEST(call.finish().body() == "thanks");

  server.signal("read");
  BOOST_TEST(fetch(client(), {.url = server.url(), .method = "POST", .body = body}).body() == "thanks");
  BOOST_TEST((server.requests().at(0).ends_with("\r\n\r\n" + body)));
}

BOOST_AUTO_TEST_CASE(early_answer_to_a_large_request_is_delivered) {
  const ScriptedServer server(
      {Script{}.expect_head().send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno").hold()}, tls);
  const Outcome outcome = fetch(client(), {.url = server.url(), .method = "POST", .body = std::string(16 << 20, 'b')});
  BOOST_TEST(outcome.status() == 413);
  BOOST_TEST(outcome.body() == "no");
}

BOOST_AUTO_TEST_CASE(server_that_never_reads_is_a_write_timeout) {
  const ScriptedServer server({Script{}.expect_head().hold()}, tls);
  const Outcome outcome = fetch(client(), {.url = server.url(),
                                           .method = "POST",
                                           .body = std::string(64 << 20, 'b'),
                                           .options = {{"write_timeout_ms", "150"}}});
  BOOST_TEST(outcome.code() == "WRITE_TIMEOUT");
  BOOST_TEST((outcome.error->sent == Sent::partial));
}

BOOST_AUTO_TEST_CASE(records_already_read_are_delivered_after_a_pause) {
  // Many records in one read: after the pause nothing more comes from the socket.
  Script script;
  script.expect_request().send(chunked_head);
  for (int i = 0; i < 50; ++i) script.send(chunk("piece " + std::to_string(i) + ";"));
  script.send(last_chunk).mark("sent").wait_for_peer_close();
  const ScriptedServer server({script}, tls);
  TestCall call(client(),
                {.url = server.url(),
                 .delivery = Delivery::chunks,
                 .hooks = {.head = [] { return Flow::pause; },
                           .piece = [](std::size_t count) { return count % 7 == 0 ? Flow::pause : Flow::proceed; }}});
  call.start();
  BOOST_TEST(call.wait_for_head());
  BOOST_TEST(server.wait_for_mark("sent"));
  while (!call.wait_for_end(after(std::chrono::milliseconds(2)))) call.resume();
  std::string expected;
  for (int i = 0; i < 50; ++i) expected += "piece " + std::to_string(i) + ";";
  BOOST_TEST(call.finish().joined() == expected);
}

BOOST_AUTO_TEST_CASE(records_cut_anywhere_are_put_together) {
  // A stream frees the buffers of a silent connection, and here it is silent inside every record.
  Script script;
  script.expect_request().send(events_head);
  for (int i = 0; i < 20; ++i) script.send(chunk("data: " + std::to_string(i) + "\n\n"));
  script.send(last_chunk).expect_request().send(ok_response("again"));
  const ScriptedServer server({script}, tls);
  const CuttingProxy proxy(server.port());
  const auto caller = client();
  const std::string url = "https://127.0.0.1:" + std::to_string(proxy.port()) + "/";
  const Outcome outcome = fetch(caller, {.url = url, .delivery = Delivery::events});
  BOOST_TEST(outcome.code() == "OK");
  BOOST_REQUIRE_EQUAL(outcome.events.size(), 20U);
  BOOST_TEST(outcome.events.back().data == "19");
  BOOST_TEST(fetch(caller, url).body() == "again");
}

BOOST_AUTO_TEST_CASE(keys_may_change_in_the_middle_of_a_body) {
  Script script;
  script.expect_request().send(chunked_head);
  for (int i = 0; i < 5; ++i) script.update_keys().send(chunk("piece " + std::to_string(i) + ";"));
  script.send(last_chunk).expect_request().update_keys().send(ok_response("again"));
  const ScriptedServer server({script}, tls);
  const auto caller = client();
  BOOST_TEST(fetch(caller, server.url()).body() == "piece 0;piece 1;piece 2;piece 3;piece 4;");
  BOOST_TEST(fetch(caller, {.url = server.url(), .method = "POST", .body = "mine"}).body() == "again");
  BOOST_TEST(server.requests().size() == 2U);
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(request_to_renegotiate_is_declined_and_the_body_goes_on) {
  ScriptedServerOptions old = tls;
  old.only_tls_version = TLS1_2_VERSION;
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
                                   .renegotiate()
                                   .send("half")
                                   .wait_for_peer_close()},
                              old);
  BOOST_TEST(fetch(client(), server.url()).body() == "halfhalf");
}

BOOST_AUTO_TEST_CASE(damaged_record_is_an_error_and_no_end_of_the_body) {
  ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\n\r\nbody").wait_for_signal("more").send("evil").close()},
      tls);
  CuttingProxy proxy(server.port());
  TestCall call(client(),
                {.url = "https://127.0.0.1:" + std::to_string(proxy.port()) + "/", .delivery = Delivery::chunks});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  proxy.damage();
  server.signal("more");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "READ_FAILED");
  BOOST_TEST(outcome.phase() == "body");
  BOOST_TEST(outcome.error->tls_error != 0U);
  BOOST_TEST(outcome.joined() == "body");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
