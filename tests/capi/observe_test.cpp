// Events of calls and metrics of a client.
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Events {
  struct One {
    int32_t type;
    std::string name;
    uint64_t call_id;
    double time_ms;
    int32_t attempt;
    std::string method;
    std::string url;
    int32_t status;
    int32_t code;
    std::string remote;
  };

  std::mutex mutex;
  std::vector<One> all;
  std::atomic<int> destroyed{0};

  static std::string text(const char* (*part)(const ppn_call_event*, size_t*), const ppn_call_event* event) {
    size_t length = 0;
    const char* const bytes = part(event, &length);
    return std::string(bytes, length);
  }
  static void hear(void* user, const ppn_call_event* event) {
    auto& self = *static_cast<Events*>(user);
    const std::lock_guard lock(self.mutex);
    self.all.push_back({ppn_call_event_type(event), ppn_call_event_name(event), ppn_call_event_call_id(event),
                        ppn_call_event_time_ms(event), ppn_call_event_attempt(event),
                        text(ppn_call_event_method, event), text(ppn_call_event_url, event),
                        ppn_call_event_status(event), ppn_call_event_code(event), text(ppn_call_event_remote, event)});
  }
  static void destroy(void* user) { ++static_cast<Events*>(user)->destroyed; }

  int32_t install(const Client& client) {
    return ppn_client_set_event_listener(client.get(), hear, this, destroy, nullptr);
  }
};

std::string metrics_of(const Client& client, int32_t format) {
  Buffer buffer;
  BOOST_REQUIRE_EQUAL(ppn_client_metrics(client.get(), format, buffer.out(), nullptr), PPN_OK);
  return bytes_of(buffer.get());
}

int32_t get(const Client& client, const std::string& url) {
  const Request request = make_request(client, "GET", url);
  Response response;
  return ppn_request_send(request.get(), response.out(), nullptr);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(observing, NoLeak)

BOOST_AUTO_TEST_CASE(events_of_a_call_come_in_order_and_name_it) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x")).expect_request().send(http_ok("x"))});
  Events events;
  {
    const Client client = make_client();
    BOOST_REQUIRE_EQUAL(events.install(client), PPN_OK);
    BOOST_TEST(get(client, server.url("/a?token=12345678")) == PPN_OK);
    BOOST_TEST(get(client, server.url("/b")) == PPN_OK);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);  // the last call lets go of its listener after it has answered
  const std::lock_guard lock(events.mutex);
  uint64_t call_id = 0;
  double time_ms = 0;
  int32_t last_type = PPN_CALL_EVENT_END;
  for (const Events::One& one : events.all) {
    if (one.type == PPN_CALL_EVENT_BEGIN) {
      BOOST_TEST(last_type == PPN_CALL_EVENT_END);
      ++call_id;
      time_ms = 0;
    }
    BOOST_TEST(one.call_id == call_id);
    BOOST_TEST(one.time_ms >= time_ms);
    BOOST_TEST(one.method == "GET");
    BOOST_TEST(one.url == server.url(call_id == 1 ? "/a?token=REDACTED" : "/b"));
    BOOST_TEST(!one.name.empty());
    if (one.type == PPN_CALL_EVENT_END) BOOST_TEST(one.status == 200);
    if (one.type == PPN_CALL_EVENT_CONNECT) BOOST_TEST(one.remote.starts_with("127.0.0.1:"));
    time_ms = one.time_ms;
    last_type = one.type;
  }
  BOOST_TEST(last_type == PPN_CALL_EVENT_END);
}

BOOST_AUTO_TEST_CASE(listener_ends_once_when_it_is_replaced_or_with_its_client) {
  Events first;
  Events second;
  {
    const Client client = make_client();
    BOOST_TEST(first.install(client) == PPN_OK);
    BOOST_TEST(second.install(client) == PPN_OK);
    BOOST_TEST(first.destroyed == 1);
    BOOST_TEST(second.destroyed == 0);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(first.destroyed == 1);
  BOOST_TEST(second.destroyed == 1);
}

BOOST_AUTO_TEST_CASE(data_without_a_listener_is_ended_at_once) {
  Events events;
  const Client client = make_client();
  BOOST_TEST(ppn_client_set_event_listener(client.get(), nullptr, &events, Events::destroy, nullptr) == PPN_OK);
  BOOST_TEST(events.destroyed == 1);
}

BOOST_AUTO_TEST_CASE(refused_listener_leaves_the_data_with_the_caller) {
  Events events;
  Client client = make_client();
  ppn_client* const released = client.get();
  client.reset();
  BOOST_TEST(ppn_client_set_event_listener(nullptr, Events::hear, &events, Events::destroy, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_set_event_listener(released, Events::hear, &events, Events::destroy, nullptr) ==
             PPN_E_INVALID_STATE);
  BOOST_TEST(events.destroyed == 0);
}

BOOST_AUTO_TEST_CASE(blocking_call_inside_a_listener_is_refused) {
  struct Blocking {
    ppn_request* request;
    std::atomic<int> heard{0};
    std::atomic<int> refused{0};
    static void hear(void* user, const ppn_call_event*) {
      auto& self = *static_cast<Blocking*>(user);
      ppn_response* response = nullptr;
      ++self.heard;
      if (ppn_request_send(self.request, &response, nullptr) == PPN_E_WOULD_DEADLOCK) ++self.refused;
    }
  };
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client client = make_client();
  const Request never = make_request(client, "GET", server.url());
  Blocking state{never.get()};
  BOOST_REQUIRE_EQUAL(ppn_client_set_event_listener(client.get(), Blocking::hear, &state, nullptr, nullptr), PPN_OK);
  BOOST_TEST(get(client, server.url()) == PPN_OK);
  BOOST_TEST(state.heard == state.refused);
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(event_that_is_null_says_nothing) {
  size_t length = 7;
  BOOST_TEST(ppn_call_event_type(nullptr) == -1);
  BOOST_TEST(std::string(ppn_call_event_name(nullptr)).empty());
  BOOST_TEST(ppn_call_event_call_id(nullptr) == 0U);
  BOOST_TEST(ppn_call_event_time_ms(nullptr) == 0.0);
  BOOST_TEST(ppn_call_event_attempt(nullptr) == 0);
  BOOST_TEST(ppn_call_event_status(nullptr) == 0);
  BOOST_TEST(ppn_call_event_code(nullptr) == PPN_OK);
  BOOST_TEST(ppn_call_event_delay_ms(nullptr) == -1);
  BOOST_TEST(std::string(ppn_call_event_delay_source(nullptr)) == "none");
  BOOST_TEST(ppn_call_event_reused(nullptr) == 0);
  BOOST_TEST(ppn_call_event_bytes(nullptr) == 0U);
  for (const auto part : {ppn_call_event_method, ppn_call_event_url, ppn_call_event_detail, ppn_call_event_remote}) {
    length = 7;
    BOOST_TEST((part(nullptr, &length) != nullptr && length == 0U));
    BOOST_TEST((part(nullptr, nullptr) != nullptr));
  }
}

BOOST_AUTO_TEST_CASE(metrics_are_json_and_prometheus) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x")).wait_for_peer_close()});
  const Client client = make_client();
  BOOST_TEST(get(client, server.url()) == PPN_OK);
  const std::string prometheus = metrics_of(client, PPN_METRICS_PROMETHEUS);
  BOOST_TEST(prometheus.starts_with("# HELP http_client_request_duration_seconds "));
  BOOST_TEST(prometheus.find("\nhttp_client_active_requests 0\n") != prometheus.npos);
  BOOST_TEST(prometheus.find("\nhttp_client_open_connections{http_connection_state=\"active\"} 0\n") !=
             prometheus.npos);
  BOOST_TEST(prometheus.find("\nhttp_client_open_connections{http_connection_state=\"idle\"} 1\n") != prometheus.npos);
  BOOST_TEST(prometheus.ends_with('\n'));
  const Json json = make_json(metrics_of(client, PPN_METRICS_JSON));
  const char* name = nullptr;
  BOOST_TEST(ppn_json_string(json.get(), "/metrics/0/name", PPN_AUTO_LENGTH, &name, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(std::string(name) == "http.client.request.duration");
}

BOOST_AUTO_TEST_CASE(metrics_refuse_what_is_no_client_or_format) {
  Client client = make_client();
  Buffer buffer;
  BOOST_TEST(ppn_client_metrics(client.get(), 2, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_metrics(client.get(), -1, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_metrics(client.get(), PPN_METRICS_JSON, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_metrics(nullptr, PPN_METRICS_JSON, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  ppn_client* const released = client.get();
  client.reset();
  BOOST_TEST(ppn_client_metrics(released, PPN_METRICS_JSON, buffer.out(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST((buffer.get() == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
