// Closing: twice, in callbacks, by the collector, with calls under way; and use afterwards.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class LifetimeTest extends Fixture {
  @Override
  boolean collects() {
    return true;
  }

  @Test
  void closing_with_calls_under_way_ends_them() throws Exception {
    final CountDownLatch began = new CountDownLatch(8);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      began.countDown();
      connection.readEnd();
    })) {
      final HTTPClient client = client();
      final List<CompletableFuture<Response>> calls = new ArrayList<>();
      for (int i = 0; i < 8; ++i) calls.add(client.getAsync(server.url()));
      await(began);
      client.close();
      client.close();
      for (CompletableFuture<Response> call : calls) {
        final ExecutionException failure = assertThrows(ExecutionException.class, () -> call.get(60, TimeUnit.SECONDS));
        assertInstanceOf(CancelledException.class, failure.getCause());
      }
    }
  }

  @Test
  void what_is_closed_says_so_when_it_is_used() throws Exception {
    final HTTPClient client = client();
    final EventStream events = client.events(https() + "/echo");
    final RateLimiter limiter = new RateLimiter(60, 1);
    final RatePermit permit = limiter.acquire();
    final Batch batch = new Batch();
    final WebSocketClient socket = new WebSocketClient(client, "wss://localhost:1/");
    final Middleware middleware = Middleware.traceContext();
    for (AutoCloseable one : List.of(events, permit, limiter, batch, socket, middleware, client)) {
      one.close();
      one.close();
    }
    final Request get = Request.get(https() + "/echo").build();
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.send(get));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.events(get));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.lines(get));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.stream(get));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.addMiddleware(new RequestMiddleware("x").onError(context -> {})));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.onCallEvent(event -> {}));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> client.preconnect(https(), 1));
    assertCode(ErrorCode.CLIENT_CLOSED, client::metricsJson);
    assertCode(ErrorCode.CLIENT_CLOSED, () -> new WebSocketClient(client, "wss://localhost:1/"));
    assertCode(ErrorCode.CLIENT_CLOSED, () -> new Batch().add(client, get));
    assertEquals(ErrorCode.CLIENT_CLOSED, ((NetworkException) assertThrows(ExecutionException.class,
        () -> client.sendAsync(get).get(60, TimeUnit.SECONDS)).getCause()).code());
    assertEquals(0, client.count(NetworkClient.Count.CONNECTIONS));
    assertCode(ErrorCode.INVALID_STATE, events::hasNext);
    assertCode(ErrorCode.INVALID_STATE, events::response);
    assertCode(ErrorCode.INVALID_STATE, events::lastEventId);
    events.cancel();
    assertCode(ErrorCode.INVALID_STATE, limiter::acquire);
    assertCode(ErrorCode.INVALID_STATE, limiter::tryAcquire);
    assertCode(ErrorCode.INVALID_STATE, () -> permit.settle(1));
    assertCode(ErrorCode.INVALID_STATE, batch::run);
    batch.cancel();
    assertCode(ErrorCode.WS_CLOSED, () -> socket.sendText("x"));
    assertCode(ErrorCode.WS_CLOSED, socket::connect);
    assertCode(ErrorCode.WS_CLOSED, () -> socket.closeAsync(1000, ""));
    assertCode(ErrorCode.INVALID_STATE, () -> middleware.setToken("x"));
  }

  private static void assertCode(int code, Executable action) {
    assertEquals(code, assertThrows(NetworkException.class, action).code());
  }

  @Test
  void a_client_may_be_closed_inside_what_depends_on_its_call() throws Exception {
    final HTTPClient client = client();
    client.getAsync(https() + "/echo").thenAccept(response -> client.close()).get(60, TimeUnit.SECONDS);
    final HTTPClient inPlace = HTTPClient.newBuilder().config(config().build()).executor(Runnable::run).build();
    inPlace.getAsync(https() + "/echo").thenAccept(response -> inPlace.close()).get(60, TimeUnit.SECONDS);
    assertThrows(UsageException.class, () -> inPlace.get(https() + "/echo"));
  }

  @Test
  void what_nobody_holds_is_released_by_the_collector() throws Exception {
    try (HTTPClient keeper = client()) {
      keeper.get(https() + "/echo");
      final long before = NetworkRuntime.liveObjects();
      for (Supplier<AutoCloseable> make : List.<Supplier<AutoCloseable>>of(Fixture::client, () -> new RateLimiter(1, 1), Batch::new,
          Middleware::traceContext, () -> new WebSocketClient(keeper, "wss://localhost:1/"))) {
        for (int i = 0; i < 20; ++i) make.get();
      }
      new RetryHandler();
      eventually(() -> {
        System.gc();
        return NetworkRuntime.liveObjects() <= before;
      });
    }
  }

  @Test
  void a_call_whose_client_and_future_are_dropped_still_ends() throws Exception {
    final CountDownLatch ended = new CountDownLatch(1);
    dropped(ended);
    System.gc();
    await(ended);
  }

  private static void dropped(CountDownLatch ended) {
    client().getAsync(https() + "/slow?ms=50").thenAccept(response -> ended.countDown());
  }

  @Test
  void a_client_drains() throws Exception {
    try (HTTPClient client = client()) {
      final CompletableFuture<Response> slow = client.getAsync(https() + "/slow?ms=50");
      assertTrue(client.drain(PATIENCE));
      assertEquals(200, slow.get(60, TimeUnit.SECONDS).status());
      assertEquals(ErrorCode.CLIENT_CLOSED, assertThrows(UsageException.class, () -> client.get(https() + "/echo")).code());
    }
  }

  @Test
  void connections_are_made_before_they_are_needed() throws Exception {
    try (HTTPClient client = client()) {
      client.preconnect(https(), 3);
      eventually(() -> client.count(NetworkClient.Count.IDLE) == 3);
      assertTrue(client.get(https() + "/echo").status() == 200);
    }
  }

  @Test
  void two_hundred_threads_use_one_client() throws Exception {
    final int threads = 200;
    final int each = 5;
    final List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    final java.util.concurrent.atomic.AtomicInteger done = new java.util.concurrent.atomic.AtomicInteger();
    try (RawServer server = new RawServer(connection -> {
      for (String head = connection.readRequest(); head != null; head = connection.readRequest()) {
        connection.send(RawServer.response(200, "", head.split("[ ?]")[2]));
      }
    }); HTTPClient client = new HTTPClient(config().poolTimeout(PATIENCE).timeout(PATIENCE).build())) {
      final List<Thread> all = new ArrayList<>();
      for (int i = 0; i < threads; ++i) {
        final int number = i;
        all.add(new Thread(() -> {
          try {
            for (int j = 0; j < each; ++j) {
              final String query = number + "-" + j;
              assertEquals(query, client.get(server.url() + "/?" + query).text());
              done.incrementAndGet();
            }
          } catch (Throwable thrown) {
            failures.add(thrown);
          }
        }));
      }
      for (Thread thread : all) thread.start();
      for (Thread thread : all) thread.join();
    }
    assertEquals(List.of(), failures);
    assertEquals(threads * each, done.get());
  }
}
