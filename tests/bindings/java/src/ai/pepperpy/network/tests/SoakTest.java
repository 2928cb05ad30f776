// Many clients, many calls and many events: native memory stays where it was.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SoakTest extends Fixture {
  private static final double SCALE = scale(1);
  /** What caches, arenas and the collector may take. */
  private static final long SLACK_KB = 48 * 1024;

  private static long residentKb() throws IOException {
    System.gc();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("RssAnon:")) return Long.parseLong(line.replaceAll("\\D", ""));
    }
    throw new IOException("no RssAnon");
  }

  private interface Cycles {
    void run(int count) throws Exception;
  }

  private static void staysFlat(String what, int count, Cycles cycles) throws Exception {
    cycles.run(Math.max(count / 5, 100));
    final long before = residentKb();
    final long began = System.nanoTime();
    cycles.run(count);
    final long took = System.nanoTime() - began;
    final long grown = residentKb() - before;
    System.out.printf("%s: %d, %.2f us each, memory grew by %d kB%n", what, count, took / 1e3 / count, grown);
    assertTrue(grown < SLACK_KB, what + " grew by " + grown + " kB");
  }

  @Test
  void clients_are_made_and_closed() throws Exception {
    final NetworkConfig config = NetworkConfig.newBuilder().maxRetries(0).build();
    staysFlat("clients", (int) (10_000 * SCALE), count -> {
      for (int i = 0; i < count; ++i) {
        try (HTTPClient client = new HTTPClient(config); RateLimiter limiter = new RateLimiter(60, 1); RatePermit permit = limiter.acquire();
            WebSocketClient socket = new WebSocketClient(client, "ws://localhost:1/")) {
          assertEquals(WebSocketClient.State.NEW, socket.state());
        }
      }
    });
  }

  @Test
  void clients_call_and_are_closed() throws Exception {
    try (RawServer server = RawServer.answering(RawServer.response(200, "", "x".repeat(2000)))) {
      staysFlat("calls with a client of their own", (int) (10_000 * SCALE), count -> {
        for (int i = 0; i < count; ++i) {
          try (HTTPClient client = new HTTPClient()) {
            assertEquals(2000, client.get(server.url()).bytes().length);
          }
        }
      });
    }
  }

  @Test
  void streams_are_opened_and_left_early() throws Exception {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS + "data: 1\n\n");
      connection.readEnd();
    }); HTTPClient client = client()) {
      staysFlat("streams that are left", (int) (10_000 * SCALE), count -> {
        for (int i = 0; i < count; ++i) {
          try (EventStream events = client.events(server.url())) {
            assertEquals("1", events.next().data());
          }
        }
      });
    }
  }

  @Test
  void events_are_streamed() throws Exception {
    final String data = "{\"choices\":[{\"delta\":{\"content\":\"word\"}}]}";
    final byte[] block = ("data: " + data + "\n\n").repeat(1000).getBytes(StandardCharsets.UTF_8);
    try (RawServer server = new RawServer(connection -> {
      for (String head = connection.readRequest(); head != null; head = connection.readRequest()) {
        final int blocks = Integer.parseInt(head.split("[ ?]")[2]);
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " + (long) blocks * block.length + "\r\n\r\n");
        for (int i = 0; i < blocks; ++i) connection.send(block);
      }
    }); HTTPClient client = client()) {
      staysFlat("events by a loop", (int) (1_000_000 * SCALE) / 1000 * 1000, count -> {
        try (EventStream events = client.events(server.url() + "/?" + Math.max(count / 1000, 1))) {
          long seen = 0;
          for (Event event : events) seen += event.data().length() == data.length() ? 1 : 0;
          assertEquals(Math.max(count / 1000, 1) * 1000L, seen);
        }
      });
      staysFlat("events by a handler", (int) (1_000_000 * SCALE) / 1000 * 1000, count -> {
        final AtomicLong seen = new AtomicLong();
        client.events(server.url() + "/?" + Math.max(count / 1000, 1)).forEachAsync(event -> seen.addAndGet(event.data().length() == data.length() ? 1 : 0)).get();
        assertEquals(Math.max(count / 1000, 1) * 1000L, seen.get());
      });
    }
  }
}
