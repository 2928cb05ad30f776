// Every allocation that the I/O thread makes for a call, failing in its turn, alone or with all that follow: the call ends
// once, with its response or with an error that is named, and the next one works.
#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <atomic>
#include <functional>
#include <string>

#include "capi/capi.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

// A request whose callbacks take no memory themselves.
class Turn {
 public:
  Turn(const Client& client, const std::string& url, bool data, std::function<void()> at_end = {})
      : request_(make_request(client, "GET", url)), at_end_(std::move(at_end)) {
    BOOST_REQUIRE_EQUAL(ppn_request_set_callbacks(request_.get(), on_headers, data ? on_data : nullptr, on_complete,
                                                  this, on_destroy, nullptr),
                        PPN_OK);
  }

  int32_t start() { return ppn_request_start(request_.get(), nullptr); }
  // The code it ended with.
  int32_t wait() {
    destroyed_.wait(0);
    BOOST_TEST(completions_.load() == 1);
    BOOST_TEST(destroyed_.load() == 1);
    return code_;
  }

 private:
  static int32_t on_headers(void*, ppn_request*, ppn_response*) { return PPN_CB_CONTINUE; }
  static int32_t on_data(void*, ppn_request*, const uint8_t*, size_t) { return PPN_CB_CONTINUE; }
  static void on_complete(void* user, ppn_request*, ppn_response*, const ppn_error* error) {
    Turn& self = *static_cast<Turn*>(user);
    self.code_ = ppn_error_code(error);
    ++self.completions_;
    if (self.at_end_) self.at_end_();
  }
  static void on_destroy(void* user) {
    Turn& self = *static_cast<Turn*>(user);
    ++self.destroyed_;
    self.destroyed_.notify_all();
  }

  Request request_;
  std::function<void()> at_end_;
  std::atomic<int32_t> code_{-1};
  std::atomic<int> completions_{0};
  std::atomic<int> destroyed_{0};
};

enum class Memory { fails_once, stays_out };

// Starts `victim` on the I/O thread, where the allocation after the next `allocations` fails. Returns what `end` says
// of its end; `failed` is whether there was such an allocation.
template <class Start, class End>
int32_t run_failing(Memory memory, const Client& helper, const std::string& helper_url, long allocations, Start start,
                    End end, bool& failed) {
  std::atomic<int32_t> started{-1};
  Turn before(helper, helper_url, false, [&] {
    started = start();
    memory == Memory::fails_once ? fail_once_after(allocations) : fail_all_after(allocations);
  });
  BOOST_REQUIRE_EQUAL(before.start(), PPN_OK);
  before.wait();
  BOOST_REQUIRE_EQUAL(started.load(), PPN_OK);
  const int32_t code = end();
  std::atomic<bool> failed_there{false};
  Turn after(helper, helper_url, false, [&] { failed_there = take_failed_once(); });
  BOOST_REQUIRE_EQUAL(after.start(), PPN_OK);
  after.wait();
  failed = failed_there;
  return code;
}

constexpr long too_many = 2'000;

struct Peers {
  CertificateFactory factory;
  CertFiles ca = factory.make_ca();
  Script answers = Script{}
                       .expect_request()
                       .send(
                           "HTTP/1.1 200 OK\r\nX-One: a value that is too long for the string itself\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n")
                       .send("29\r\n{\"a line\": \"too long for a short string\"}\r\n")
                       .send("6\r\n\nlast\n\r\n0\r\nX-Trailer: yes\r\n\r\n")
                       .expect_request()
                       .send(http_ok("again"));
  ScriptedServer plain{{answers}, {.repeat_last = true}};
  ScriptedServer secure{{answers}, {.tls = factory.make_leaf(ca, loopback_names()).identity(), .repeat_last = true}};
  Script all_day = [] {
    Script script;
    for (int i = 0; i < 5'000; ++i) script.expect_request().send(http_ok("helped"));
    return script;
  }();
  ScriptedServer helper{{all_day}, {.repeat_last = true}};
  Client helping = make_client();

  Client new_client() const { return make_client("{\"ca_file\": \"" + ca.certificate_file + "\"}"); }
};

void check_code(int32_t code, long allowed) {
  BOOST_TEST((code == PPN_OK || code == PPN_E_OUT_OF_MEMORY), allowed << ": " << ppn_code_name(code));
}

void check_call(const Peers& peers, const ScriptedServer& server, Memory memory, bool data) {
  bool failed = true;
  int ended_by_it = 0;
  for (long allowed = 0; failed && allowed < too_many; ++allowed) {
    const Client client = peers.new_client();
    Turn victim(client, server.url(), data);
    const int32_t code = run_failing(
        memory, peers.helping, peers.helper.url(), allowed, [&] { return victim.start(); },
        [&] { return victim.wait(); }, failed);
    check_code(code, allowed);
    if (code != PPN_OK) ++ended_by_it;
    if (!failed) BOOST_TEST(code == PPN_OK);
  }
  BOOST_TEST(!failed);
  BOOST_TEST(ended_by_it > 0);
}

void check_stream(const Peers& peers, const ScriptedServer& server, Memory memory) {
  bool failed = true;
  for (long allowed = 0; failed && allowed < too_many; ++allowed) {
    const Client client = peers.new_client();
    const Request request = make_request(client, "GET", server.url());
    Stream stream;
    const int32_t code = run_failing(
        memory, peers.helping, peers.helper.url(), allowed,
        [&] { return ppn_stream_open(request.get(), PPN_STREAM_LINES, stream.out(), nullptr); },
        [&] {
          const ppn_event* piece = nullptr;
          int32_t last = PPN_OK;
          int pieces = 0;
          while ((last = ppn_stream_next(stream.get(), 20'000, &piece, nullptr)) == PPN_OK) ++pieces;
          if (last == PPN_END) BOOST_TEST(pieces == 2);
          return last == PPN_END ? PPN_OK + 0 : last;
        },
        failed);
    check_code(code, allowed);
    Response response;
    const int32_t head = ppn_stream_response(stream.get(), 0, response.out(), nullptr);
    BOOST_TEST((head == PPN_OK || head == code), allowed << ": " << ppn_code_name(head));
  }
  BOOST_TEST(!failed);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_of_calls, NoLeak)

BOOST_AUTO_TEST_CASE(call_without_memory_on_the_io_thread_ends_once) {
  Peers peers;
  for (const ScriptedServer* const server : {&peers.plain, &peers.secure}) {
    for (const Memory memory : {Memory::fails_once, Memory::stays_out}) {
      for (const bool data : {false, true}) check_call(peers, *server, memory, data);
    }
  }
}

BOOST_AUTO_TEST_CASE(stream_without_memory_on_the_io_thread_ends_once) {
  Peers peers;
  for (const ScriptedServer* const server : {&peers.plain, &peers.secure}) {
    for (const Memory memory : {Memory::fails_once, Memory::stays_out}) check_stream(peers, *server, memory);
  }
}

BOOST_AUTO_TEST_SUITE_END()

#endif
