// Responses that are read while they arrive.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class StreamTest extends Fixture {
  @Override
  boolean collects() {
    return true;
  }

  private static final String SSE = ": hello\nid: 7\nevent: greet\ndata: caf\u00c3\u00a9\ndata: \u00f0\u009f\u008c\u00b6\nretry: 1500\n\ndata: two\n\n";

  /** Numbered events, as many as the socket takes. */
  private static RawServer endless(AtomicLong sent) throws IOException {
    return new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS);
      final String filler = "x".repeat(1000);
      for (long i = 0;; ++i) {
        connection.send("data: " + i + " " + filler + "\n\n");
        sent.set(i + 1);
      }
    });
  }

  @Test
  void events_in_one_byte_pieces_are_whole() throws IOException {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      for (char c : (RawServer.EVENTS + SSE).toCharArray()) connection.send(new byte[] {(byte) c});
    }); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      final List<Event> all = new ArrayList<>();
      for (Event event : events) all.add(event);
      assertEquals(2, all.size());
      assertEquals("caf\u00e9\n\uD83C\uDF36", all.get(0).data());
      assertEquals("greet", all.get(0).type());
      assertEquals("7", all.get(0).id());
      assertEquals(Duration.ofMillis(1500), all.get(0).retry().orElseThrow());
      assertEquals("message", all.get(1).type());
      assertEquals("7", all.get(1).id());
      assertEquals(1, all.get(1).index());
      assertTrue(events.ended());
      assertEquals("7", events.lastEventId());
      assertEquals(Duration.ofMillis(1500), events.retry().orElseThrow());
      assertEquals(200, events.response().status());
    }
  }

  @Test
  void a_chat_completion_is_streamed_over_tls() {
    try (APIClient api = api(); EventStream events = api.events(Request.post("/v1/chat/completions?ms=1").json(
        Map.of("stream", true, "messages", List.of(Map.of("role", "user", "content", "hi")))).build())) {
      final StringBuilder text = new StringBuilder();
      String last = "";
      for (Event event : events) {
        last = event.data();
        if (!last.equals("[DONE]")) text.append(event.json().string("/choices/0/delta/content", ""));
      }
      assertEquals("[DONE]", last);
      assertTrue(text.toString().startsWith("You said: hi"), text.toString());
    }
  }

  @Test
  void lines_and_chunks_are_read_in_every_form() throws IOException {
    final byte[] mixed = new byte[3000];
    for (int i = 0; i < mixed.length; ++i) mixed[i] = (byte) i;
    try (HTTPClient client = client(); RawServer server = RawServer.answering(RawServer.response(200, "", "{\"a\":1}\n\n{\"a\":2}\r\nlast"))) {
      try (LineStream lines = client.lines(server.url())) {
        assertEquals(List.of("{\"a\":1}", "{\"a\":2}", "last"), lines.stream().toList());
      }
      try (ChunkStream chunks = client.stream(https() + "/bytes?n=3000", 100)) {
        int count = 0;
        while (chunks.hasNext()) {
          final byte[] piece = chunks.next();
          assertTrue(piece.length <= 100);
          for (byte b : piece) assertEquals((byte) (count++ % 251), b);
        }
        assertEquals(3000, count);
      }
      try (InputStream in = client.stream(https() + "/bytes?n=3000").inputStream()) {
        assertEquals(3000, in.readAllBytes().length);
      }
    }
  }

  @Test
  void a_stream_of_events_with_an_error_status_fails_with_its_class() {
    try (HTTPClient client = client(); EventStream events = client.events(https() + "/nowhere")) {
      final NotFoundException failure = assertThrows(NotFoundException.class, events::hasNext);
      assertTrue(failure.response().orElseThrow().text().contains("error"));
      // It says so again.
      assertThrows(NotFoundException.class, events::hasNext);
    }
  }

  @Test
  void pieces_before_a_failure_are_handed_out_first() {
    try (HTTPClient client = client(); ChunkStream chunks = client.stream(https() + "/truncate")) {
      int count = 0;
      count += chunks.next().length;
      assertEquals(50, count);
      assertEquals("BODY_TRUNCATED", assertThrows(ProtocolException.class, chunks::hasNext).codeName());
    }
  }

  @Test
  void a_limited_wait_ends_without_a_piece() throws IOException {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS);
      connection.readEnd();
    }); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      assertTrue(events.next(Duration.ofMillis(10)).isEmpty());
      assertTrue(events.next(Duration.ZERO).isEmpty());
      assertFalse(events.ended());
    }
  }

  @Test
  void a_subscriber_gets_what_it_asks_for_and_holds_up_the_socket() throws Exception {
    final AtomicLong sent = new AtomicLong();
    final NetworkConfig small = config().set("stream_buffer_bytes", "65536").build();
    try (RawServer server = endless(sent); HTTPClient client = new HTTPClient(small)) {
      final List<Long> got = Collections.synchronizedList(new ArrayList<>());
      final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
      final AtomicReference<CountDownLatch> wanted = new AtomicReference<>(new CountDownLatch(3));
      client.events(server.url()).publisher().subscribe(new Flow.Subscriber<>() {
        @Override
        public void onSubscribe(Flow.Subscription with) {
          subscription.set(with);
          with.request(3);
        }

        @Override
        public void onNext(Event event) {
          got.add(event.index());
          wanted.get().countDown();
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
      });
      await(wanted.get());
      // The server can not go on: what it sends is bounded by buffers on the way, far below what it would send meanwhile.
      long before = -1;
      for (int same = 0; same < 20; same = sent.get() == before ? same + 1 : 0) {
        before = sent.get();
        Thread.sleep(5);
      }
      assertEquals(List.of(0L, 1L, 2L), got);
      assertTrue(sent.get() < 100_000, "the socket was read on: " + sent);
      wanted.set(new CountDownLatch(2000));
      subscription.get().request(2000);
      await(wanted.get());
      assertEquals(2002L, got.get(2002));
      assertEquals(2003, got.size());
      subscription.get().cancel();
    }
  }

  @Test
  void a_second_subscriber_is_refused() throws Exception {
    try (RawServer server = endless(new AtomicLong()); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      final CompletableFuture<Void> first = events.forEachAsync(event -> {});
      final ExecutionException refused = assertThrows(ExecutionException.class, () -> events.forEachAsync(event -> {}).get(60, TimeUnit.SECONDS));
      assertEquals("STREAM_CONSUMED", ((NetworkException) refused.getCause()).codeName());
      first.cancel(true);
    }
  }

  @Test
  void what_a_handler_throws_is_the_cause_of_the_end() throws Exception {
    final IllegalStateException thrown = new IllegalStateException("enough");
    try (RawServer server = endless(new AtomicLong()); HTTPClient client = client()) {
      final CompletableFuture<Void> end = client.events(server.url()).forEachAsync(event -> {
        if (event.index() == 5) throw thrown;
      });
      final ExecutionException failure = assertThrows(ExecutionException.class, () -> end.get(60, TimeUnit.SECONDS));
      assertInstanceOf(CancelledException.class, failure.getCause());
      assertSame(thrown, failure.getCause().getCause());
    }
  }

  @Test
  void a_stream_whose_references_are_dropped_goes_on_through_collections() throws Exception {
    final CountDownLatch go = new CountDownLatch(1);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: 0\n\n");
      go.await();
      for (int i = 1; i < 1000; ++i) connection.send("data: " + i + "\n\n");
    }); HTTPClient client = client()) {
      final AtomicLong count = new AtomicLong();
      final CountDownLatch first = new CountDownLatch(1);
      final CompletableFuture<Void> end = subscribe(client, server.url(), count, first);
      await(first);
      for (int i = 0; i < 5; ++i) System.gc();
      go.countDown();
      end.get(60, TimeUnit.SECONDS);
      assertEquals(1000, count.get());
    }
  }

  private static CompletableFuture<Void> subscribe(HTTPClient client, String url, AtomicLong count, CountDownLatch first) {
    return client.events(url).forEachAsync(event -> {
      count.incrementAndGet();
      first.countDown();
    });
  }

  @Test
  void a_stream_that_nobody_holds_is_ended_by_the_collector() throws Exception {
    final CountDownLatch ended = new CountDownLatch(1);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: 0\n\n");
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client()) {
      final WeakReference<EventStream> dropped = opened(client, server.url());
      eventually(() -> {
        System.gc();
        return dropped.get() == null && ended.getCount() == 0;
      });
    }
  }

  private static WeakReference<EventStream> opened(HTTPClient client, String url) {
    final EventStream events = client.events(url);
    assertEquals("0", events.next().data());
    return new WeakReference<>(events);
  }

  @Test
  void cancelling_and_closing_inside_a_handler_end_it() throws Exception {
    try (RawServer server = endless(new AtomicLong()); HTTPClient client = client()) {
      for (boolean close : new boolean[] {false, true}) {
        final EventStream events = client.events(server.url());
        final CompletableFuture<Void> end = events.forEachAsync(event -> {
          if (close) {
            events.close();
          } else {
            events.cancel();
          }
        });
        final ExecutionException failure = assertThrows(ExecutionException.class, () -> end.get(60, TimeUnit.SECONDS));
        assertEquals(close ? "INVALID_STATE" : "CANCELLED", ((NetworkException) failure.getCause()).codeName());
      }
    }
  }

  @Test
  void closing_or_cancelling_wakes_a_reader_that_waits() throws Exception {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: 0\n\n");
      connection.readEnd();
    }); HTTPClient client = client()) {
      for (boolean close : new boolean[] {false, true}) {
        final EventStream events = client.events(server.url());
        events.next();
        final CompletableFuture<Throwable> end = new CompletableFuture<>();
        final Thread reader = new Thread(() -> {
          try {
            end.complete(new AssertionError("there was " + events.next()));
          } catch (Throwable thrown) {
            end.complete(thrown);
          }
        });
        reader.start();
        eventually(() -> reader.getState() == Thread.State.WAITING);
        if (close) {
          events.close();
        } else {
          events.cancel();
        }
        assertEquals(close ? "INVALID_STATE" : "CANCELLED", ((NetworkException) end.get(60, TimeUnit.SECONDS)).codeName());
        events.close();
      }
    }
  }

  @Test
  void interrupting_a_reader_cancels_the_stream() throws Exception {
    final CountDownLatch ended = new CountDownLatch(1);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: 0\n\n");
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      events.next();
      Thread.currentThread().interrupt();
      final CancelledException failure = assertThrows(CancelledException.class, events::next);
      assertInstanceOf(InterruptedException.class, failure.getCause());
      assertTrue(Thread.interrupted());
      await(ended);
    }
  }

  @Test
  void an_event_larger_than_a_batch_is_whole() throws IOException {
    final String large = "0123456789".repeat(30_000);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: a\n\ndata: " + large + "\n\ndata: b\n\n");
    }); HTTPClient client = client(); EventStream events = client.events(server.url())) {
      assertEquals(List.of("a", large, "b"), events.stream().map(Event::data).toList());
    }
  }
}
