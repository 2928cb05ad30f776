// A lambda that throws: the library never sees it, the request is aborted, and whoever waits gets the same exception.
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "cpp/cpp.hpp"

using namespace cpp_test;

// An exception is counted by atomics inside libstdc++.so, which ThreadSanitizer does not see: its last owner seems to
// race with what the others read before. The names are those of the last owner's way out.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\nrace:std::runtime_error::~runtime_error\n";
}

namespace {

struct Thrown : std::runtime_error {
  explicit Thrown(const std::string& where) : std::runtime_error(where) {}
};

// Which lambda throws.
enum class Place { headers, data, line, event, complete };

std::string name_of(Place place) {
  switch (place) {
    case Place::headers: return "headers";
    case Place::data: return "data";
    case Place::line: return "line";
    case Place::event: return "event";
    case Place::complete: return "complete";
  }
  return "";
}

constexpr Place kPlaces[] = {Place::headers, Place::data, Place::line, Place::event, Place::complete};

ScriptedServer server_for(Place place) {
  const std::string head = open_head(place == Place::event ? "text/event-stream" : "text/plain");
  Script script = Script{}.expect_request().send(head + "data: x\n\n");
  if (place != Place::complete) script.wait_for_peer_close();
  return ScriptedServer({script});
}

ppn::Request throwing(Place place, const std::string& url) {
  const std::string text = name_of(place);
  ppn::Request request = ppn::HTTPClient().request("GET", url);
  switch (place) {
    case Place::headers: request.on_headers([=](const ppn::Response&) { throw Thrown(text); }); break;
    case Place::data: request.on_data([=](std::string_view) { throw Thrown(text); }); break;
    case Place::line: request.on_line([=](std::string_view) { throw Thrown(text); }); break;
    case Place::event: request.on_event([=](const ppn::Event&) { throw Thrown(text); }); break;
    case Place::complete: request.on_complete([=](const ppn::Completion&) { throw Thrown(text); }); break;
  }
  return request;
}

// The text of the Thrown that `action` throws.
template <class Action>
std::string thrown_by(Action action) {
  try {
    action();
  } catch (const Thrown& thrown) {
    return thrown.what();
  }
  return "nothing";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(throwing_lambdas, NoLeak)

BOOST_AUTO_TEST_CASE(send_throws_it_again_and_the_connection_is_closed) {
  for (const Place place : kPlaces) {
    const ScriptedServer server = server_for(place);
    ppn::Request request = throwing(place, server.url());
    BOOST_TEST(thrown_by([&] { request.send(); }) == name_of(place));
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(future_throws_it_again) {
  for (const Place place : kPlaces) {
    const ScriptedServer server = server_for(place);
    std::future<ppn::Response> future = throwing(place, server.url()).send_async();
    BOOST_REQUIRE((future.wait_for(30s) == std::future_status::ready));
    BOOST_TEST(thrown_by([&] { future.get(); }) == name_of(place));
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(completion_is_given_what_another_lambda_threw) {
  for (const Place place : {Place::headers, Place::data, Place::line, Place::event}) {
    const ScriptedServer server = server_for(place);
    std::promise<ppn::Completion> promise;
    throwing(place, server.url())
        .on_complete([&](ppn::Completion outcome) { promise.set_value(std::move(outcome)); })
        .start();
    std::future<ppn::Completion> future = promise.get_future();
    BOOST_REQUIRE((future.wait_for(30s) == std::future_status::ready));
    ppn::Completion outcome = future.get();
    BOOST_TEST(outcome.response.has_value());
    BOOST_TEST(thrown_by([&] { std::move(outcome).get(); }) == name_of(place));
  }
}

BOOST_AUTO_TEST_CASE(first_exception_is_the_one_that_is_told) {
  const ScriptedServer server = server_for(Place::data);
  ppn::Request request = throwing(Place::data, server.url());
  request.on_complete([](const ppn::Completion&) { throw Thrown("second"); });
  BOOST_TEST(thrown_by([&] { request.send(); }) == "data");
}

BOOST_AUTO_TEST_CASE(exceptions_that_are_no_classes_are_kept_as_well) {
  const ScriptedServer server = server_for(Place::data);
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  request.on_data([](std::string_view) { throw 42; });
  BOOST_CHECK_EXCEPTION(request.send(), int, [](int thrown) { return thrown == 42; });
}

BOOST_AUTO_TEST_CASE(exception_of_a_completion_that_nobody_waits_for_harms_nothing) {
  const ScriptedServer server = server_for(Place::complete);
  auto alive = std::make_shared<int>(0);
  std::promise<void> called;
  ppn::HTTPClient()
      .request("GET", server.url())
      .on_complete([&called, alive](const ppn::Completion&) {
        called.set_value();
        throw Thrown("lost");
      })
      .start();
  BOOST_TEST((called.get_future().wait_for(30s) == std::future_status::ready));
  ppn::shutdown();
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
