// Code of the user around requests.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MiddlewareTest extends Fixture {
  private static RequestMiddleware noting(String name, List<String> steps) {
    return new RequestMiddleware(name).beforeRequest(context -> steps.add(name + " before " + context.method()))
        .afterResponse(context -> steps.add(name + " after " + context.response().orElseThrow().status()))
        .onError(context -> steps.add(name + " error " + context.error().orElseThrow().codeName()))
        .beforeAttempt(context -> steps.add(name + " attempt " + context.attempt()));
  }

  @Test
  void steps_run_around_requests_in_order_and_off_the_io_thread() {
    final List<String> steps = Collections.synchronizedList(new ArrayList<>());
    final AtomicReference<String> thread = new AtomicReference<>();
    try (HTTPClient client = HTTPClient.newBuilder().config(config().build()).middleware(noting("a", steps)).middleware(noting("b", steps))
        .middleware(new RequestMiddleware("thread").beforeRequest(context -> thread.set(Thread.currentThread().getName()))).build()) {
      client.get(https() + "/echo");
      assertEquals(List.of("a before GET", "b before GET", "a attempt 1", "b attempt 1", "b after 200", "a after 200"), steps);
      assertFalse(thread.get().contains("pepperpy-network-io"), thread.get());
      steps.clear();
      assertThrows(ConnectionException.class, () -> client.get("http://127.0.0.1:1/"));
      assertEquals(List.of("a before GET", "b before GET", "a attempt 1", "b attempt 1", "b error CONNECT_FAILED", "a error CONNECT_FAILED"), steps);
    }
  }

  @Test
  void a_request_is_changed_and_answered() {
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("change").beforeRequest(context -> {
        context.setHeader("X-Set", "caf\u00e9".substring(0, 3));
        context.setUrl(https() + "/echo?changed");
        context.setBody(new byte[] {0, (byte) 0xff});
        context.setAttribute("left", "text\0");
        assertEquals("text\0", context.attribute("left").orElseThrow());
        assertTrue(context.attribute("none").isEmpty());
        assertEquals("caf", context.header("x-set").orElseThrow());
      }));
      final Json echo = client.post(https() + "/nowhere", new byte[0]).json();
      assertEquals("changed", echo.string("/query"));
      assertEquals("AP8=", echo.string("/body_base64"));
      client.addMiddleware(new RequestMiddleware("answer").beforeRequest(context -> context.respond(203, new byte[] {1, 0, 2}, Headers.of("X-A", "b"))));
      final Response made = client.get("http://127.0.0.1:1/");
      assertEquals(203, made.status());
      assertEquals(3, made.bytes().length);
      assertEquals("b", made.header("x-a").orElseThrow());
      assertEquals(0, made.attempts());
    }
  }

  @Test
  void a_stage_holds_the_request_until_it_completes() throws Exception {
    final CompletableFuture<Void> gate = new CompletableFuture<>();
    final CountDownLatch began = new CountDownLatch(1);
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("gate").beforeAttemptAsync(context -> {
        began.countDown();
        return gate.thenRun(() -> context.setHeader("X-Late", "yes"));
      }));
      final CompletableFuture<Response> response = client.getAsync(https() + "/echo");
      await(began);
      assertFalse(response.isDone());
      gate.complete(null);
      assertTrue(response.get(60, TimeUnit.SECONDS).text().contains("X-Late"));
    }
  }

  @Test
  void what_a_step_throws_is_the_cause_and_its_mark_is_not_seen() {
    final IOException thrown = new IOException("no signature");
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("signer").beforeRequest(context -> {
        throw thrown;
      }));
      final NetworkException failure = assertThrows(NetworkException.class, () -> client.get(https() + "/echo"));
      assertEquals(ErrorCode.MIDDLEWARE_FAILED, failure.code());
      assertSame(thrown, failure.getCause());
      assertTrue(failure.message().contains("signer") && failure.message().contains("no signature"), failure.message());
      assertFalse(failure.message().contains("#"), failure.message());
    }
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("late").beforeRequestAsync(context -> CompletableFuture.failedFuture(thrown)));
      assertSame(thrown, assertThrows(NetworkException.class, () -> client.get(https() + "/echo")).getCause());
    }
    final NetworkException own = NetworkException.of(ErrorCode.HTTP_UNAUTHORIZED, "mine");
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("own").afterResponse(context -> {
        throw own;
      }));
      assertSame(own, assertThrows(AuthenticationException.class, () -> client.get(https() + "/echo")).getCause());
    }
  }

  @Test
  void a_request_is_made_once_more() {
    final AtomicInteger asked = new AtomicInteger();
    try (HTTPClient client = new HTTPClient(config().maxRetries(1).build())) {
      client.addMiddleware(new RequestMiddleware("again").afterResponse(context -> {
        if (asked.getAndIncrement() == 0) {
          context.setHeader("X-Again", "1");
          context.retryOnce(Duration.ZERO);
        }
      }));
      assertTrue(client.get(https() + "/echo").text().contains("X-Again"));
      assertEquals(2, asked.get());
    }
  }

  @Test
  void a_step_that_is_over_refuses_everything() {
    final AtomicReference<MiddlewareContext> kept = new AtomicReference<>();
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("keeps").beforeRequest(kept::set));
      client.get(https() + "/echo");
      assertEquals(ErrorCode.INVALID_STATE, assertThrows(UsageException.class, () -> kept.get().method()).code());
      assertThrows(UsageException.class, () -> kept.get().setHeader("a", "b"));
    }
  }

  @Test
  void a_middleware_that_a_client_has_is_not_changed_and_a_bad_name_is_refused() {
    try (HTTPClient client = client()) {
      final RequestMiddleware used = new RequestMiddleware("x").onError(context -> {});
      client.addMiddleware(used);
      assertEquals(ErrorCode.INVALID_STATE, assertThrows(UsageException.class, () -> used.onError(context -> {})).code());
      assertThrows(UsageException.class, () -> client.addMiddleware(new RequestMiddleware("").onError(context -> {})));
    }
  }

  @Test
  void credentials_and_traces_are_sent_by_the_library() {
    try (HTTPClient client = client(); Middleware auth = Middleware.auth(https(), "Authorization", "Bearer", KEY);
        Middleware trace = Middleware.traceContext()) {
      client.addMiddleware(auth);
      client.addMiddleware(trace);
      final String text = client.get(https() + "/echo").text();
      assertTrue(text.contains("traceparent"));
      assertTrue(text.contains("Bearer " + KEY));
      assertFalse(client.get(http() + "/echo").text().contains(KEY));
    }
  }

  @Test
  void a_refused_token_is_renewed_once_for_all_requests() throws Exception {
    final AtomicInteger renewed = new AtomicInteger();
    final NetworkConfig config = config().maxRetries(1).build();
    try (HTTPClient client = new HTTPClient(config);
        Middleware tokens = Middleware.tokenRefresh(https(), "Authorization", "Bearer", "old", () -> {
          renewed.incrementAndGet();
          return CompletableFuture.supplyAsync(() -> KEY);
        })) {
      client.addMiddleware(tokens);
      final List<CompletableFuture<Response>> all = new ArrayList<>();
      for (int i = 0; i < 4; ++i) all.add(client.postJsonAsync(https() + "/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"));
      for (CompletableFuture<Response> one : all) assertEquals(200, one.get(60, TimeUnit.SECONDS).status());
      assertTrue(renewed.get() >= 1 && renewed.get() <= 4, "renewed " + renewed);
    }
    try (HTTPClient client = new HTTPClient(config);
        Middleware tokens = Middleware.tokenRefresh(https(), "Authorization", "Bearer", "old", () -> CompletableFuture.failedFuture(new IOException("no")))) {
      client.addMiddleware(tokens);
      assertEquals(401, client.postJson(https() + "/v1/chat/completions", "{}").status());
    }
  }

  @Test
  void a_step_that_throws_a_long_text_keeps_its_exception() {
    final IllegalStateException thrown = new IllegalStateException("long ".repeat(4000));
    try (HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("x").beforeRequest(context -> {
        throw thrown;
      }));
      final NetworkException failure = assertThrows(NetworkException.class, () -> client.get(https() + "/echo"));
      assertSame(thrown, failure.getCause());
      assertFalse(failure.message().contains("#"));
    }
  }

  @Test
  void marks_are_in_no_log_line_or_step_of_a_call() throws Exception {
    final List<String> texts = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch ended = new CountDownLatch(1);
    NetworkLog.enable(System.Logger.Level.DEBUG, new System.Logger() {
      @Override
      public String getName() {
        return "test";
      }

      @Override
      public boolean isLoggable(Level level) {
        return true;
      }

      @Override
      public void log(Level level, java.util.ResourceBundle bundle, String text, Throwable thrown) {
        texts.add(text);
      }

      @Override
      public void log(Level level, java.util.ResourceBundle bundle, String format, Object... parameters) {
        texts.add(format);
      }
    });
    try (HTTPClient client = HTTPClient.newBuilder().config(config().build()).onCallEvent(event -> {
      texts.add(event.detail());
      if (event.type() == CallEvent.Type.END) ended.countDown();
    }).build()) {
      client.addMiddleware(new RequestMiddleware("x").afterResponse(context -> {
        throw new IllegalStateException("a text");
      }));
      assertThrows(NetworkException.class, () -> client.get(https() + "/echo"));
      await(ended);
      eventually(() -> texts.toString().contains("MIDDLEWARE_FAILED"));
      assertFalse(texts.toString().contains("thrown #"), texts.toString());
    } finally {
      NetworkLog.disable();
    }
  }

  @Test
  void a_server_can_not_name_an_exception_of_this_side() throws IOException {
    final String answer = "{\"error\":{\"message\":\"no (thrown #1)\",\"type\":\"x\"}}";
    try (RawServer server = RawServer.answering(RawServer.response(400, "Content-Type: application/json\r\n", answer)); HTTPClient client = client()) {
      client.addMiddleware(new RequestMiddleware("x").afterResponse(context -> {
        if (context.url().endsWith("throw")) throw new IllegalStateException("kept");
      }));
      assertThrows(NetworkException.class, () -> client.get(server.url() + "/throw"));
      final BadRequestException refused = assertThrows(BadRequestException.class, () -> client.get(server.url()).raiseForStatus());
      assertEquals("no (thrown #1)", refused.providerMessage());
      assertEquals(null, refused.getCause());
    }
  }

  @Test
  void a_token_that_is_no_text_is_none() {
    try (HTTPClient client = new HTTPClient(config().maxRetries(1).set("middleware_timeout_ms", "60000").build());
        Middleware tokens = Middleware.tokenRefresh(https(), "Authorization", "Bearer", "old", () -> CompletableFuture.completedFuture("half \uD83C"))) {
      client.addMiddleware(tokens);
      assertEquals(401, client.send(Request.post(https() + "/v1/chat/completions").json("{}").timeout(Duration.ofSeconds(30)).build()).status());
    }
  }
}
