// What a process can do to its libraries: fork, and cancel a thread.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capi/capi.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(faults, NoLeak)

BOOST_AUTO_TEST_CASE(child_of_a_fork_is_told_so) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  const Client client = make_client();
  const Request first = make_request(client, "GET", server.url());
  Response response;
  BOOST_REQUIRE_EQUAL(ppn_request_send(first.get(), response.out(), nullptr), PPN_OK);
  const Request second = make_request(client, "GET", server.url());
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) ::_exit(ppn_request_start(second.get(), nullptr) == PPN_E_FORKED ? 0 : 1);
  int status = -1;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  // The parent goes on as if nothing had happened.
  BOOST_TEST(ppn_request_send(second.get(), response.out(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(thread_that_waits_can_be_cancelled) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr), PPN_OK);
  BOOST_REQUIRE(server.wait_for_requests(1));
  pthread_t thread{};
  const auto wait = [](void* handle) -> void* {
    const ppn_event* piece = nullptr;
    ppn_stream_next(static_cast<ppn_stream*>(handle), -1, &piece, nullptr);
    return nullptr;
  };
  BOOST_REQUIRE_EQUAL(::pthread_create(&thread, nullptr, wait, stream.get()), 0);
  BOOST_REQUIRE_EQUAL(::pthread_cancel(thread), 0);
  void* outcome = nullptr;
  BOOST_REQUIRE_EQUAL(::pthread_join(thread, &outcome), 0);
  BOOST_TEST((outcome == PTHREAD_CANCELED));
  // Nothing of the wait is left: the stream ends as always.
  stream.reset();
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_SUITE_END()
