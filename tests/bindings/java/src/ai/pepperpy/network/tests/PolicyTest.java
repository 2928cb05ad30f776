// Limits, retries, batches, configuration, and those who watch.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PolicyTest extends Fixture {
  @Override
  boolean collects() {
    return true;
  }

  @Test
  void a_limiter_gives_permits_in_a_scope_of_try() throws Exception {
    try (RateLimiter limiter = new RateLimiter(NetworkConfig.newBuilder().maxInFlight(1).build())) {
      try (RatePermit permit = limiter.acquire("model", 1, 100)) {
        permit.settle(50);
        assertEquals(1, limiter.count(RateLimiter.Count.IN_FLIGHT));
        assertEquals(Optional.empty(), limiter.tryAcquire("model", 1, 0));
        final CompletableFuture<RatePermit> next = limiter.acquireAsync("model", 1, 0);
        assertFalse(next.isDone());
        permit.close();
        next.get(60, TimeUnit.SECONDS).close();
      }
      assertEquals(0, limiter.count(RateLimiter.Count.IN_FLIGHT));
    }
  }

  @Test
  void a_wait_that_takes_too_long_is_refused_and_says_when() {
    try (RateLimiter limiter = new RateLimiter(1, 1)) {
      limiter.acquire().close();
      final RateLimitException refused = assertThrows(RateLimitException.class, () -> limiter.acquire(Duration.ofMillis(10), "", 1, 0));
      assertEquals(ErrorCode.RATE_LIMITED, refused.code());
      assertTrue(refused.retryAfter().orElseThrow().compareTo(Duration.ofSeconds(30)) > 0);
      assertTrue(refused.isRateLimited());
      assertEquals(ErrorCode.RATE_LIMIT_COST, assertThrows(RateLimitException.class, () -> limiter.acquire("", 5, 0)).code());
    }
  }

  @Test
  void a_wait_can_be_cancelled_and_interrupted() throws Exception {
    try (RateLimiter limiter = new RateLimiter(NetworkConfig.newBuilder().maxInFlight(1).build()); RatePermit held = limiter.acquire()) {
      final CompletableFuture<RatePermit> future = limiter.acquireAsync();
      eventually(() -> limiter.count(RateLimiter.Count.WAITING) == 1);
      future.cancel(true);
      eventually(() -> limiter.count(RateLimiter.Count.WAITING) == 0);
      Thread.currentThread().interrupt();
      final CancelledException interrupted = assertThrows(CancelledException.class, limiter::acquire);
      assertInstanceOf(InterruptedException.class, interrupted.getCause());
      assertTrue(Thread.interrupted());
      held.settle(0);
    }
  }

  @Test
  void clients_share_a_limit() {
    try (RateLimiter limiter = new RateLimiter(60_000, 100);
        HTTPClient one = HTTPClient.newBuilder().config(config().build()).rateLimiter(limiter).build();
        HTTPClient two = HTTPClient.newBuilder().config(config().build()).rateLimiter(limiter).build()) {
      one.get(https() + "/echo");
      two.get(https() + "/echo");
      assertEquals(2, limiter.count(RateLimiter.Count.GRANTED));
    }
  }

  @Test
  void a_function_is_repeated_as_the_policy_says() {
    final List<Duration> waits = new ArrayList<>();
    final AtomicInteger calls = new AtomicInteger();
    final RetryHandler retry = new RetryHandler(2, 500, 503).set("backoff_jitter", "none").sleeper(waits::add).chance(() -> 0);
    final List<RetryDecision> told = new ArrayList<>();
    retry.onRetry((failure, decision) -> told.add(decision));
    assertEquals("done", retry.run(() -> {
      if (calls.incrementAndGet() < 3) throw NetworkException.of(ErrorCode.HTTP_UNAVAILABLE, "");
      return "done";
    }));
    assertEquals(List.of(Duration.ofMillis(500), Duration.ofSeconds(1)), waits);
    assertEquals(Outcome.STATUS_RETRYABLE, told.get(0).outcome());
    calls.set(0);
    assertThrows(ServerException.class, () -> retry.run(() -> {
      calls.incrementAndGet();
      throw NetworkException.of(ErrorCode.HTTP_UNAVAILABLE, "");
    }));
    assertEquals(3, calls.get());
  }

  @Test
  void what_is_not_to_be_repeated_comes_at_once_and_as_it_is() {
    final RetryHandler retry = new RetryHandler(3).sleeper(delay -> {
      throw new AssertionError("it waited");
    });
    final IOException other = new IOException("other");
    assertSame(other, assertThrows(IOException.class, () -> retry.run(() -> {
      throw other;
    })));
    final NetworkException unsafe = NetworkException.of(ErrorCode.HTTP_SERVER_ERROR, "");
    assertSame(unsafe, assertThrows(NetworkException.class, () -> retry.run("POST", false, () -> {
      throw unsafe;
    })));
    assertEquals(StopReason.UNSAFE_METHOD, retry.decide(unsafe, "POST", false, 0, null).reason());
    assertTrue(retry.decide(unsafe, "POST", true, 0, null).retry());
    assertEquals(StopReason.DEADLINE, retry.decide(unsafe, "GET", false, 0, Duration.ZERO).reason());
    assertEquals("unsafe_method", StopReason.UNSAFE_METHOD.toString());
  }

  @Test
  void an_interrupt_of_the_wait_ends_a_run() {
    Thread.currentThread().interrupt();
    assertInstanceOf(InterruptedException.class, assertThrows(CancelledException.class, () -> new RetryHandler(3).run(() -> {
      throw NetworkException.of(ErrorCode.HTTP_UNAVAILABLE, "");
    })).getCause());
    assertTrue(Thread.interrupted());
  }

  @Test
  void futures_are_repeated_too() throws Exception {
    final AtomicInteger calls = new AtomicInteger();
    final RetryHandler retry = new RetryHandler(3).set("backoff_factor", "0.001");
    try (HTTPClient client = client()) {
      final String url = https() + "/flaky?fail=2&retry-after=0&key=" + System.nanoTime();
      final Response response = retry.runAsync(() -> {
        calls.incrementAndGet();
        return client.getAsync(url).thenApply(Response::raiseForStatus);
      }).get(60, TimeUnit.SECONDS);
      assertEquals(200, response.status());
      assertEquals(3, calls.get());
    }
  }

  @Test
  void a_request_takes_the_rules_of_a_handler() {
    try (HTTPClient client = client()) {
      final Response response = client.send(Request.get(https() + "/flaky?fail=1&status=404&key=" + System.nanoTime())
          .retry(new RetryHandler(1, 404).set("backoff_factor", "0")).build());
      assertEquals(200, response.status());
    }
  }

  @Test
  void a_batch_keeps_the_order_and_each_result() throws Exception {
    try (HTTPClient client = client(); Batch batch = new Batch()) {
      for (int i = 0; i < 20; ++i) batch.add(client, Request.get(https() + "/echo?i=" + i).build());
      batch.add(client, Request.get("http://127.0.0.1:1/").build());
      final List<Integer> progress = Collections.synchronizedList(new ArrayList<>());
      final List<Completion> results = batch.concurrency(4).onProgress((done, total) -> progress.add(done)).runAsync().get(60, TimeUnit.SECONDS);
      for (int i = 0; i < 20; ++i) {
        assertEquals("i=" + i, results.get(i).get().json().string("/query"));
        assertEquals(i + 1, progress.get(i));
      }
      assertThrows(ConnectionException.class, results.get(20)::get);
      assertThrows(UsageException.class, batch::run);
    }
  }

  @Test
  void a_handler_of_a_batch_takes_results_and_what_it_throws_is_the_cause() {
    try (HTTPClient client = client(); Batch good = new Batch(); Batch bad = new Batch()) {
      final List<Integer> taken = new ArrayList<>();
      for (int i = 0; i < 5; ++i) {
        good.add(client, Request.get(https() + "/echo").build());
        bad.add(client, Request.get(https() + "/slow?ms=60000").build());
      }
      bad.add(client, Request.get(https() + "/echo").build());
      assertEquals(List.of(), good.onResult(result -> taken.add(result.get().status())).run());
      assertEquals(List.of(200, 200, 200, 200, 200), taken);
      final IllegalStateException thrown = new IllegalStateException("enough");
      final CancelledException failure = assertThrows(CancelledException.class, () -> bad.onResult(result -> {
        throw thrown;
      }).run());
      assertSame(thrown, failure.getCause());
    }
  }

  @Test
  void a_batch_can_be_cancelled_interrupted_and_limited() throws Exception {
    try (HTTPClient client = client()) {
      final Batch cancelled = slow(client);
      final CompletableFuture<List<Completion>> future = cancelled.runAsync();
      cancelled.cancel();
      assertThrows(CancelledException.class, () -> future.get(60, TimeUnit.SECONDS).get(0).get());
      Thread.currentThread().interrupt();
      final List<Completion> interrupted = slow(client).run();
      assertTrue(Thread.interrupted());
      assertThrows(CancelledException.class, interrupted.get(0)::get);
      final List<Completion> limited = slow(client).timeout(Duration.ofMillis(20)).run();
      assertThrows(NetworkTimeoutException.class, limited.get(0)::get);
      final Batch failFast = new Batch().failFast(true).concurrency(1);
      failFast.add(client, Request.get("http://127.0.0.1:1/").build()).add(client, Request.get(https() + "/echo").build());
      assertThrows(CancelledException.class, failFast.run().get(1)::get);
    }
  }

  private static Batch slow(HTTPClient client) {
    return new Batch().add(client, Request.get(https() + "/slow?ms=60000").build());
  }

  @Test
  void options_are_set_read_and_refused() {
    final NetworkConfig config = NetworkConfig.newBuilder().timeout(Duration.ofSeconds(5)).maxRetries(1).backoffFactor(1.5).verifySsl(false)
        .apiKey("very-secret-key").build();
    assertEquals("5000", config.get("timeout_ms"));
    assertEquals("1", config.get("max_retries"));
    assertEquals("***", config.get("api_key"));
    assertFalse(config.toString().contains("very-secret-key"));
    assertEquals(5000, Json.parse(config.dump()).integer("/timeout_ms"));
    assertEquals("7", NetworkConfig.fromJson("{\"max_retries\": 7}").get("max_retries"));
    assertEquals("7", NetworkConfig.fromJson("{\"max_retries\": 7}").toBuilder().verifySsl(true).build().get("max_retries"));
    final NetworkConfig.Builder builder = NetworkConfig.newBuilder().maxRetries(2);
    assertThrows(ConfigException.class, () -> builder.maxRetries(11));
    assertThrows(ConfigException.class, () -> builder.set("no_such_option", "1"));
    assertThrows(ConfigException.class, () -> builder.set("timeout_ms", "soon"));
    assertThrows(ConfigException.class, () -> builder.timeout(Duration.ofMillis(-5)));
    assertThrows(ProtocolException.class, () -> builder.setJson("{"));
    assertEquals("2", builder.build().get("max_retries"));
    assertThrows(ConfigException.class, () -> builder.build().get("no_such_option"));
    assertThrows(ConfigException.class, () -> new APIClient("http://example.com", "key"));
    assertThrows(ConfigException.class, () -> new APIClient(https(), ""));
    assertThrows(ConfigException.class, () -> new RequestManager("", config));
    assertThrows(ConfigException.class, () -> new RequestManager(https(), Duration.ofSeconds(1), 99));
    assertThrows(ConfigException.class, () -> new HTTPClient(NetworkConfig.newBuilder().caFile("/nowhere").build()));
  }

  @Test
  void steps_of_calls_are_told_in_order() throws Exception {
    final List<CallEvent.Type> types = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch end = new CountDownLatch(1);
    try (HTTPClient client = HTTPClient.newBuilder().config(config().maxRetries(1).backoffFactor(0).build()).onCallEvent(event -> {
      types.add(event.type());
      if (event.type() == CallEvent.Type.RETRY) assertEquals("retry", event.name());
      if (event.type() == CallEvent.Type.END) end.countDown();
    }).build()) {
      client.get(https() + "/flaky?fail=1&retry-after=0&key=" + System.nanoTime());
      await(end);
      assertEquals(List.of(CallEvent.Type.BEGIN, CallEvent.Type.ATTEMPT), types.subList(0, 2));
      assertTrue(types.contains(CallEvent.Type.RETRY));
      assertTrue(client.metricsJson().contains("http.client.request.duration"));
      assertTrue(client.metricsPrometheus().contains("http_client_request_duration"));
      client.onCallEvent(event -> {});
    }
  }

  @Test
  void log_lines_go_into_a_logger_of_the_platform_without_secrets() throws Exception {
    final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    NetworkLog.enable(Logger.Level.DEBUG, new Logger() {
      @Override
      public String getName() {
        return "test";
      }

      @Override
      public boolean isLoggable(Level level) {
        return true;
      }

      @Override
      public void log(Level level, ResourceBundle bundle, String text, Throwable thrown) {
        lines.add(level + " " + text);
      }

      @Override
      public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
        lines.add(level + " " + format);
      }
    });
    try (HTTPClient client = new HTTPClient(config().maxRetries(1).backoffFactor(0).build())) {
      client.get(https() + "/flaky?fail=1&retry-after=0&api_key=very-secret-key&key=" + System.nanoTime());
      eventually(() -> !lines.isEmpty());
      assertFalse(lines.toString().contains("very-secret-key"), lines.toString());
    } finally {
      NetworkLog.disable();
    }
  }

  @Test
  void an_executor_that_runs_in_place_runs_on_the_io_thread_which_must_not_wait() throws Exception {
    try (HTTPClient client = HTTPClient.newBuilder().config(config().build()).executor(Runnable::run).build()) {
      final AtomicReference<String> thread = new AtomicReference<>();
      final ExecutionException failure = assertThrows(ExecutionException.class, () -> client.getAsync(https() + "/echo").thenApply(response -> {
        thread.set(Thread.currentThread().getName());
        return client.get(https() + "/echo");
      }).get(60, TimeUnit.SECONDS));
      assertEquals(ErrorCode.WOULD_DEADLOCK, ((NetworkException) failure.getCause()).code());
      assertEquals("pepperpy-network-io", thread.get());
    }
  }

  @Test
  void a_time_limit_of_a_future_gives_the_place_back() throws Exception {
    try (RateLimiter limiter = new RateLimiter(NetworkConfig.newBuilder().maxInFlight(1).build()); RatePermit held = limiter.acquire()) {
      final CompletableFuture<RatePermit> future = limiter.acquireAsync().orTimeout(20, TimeUnit.MILLISECONDS);
      assertThrows(ExecutionException.class, () -> future.get(60, TimeUnit.SECONDS));
      eventually(() -> limiter.count(RateLimiter.Count.WAITING) == 0);
      held.settle(0);
    }
  }

  @Test
  void the_wait_of_a_run_is_refused_on_the_io_thread() throws Exception {
    try (HTTPClient client = HTTPClient.newBuilder().config(config().build()).executor(Runnable::run).build()) {
      final ExecutionException failure = assertThrows(ExecutionException.class, () -> client.getAsync(https() + "/echo").thenApply(
          response -> new RetryHandler(3).run(() -> {
            throw NetworkException.of(ErrorCode.HTTP_UNAVAILABLE, "");
          })).get(60, TimeUnit.SECONDS));
      assertEquals(ErrorCode.WOULD_DEADLOCK, ((NetworkException) failure.getCause()).code());
    }
  }

  /** Weakly, what the caller has lost. */
  private static WeakReference<Object> refusedBody(HTTPClient client, Batch batch) {
    final byte[] large = new byte[100];
    final Request request = Request.post(https() + "/echo").body(() -> new ByteArrayInputStream(large), 100).build();
    if (batch == null) {
      new Batch().add(client, request);
    } else {
      assertThrows(UsageException.class, () -> batch.add(client, request));
    }
    return new WeakReference<>(large);
  }

  private static WeakReference<Object> refusedListener(HTTPClient closed) {
    final byte[] large = new byte[100];
    assertThrows(UsageException.class, () -> closed.onCallEvent(event -> large[0] = 1));
    return new WeakReference<>(large);
  }

  @Test
  void nothing_stays_of_what_was_refused_or_never_started() throws Exception {
    try (HTTPClient client = client(); Batch started = new Batch()) {
      started.add(client, Request.get(https() + "/echo").build()).run();
      final HTTPClient closed = client();
      closed.close();
      final List<WeakReference<Object>> lost = List.of(refusedBody(client, started), refusedBody(client, null), refusedListener(closed));
      eventually(() -> {
        System.gc();
        return lost.stream().allMatch(one -> one.get() == null);
      });
    }
  }
}
