// Each template of <pepperpy/network.hpp> once; compiled by every compiler and standard, never run.
#include <pepperpy/network.hpp>
#include <string>

using namespace std::chrono_literals;

static void configure(ppn::NetworkConfig& config) {
  config.set("a", true)
      .set("a", 1)
      .set("a", 2UL)
      .set("a", 1.5)
      .set("a", "text")
      .set("a", std::string("text"))
      .set("a", 5s);
  config = ppn::NetworkConfig().set("a", std::string_view("text")).timeout(5s).verify_ssl(true);
  config = ppn::NetworkConfig::from_json(config.dump()).set_json("{}");
}

static void describe(ppn::Request& request, bool flow) {
  request.header("a", "b").add_header("a", "b").headers({{"a", "b"}}).body("x").json("{}").option("a", 5ms);
  request.on_headers([](ppn::Response) {}).on_data([](std::string_view) {}).on_event([](const ppn::Event&) {});
  request.on_line([](std::string_view) {}).headers(ppn::Headers{{"a", "b"}}).body(ppn::Buffer("x"));
  request.on_headers([flow](const ppn::Response&) { return flow ? ppn::Flow::pause : ppn::Flow::proceed; });
  request.on_data([](auto bytes) { return bytes.empty() ? ppn::Flow::abort : ppn::Flow::proceed; });
  request.on_complete([](ppn::Completion&& outcome) { std::move(outcome).get(); });
  request.body_file("a").body_reader(1, [](char*, std::size_t) { return 1; });
  request.body_reader(
      std::nullopt, [](char*, std::size_t capacity) { return capacity; }, [] {});
  request.body_reader(std::size_t{1},
                      [flow](auto*, auto) { return flow ? std::optional<std::size_t>(1) : std::nullopt; });
}

template <class Client>
static void observe(const Client& client) {
  client.on_retry_decision([](const ppn::RetryQuestion& question) {
    return question.response() ? ppn::RetryAnswer::retry_after(5us) : ppn::RetryAnswer::by_default();
  });
  client.on_retry_decision(
      [](auto question) { return question.by_default().retry ? ppn::RetryAnswer::retry() : ppn::RetryAnswer::stop(); });
  client.rate_limiter(ppn::RateLimiter(60));
  client.on_call_event([](const ppn::CallEvent&) {});
  client.on_call_event([](ppn::CallEvent event) { return event.type() == ppn::CallEventType::end; });
}

template <class Client>
static void use_middleware(const Client& client) {
  ppn::RequestMiddleware middleware("a");
  middleware.before_request([](ppn::MiddlewareContext& context) {
              context.respond(200, "", {{"a", "b"}});
            })
      .after_response([](ppn::MiddlewareContext context) { context.finish(); })
      .on_error([](const auto& context) { return context.error()->code; })
      .before_attempt([](ppn::MiddlewareContext& context) { context.retry_once(5ms); })
      .after_attempt([](auto& context) { context.fail(PPN_E_INTERNAL, ""); })
      .on_attempt_error([](ppn::MiddlewareContext&) {})
      .filter_chunks([](std::string_view bytes, ppn::MiddlewareContext& context) { context.emit(bytes); })
      .filter_events([](const ppn::Event& event, ppn::MiddlewareContext& context) {
        context.emit_event(event.type(), event.data(), event.id());
      })
      .on_stream_end([](const ppn::ErrorDetails*) {});
  client.add_middleware(middleware);
  client.add_middleware(ppn::Middleware::trace_context());
  client.add_middleware(
      ppn::Middleware::token_refresh("", "", [](const ppn::Middleware& token) { token.set_token("a"); }));
}

static void use_pool(ppn::HTTPClient client, ppn::RequestManager manager, ppn::APIClient api) {
  observe(client);
  observe(manager);
  observe(api);
  client.preconnect("http://localhost", 2);
  use_middleware(client);
  use_middleware(manager);
  use_middleware(api);
  if (!client.drain(5s) || !manager.drain(5ms) || !api.drain(5us)) return;
  client.drain();
  manager.drain();
  api.drain();
}

static std::size_t repeat(const ppn::HTTPClient& client) {
  ppn::RetryHandler retry = ppn::RetryHandler(3, {500, 502, 503}).set("max_backoff_ms", 5s).timeout(1min);
  retry.set("backoff_jitter", "full").retry_codes({503}).on_retry([](const auto&, const ppn::RetryDecision&) {});
  retry.run(
      "POST", [] {}, true);
  return retry.run([&] { return client.get("").raise_for_status(); }).body().size();
}

template <class Client>
static std::size_t converse(const Client& client) {
  ppn::WebSocketClient socket(client, "");
  socket.header("a", "b").headers({{"a", "b"}}).subprotocol("a").url("").option("a", 5s).option("a", true);
  socket.on_open([](const ppn::Response&) {}).on_close([](const ppn::WebSocketClose&) {});
  socket.on_message([](const ppn::WebSocketMessage& message) {
    return message.data().empty() ? ppn::Flow::abort : ppn::Flow::proceed;
  });
  socket.on_message([](ppn::WebSocketMessage) {}).on_open([](ppn::Response) {}).on_terminated([](auto) {});
  socket.on_reconnecting([](const ppn::ReconnectAttempt& next) { next.header("a", "b"); });
  socket.on_reconnecting([](const auto& next) {
    next.url("");
    return next.attempt() > 3 || next.error() ? ppn::Flow::abort : ppn::Flow::proceed;
  });
  socket.connect();
  socket.send(ppn::MessageKind::text, "", [](const std::exception_ptr&) {});
  socket.send_wait(ppn::MessageKind::json, "1", 5ms);
  socket.send_wait(ppn::MessageKind::binary, "");
  std::size_t sum = socket.wait_open() && socket.wait_open(5s) && socket.wait_closed(5us) ? 1 : 0;
  for (const auto& message : socket.messages()) sum += message.data().size();
  for (const ppn::WebSocketMessage message : socket.messages()) sum += message.json().size();
  while (const auto message = socket.next(5s)) sum += message->is_text() ? 1U : 2U;
  while (const auto unsent = socket.take_unsent()) sum += unsent->data.size();
  return sum;
}

template <class Client>
static std::size_t use(const Client& client) {
  ppn::Request request = client.request("GET", "").header("a", "b").add_header("a", "b").body("").json("1");
  request = client.request("GET", "").headers({}).option("a", true).on_headers([](const ppn::Response&) {});
  request = client.request("GET", "").on_data([](std::string_view) {}).on_event([](ppn::Event) {});
  request = client.request("GET", "").on_complete([](const ppn::Completion&) {}).body_file("a");
  request = client.request("PUT", "").body_reader(
      std::nullopt, [](char*, std::size_t) { return 0; }, [] {});
  describe(request, true);
  request.retry(ppn::RetryHandler(1));
  request = client.request("GET", "").retry(ppn::RetryHandler(1));
  request.start();
  std::size_t sum = request.send_async().get().body().size() + request.send().headers().size();
  for (const auto [name, value] : client.get("").headers()) sum += name.size() + value.size();
  for (const std::string_view chunk : client.stream("", 100)) sum += chunk.size();
  for (const std::string_view line : client.lines("")) sum += line.size();
  for (const ppn::Event& event : client.events("")) sum += event.data().size();
  ppn::EventStream stream = request.events();
  while (const auto event = stream.next(5s)) sum += event->id().size();
  for (auto at = stream.begin(); at != stream.end(); at++) sum += at->data().size();
  const ppn::Headers copied = client.get("").copy_headers();
  for (const auto [name, value] : copied) sum += name.size() + value.size();
  ppn::SseDecoder events;
  while (const auto event = events.next()) sum += event->json().size();
  const ppn::Json json = client.post_json("", "{}").raise_for_status().json();
  sum += json.get<std::string>("/a").size() + json.get_or<std::string>("/b", "").size();
  return json.get<bool>("/c") || json.get<double>("/d") > 0 || json.get<int64_t>("/e") > 0 ? sum : 0;
}

int main() {
  ppn::NetworkConfig config;
  configure(config);
  ppn::set_log_sink(ppn::LogLevel::info, [](ppn::LogLevel, std::string_view) {});
  const std::size_t sum = use(ppn::HTTPClient()) + repeat(ppn::HTTPClient()) + use(ppn::StreamingClient(config)) +
                          use(ppn::RequestManager("http://localhost", 5s)) +
                          use(ppn::RequestManager("http://localhost", 5s, 3)) +
                          use(ppn::RequestManager("http://localhost", 5s, ppn::NetworkConfig())) +
                          use(ppn::RequestManager(ppn::NetworkConfig::request_manager("http://localhost"))) +
                          use(ppn::APIClient(ppn::NetworkConfig::api_client("http://localhost", "key"))) +
                          use(ppn::APIClient("https://localhost", "key", {"x-api-key", ""}, std::move(config)));
  converse(ppn::HTTPClient());
  converse(ppn::StreamingClient());
  converse(ppn::RequestManager("http://localhost"));
  converse(ppn::APIClient("http://localhost", "key"));
  ppn::WebSocketClient("ws://localhost").close();
  ppn::RateLimiter(60).wait_for(5s).settle(1);
  ppn::clear_log_sink();
  ppn::set_thread_hooks([] {}, [] {});
  use_pool(ppn::HTTPClient(), ppn::RequestManager("http://localhost"), ppn::APIClient("http://localhost", "key"));
  return sum == 0 ? 0 : 1;
}
