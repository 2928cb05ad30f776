// Who gets the pieces of a stream, by the rules of Reactive Streams.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SubscriberTest extends Fixture {
  @Override
  boolean collects() {
    return true;
  }

  /** Notes its signals; `begin` runs in onSubscribe and `each` with each piece. */
  private static final class Noting implements Flow.Subscriber<Event> {
    interface Then {
      void run(Noting subscriber) throws Exception;
    }

    final List<String> signals = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch ended = new CountDownLatch(1);
    final AtomicBoolean inside = new AtomicBoolean();
    volatile Throwable failure;
    volatile Flow.Subscription subscription;
    private final Then begin;
    private final Then each;

    Noting(Then begin, Then each) {
      this.begin = begin;
      this.each = each;
    }

    private void signal(String name, Then then) {
      if (!inside.compareAndSet(false, true)) signals.add("two at once");
      signals.add(name);
      try {
        then.run(this);
      } catch (Exception wrong) {
        throw new IllegalStateException(wrong);
      } finally {
        inside.set(false);
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription with) {
      subscription = with;
      signal("subscribed", begin);
    }

    @Override
    public void onNext(Event event) {
      signal("next " + event.index(), each);
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
      signal("error", self -> {});
      ended.countDown();
    }

    @Override
    public void onComplete() {
      signal("complete", self -> {});
      ended.countDown();
    }
  }

  private static String events(int count) {
    final StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; ++i) all.append("data: ").append(i).append("\n\n");
    return all.toString();
  }

  /** A first event, and all others when `go` says so. */
  private static RawServer held(CountDownLatch go, int count) throws IOException {
    return new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: first\n\n");
      go.await();
      connection.send(events(count));
    });
  }

  /** Says when its client has gone. */
  private static RawServer silent(CountDownLatch began, CountDownLatch ended) throws IOException {
    return new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS);
      began.countDown();
      if (connection.readEnd()) ended.countDown();
    });
  }

  @Test
  void signals_come_one_after_the_other_and_end_once() throws Exception {
    final ExecutorService pool = Executors.newFixedThreadPool(4);
    try (RawServer server = RawServer.answering(RawServer.response(200, "Content-Type: text/event-stream\r\n", events(500)));
        HTTPClient client = HTTPClient.newBuilder().executor(pool).build()) {
      final Noting subscriber = new Noting(self -> self.subscription.request(1), self -> self.subscription.request(1));
      client.events(server.url()).publisher().subscribe(subscriber);
      await(subscriber.ended);
      final List<String> wanted = new ArrayList<>(List.of("subscribed"));
      for (int i = 0; i < 500; ++i) wanted.add("next " + i);
      wanted.add("complete");
      assertEquals(wanted, subscriber.signals);
      subscriber.subscription.cancel();
      subscriber.subscription.request(1);
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void asking_for_nothing_or_less_is_an_error_and_nothing_follows() throws Exception {
    for (long count : new long[] {0, -1, Long.MIN_VALUE}) {
      final CountDownLatch began = new CountDownLatch(1);
      final CountDownLatch ended = new CountDownLatch(1);
      try (RawServer server = silent(began, ended); HTTPClient client = client()) {
        final Noting subscriber = new Noting(self -> {}, self -> {});
        client.events(server.url()).publisher().subscribe(subscriber);
        await(began);
        subscriber.subscription.request(count);
        await(subscriber.ended);
        assertInstanceOf(IllegalArgumentException.class, subscriber.failure);
        subscriber.subscription.request(-5);
        subscriber.subscription.cancel();
        await(ended);
        assertEquals(List.of("subscribed", "error"), subscriber.signals);
      }
    }
  }

  @Test
  void nothing_is_signalled_after_cancelling_also_of_what_has_arrived() throws Exception {
    final CountDownLatch ended = new CountDownLatch(1);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + events(1000));
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client()) {
      final Noting subscriber = new Noting(self -> self.subscription.request(Long.MAX_VALUE), self -> {
        self.subscription.cancel();
        self.subscription.cancel();
      });
      client.events(server.url()).publisher().subscribe(subscriber);
      await(ended);
      assertEquals(List.of("subscribed", "next 0"), subscriber.signals);
    }
  }

  @Test
  void cancelling_ends_the_stream_also_while_the_subscriber_is_busy() throws Exception {
    final CountDownLatch ended = new CountDownLatch(1);
    final CountDownLatch busy = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + events(1));
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client()) {
      final Noting subscriber = new Noting(self -> self.subscription.request(1), self -> {
        busy.countDown();
        go.await();
      });
      client.events(server.url()).publisher().subscribe(subscriber);
      await(busy);
      subscriber.subscription.cancel();
      await(ended);
      go.countDown();
    }
  }

  @Test
  void closing_inside_a_loop_or_handler_drops_what_was_not_read() throws Exception {
    try (RawServer server = RawServer.answering(RawServer.response(200, "Content-Type: text/event-stream\r\n", events(100)));
        HTTPClient client = client()) {
      final EventStream read = client.events(server.url());
      read.next();
      read.close();
      assertEquals(ErrorCode.INVALID_STATE, assertThrows(UsageException.class, read::hasNext).code());
      final AtomicLong seen = new AtomicLong();
      final EventStream handled = client.events(server.url());
      final CompletableFuture<Void> end = handled.forEachAsync(event -> {
        seen.incrementAndGet();
        handled.close();
      });
      assertThrows(ExecutionException.class, () -> end.get(60, TimeUnit.SECONDS));
      assertEquals(1, seen.get());
    }
  }

  @Test
  void a_subscriber_that_is_refused_leaves_the_stream_to_the_first() throws Exception {
    final CountDownLatch go = new CountDownLatch(1);
    try (RawServer server = held(go, 100); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      final AtomicLong seen = new AtomicLong();
      final CountDownLatch first = new CountDownLatch(1);
      final CompletableFuture<Void> end = events.forEachAsync(event -> {
        seen.incrementAndGet();
        first.countDown();
      });
      await(first);
      final Noting second = new Noting(self -> self.subscription.request(1), self -> {});
      events.publisher().subscribe(second);
      second.subscription.cancel();
      assertEquals(List.of("subscribed", "error"), second.signals);
      assertEquals("STREAM_CONSUMED", ((NetworkException) second.failure).codeName());
      go.countDown();
      end.get(60, TimeUnit.SECONDS);
      assertEquals(101, seen.get());
    }
  }

  @Test
  void reading_beside_a_subscriber_is_refused_also_for_who_waits() throws Exception {
    final CountDownLatch go = new CountDownLatch(1);
    try (RawServer server = held(go, 10); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      events.next();
      final CompletableFuture<Throwable> waited = new CompletableFuture<>();
      final Thread reader = new Thread(() -> {
        try {
          waited.complete(new AssertionError("there was " + events.next()));
        } catch (Throwable thrown) {
          waited.complete(thrown);
        }
      });
      reader.start();
      eventually(() -> reader.getState() == Thread.State.WAITING);
      final AtomicLong seen = new AtomicLong();
      final CompletableFuture<Void> end = events.forEachAsync(event -> seen.incrementAndGet());
      assertEquals("STREAM_CONSUMED", ((NetworkException) waited.get(60, TimeUnit.SECONDS)).codeName());
      assertEquals("STREAM_CONSUMED", assertThrows(StreamException.class, events::next).codeName());
      go.countDown();
      end.get(60, TimeUnit.SECONDS);
      assertEquals(10, seen.get());
    }
  }

  @Test
  void a_piece_that_was_looked_for_is_handed_to_the_subscriber() throws Exception {
    try (RawServer server = RawServer.answering(RawServer.response(200, "Content-Type: text/event-stream\r\n", events(5)));
        HTTPClient client = client(); EventStream events = client.events(server.url())) {
      assertTrue(events.hasNext());
      final List<Long> seen = Collections.synchronizedList(new ArrayList<>());
      events.forEachAsync(event -> seen.add(event.index())).get(60, TimeUnit.SECONDS);
      assertEquals(List.of(0L, 1L, 2L, 3L, 4L), seen);
    }
  }

  @Test
  void a_time_limit_of_the_future_ends_the_stream() throws Exception {
    final CountDownLatch began = new CountDownLatch(1);
    final CountDownLatch ended = new CountDownLatch(1);
    try (RawServer server = silent(began, ended); HTTPClient client = client()) {
      final CompletableFuture<Void> end = client.events(server.url()).forEachAsync(event -> {});
      await(began);
      end.orTimeout(1, TimeUnit.MILLISECONDS);
      assertInstanceOf(TimeoutException.class, assertThrows(ExecutionException.class, () -> end.get(60, TimeUnit.SECONDS)).getCause());
      await(ended);
    }
  }

  @Test
  void an_executor_that_has_failed_holds_up_nothing() throws Exception {
    try (RawServer server = RawServer.answering(RawServer.response(200, "Content-Type: text/event-stream\r\n", events(5)));
        HTTPClient client = HTTPClient.newBuilder().executor(task -> {
          throw new IllegalStateException("no thread");
        }).build()) {
      final AtomicLong seen = new AtomicLong();
      client.events(server.url()).forEachAsync(event -> seen.incrementAndGet()).get(60, TimeUnit.SECONDS);
      assertEquals(5, seen.get());
      assertFalse(client.getAsync(server.url()).get(60, TimeUnit.SECONDS).text().isEmpty());
    }
  }

  @Test
  void waiting_for_the_head_can_be_interrupted() throws Exception {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.readEnd();
    }); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      Thread.currentThread().interrupt();
      final CancelledException failure = assertThrows(CancelledException.class, events::response);
      assertInstanceOf(InterruptedException.class, failure.getCause());
      assertTrue(Thread.interrupted());
    }
  }
}
