// Conversations over WebSockets with the AI server, over TLS.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class WebSocketTest extends Fixture {
  @Override
  boolean collects() {
    return true;
  }

  private static void ask(WebSocketClient socket, String question) {
    socket.sendJson(Map.of("type", "response.create", "input", question));
  }

  @Test
  void a_conversation_is_iterated_and_closed() {
    try (APIClient api = api(); WebSocketClient socket = WebSocketClient.newBuilder(api, "/v1/realtime?ms=0").subprotocol("realtime").build()) {
      assertEquals(WebSocketClient.State.NEW, socket.state());
      socket.connect();
      assertEquals("realtime", socket.subprotocol());
      assertEquals(101, socket.response().orElseThrow().status());
      ask(socket, "caf\u00e9 \uD83C\uDF36");
      final StringBuilder text = new StringBuilder();
      for (WebSocketMessage message : socket) {
        assertTrue(message.isText());
        final Json event = message.json();
        if (event.string("/type").equals("response.output_text.delta")) text.append(event.string("/delta"));
        if (event.string("/type").equals("response.completed")) socket.closeAsync(1000, "done");
      }
      assertTrue(text.toString().startsWith("You said: caf\u00e9 \uD83C\uDF36"), text.toString());
      socket.awaitClosed();
      assertEquals(WebSocketClient.State.CLOSED, socket.state());
      assertEquals(1000, socket.closeCode());
    }
  }

  @Test
  void a_refused_handshake_says_what_the_server_answered() {
    try (HTTPClient client = client(); WebSocketClient socket = new WebSocketClient(client, https().replace("https", "wss") + "/v1/realtime")) {
      final WebSocketException refused = assertThrows(WebSocketException.class, socket::connect);
      assertEquals("WS_HANDSHAKE", refused.codeName());
      assertEquals(401, refused.response().orElseThrow().status());
    }
  }

  @Test
  void texts_bytes_and_json_are_queued_in_order_and_told_of() throws Exception {
    try (APIClient api = api(); WebSocketClient socket = new WebSocketClient(api, "/v1/realtime?ms=0")) {
      assertEquals("INVALID_STATE", assertThrows(UsageException.class, () -> socket.sendText("early")).codeName());
      socket.connectAsync().get(60, TimeUnit.SECONDS);
      assertEquals("session.created", socket.next().json().string("/type"));
      socket.sendBinaryAsync(new byte[] {0, (byte) 0x80, (byte) 0xff}).get(60, TimeUnit.SECONDS);
      assertEquals("error", socket.next().json().string("/type"));
      socket.sendTextAsync("no json").get(60, TimeUnit.SECONDS);
      assertEquals("error", socket.next().json().string("/type"));
      assertEquals("JSON_PARSE", assertThrows(ProtocolException.class, () -> socket.sendJson("{")).codeName());
      assertArrayEquals(new byte[0], socket.next(Duration.ZERO).map(WebSocketMessage::bytes).orElse(new byte[0]));
      socket.closeAsync(1000, "").get(60, TimeUnit.SECONDS);
      assertFalse(socket.hasNext());
      assertEquals("WS_CLOSED", assertThrows(WebSocketException.class, () -> socket.sendText("late")).codeName());
    }
  }

  private static final class Told implements WebSocketListener {
    final List<String> steps = Collections.synchronizedList(new ArrayList<>());
    final CompletableFuture<Optional<NetworkException>> end = new CompletableFuture<>();
    final RuntimeException thrown;

    Told(RuntimeException thrown) {
      this.thrown = thrown;
    }

    @Override
    public void onOpen(WebSocketClient socket, Response handshake) {
      steps.add("open " + handshake.status());
      socket.sendJson(Map.of("type", "response.create", "input", "hi"));
    }

    @Override
    public void onMessage(WebSocketClient socket, WebSocketMessage message) {
      final String type = message.json().string("/type");
      if (!steps.get(steps.size() - 1).equals(type)) steps.add(type);
      if (!type.equals("response.completed")) return;
      if (thrown != null) throw thrown;
      socket.closeAsync(1000, "");
    }

    @Override
    public void onClose(WebSocketClient socket, int code, String reason, Optional<NetworkException> error) {
      steps.add("close " + code);
    }

    @Override
    public void onTerminated(WebSocketClient socket, Optional<NetworkException> error) {
      steps.add("terminated");
      end.complete(error);
    }
  }

  private static void listen(APIClient api, Told told) {
    // The reference is dropped at once: the listener keeps it.
    WebSocketClient.newBuilder(api, "/v1/realtime?ms=0").listener(told).build().connectAsync();
  }

  @Test
  void a_listener_hears_of_everything_in_order() throws Exception {
    final Told told = new Told(null);
    try (APIClient api = api()) {
      listen(api, told);
      System.gc();
      assertTrue(told.end.get(60, TimeUnit.SECONDS).isEmpty());
      assertEquals(List.of("open 101", "session.created", "response.created", "response.output_text.delta", "response.completed", "close 1000", "terminated"), told.steps);
      System.gc();
    }
  }

  @Test
  void what_a_listener_throws_is_the_cause_of_the_end() throws Exception {
    final Told told = new Told(new IllegalStateException("enough"));
    try (APIClient api = api()) {
      listen(api, told);
      final NetworkException end = told.end.get(60, TimeUnit.SECONDS).orElseThrow();
      assertSame(told.thrown, end.getCause());
    }
  }

  @Test
  void a_lost_connection_is_opened_again_with_a_new_token() throws Exception {
    try (APIClient api = api(); HTTPClient client = client()) {
      final AtomicInteger tokens = new AtomicInteger();
      final String url = https().replace("https", "wss") + "/v1/realtime?ms=0&drop=3&times=1&key=" + System.nanoTime();
      try (WebSocketClient socket = WebSocketClient.newBuilder(client, url).header("Authorization", "Bearer " + secret(api))
          .option("websocket_reconnect", "on").onReconnecting(next -> {
            tokens.incrementAndGet();
            next.header("Authorization", "Bearer " + secret(api));
          }).build()) {
        socket.connect();
        ask(socket, "one");
        int created = 0;
        for (WebSocketMessage message : socket) {
          final String type = message.json().string("/type");
          if (type.equals("session.created") && ++created == 2) ask(socket, "two");
          if (type.equals("response.completed")) socket.closeAsync(1000, "");
        }
        assertEquals(2, created);
        assertEquals(1, tokens.get());
      }
    }
  }

  private static String secret(APIClient api) {
    return api.post("/v1/realtime/client_secrets", new byte[0]).raiseForStatus().json().string("/value");
  }

  @Test
  void a_reconnection_can_be_given_up() throws Exception {
    try (APIClient api = api()) {
      final WebSocketClient socket = WebSocketClient.newBuilder(api, "/v1/realtime?ms=0&drop=1&key=" + System.nanoTime())
          .option("websocket_reconnect", "on").onReconnecting(ReconnectAttempt::giveUp).build();
      socket.connect();
      socket.next();
      // What had ended the connection, and not that it was given up.
      assertEquals("WS_CLOSED", assertThrows(WebSocketException.class, socket::next).codeName());
      assertThrows(ExecutionException.class, () -> socket.closed().get(60, TimeUnit.SECONDS));
      socket.close();
    }
  }

  @Test
  void what_a_token_hook_throws_is_the_cause_of_the_end() {
    final IllegalStateException thrown = new IllegalStateException("no token");
    try (APIClient api = api(); WebSocketClient socket = WebSocketClient.newBuilder(api, "/v1/realtime?ms=0&drop=1&key=" + System.nanoTime())
        .option("websocket_reconnect", "on").onReconnecting(next -> {
          throw thrown;
        }).build()) {
      socket.connect();
      socket.next();
      assertSame(thrown, assertThrows(NetworkException.class, socket::next).getCause());
    }
  }

  @Test
  void messages_are_published_and_closing_inside_the_handler_ends_it() throws Exception {
    try (APIClient api = api(); WebSocketClient socket = new WebSocketClient(api, "/v1/realtime?ms=0")) {
      final CountDownLatch got = new CountDownLatch(1);
      socket.connect();
      final CompletableFuture<Void> end = socket.forEachAsync(message -> {
        got.countDown();
        socket.closeAsync(1000, "");
      });
      await(got);
      end.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void closing_drops_nothing_that_was_queued_and_can_be_done_twice() throws Exception {
    final AtomicReference<CompletableFuture<Void>> sent = new AtomicReference<>();
    try (APIClient api = api()) {
      final WebSocketClient socket = new WebSocketClient(api, "/v1/realtime?ms=0");
      socket.connect();
      sent.set(socket.sendTextAsync("bye"));
      final CompletableFuture<Void> closed = socket.closed();
      socket.close();
      socket.close();
      sent.get().get(60, TimeUnit.SECONDS);
      closed.get(60, TimeUnit.SECONDS);
      assertThrows(NetworkException.class, () -> socket.sendText("late"));
      assertThrows(NetworkException.class, socket::next);
      assertEquals(WebSocketClient.State.CLOSED, socket.state());
    }
  }

  @Test
  void waiting_for_a_connection_can_be_interrupted() throws Exception {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.readEnd();
    }); HTTPClient client = client(); WebSocketClient socket = new WebSocketClient(client, server.url().replace("http", "ws"))) {
      Thread.currentThread().interrupt();
      final NetworkException failure = assertThrows(CancelledException.class, socket::connect);
      assertTrue(failure.getCause() instanceof InterruptedException);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void a_future_of_a_connection_that_fails_says_why() {
    try (HTTPClient client = client(); WebSocketClient socket = WebSocketClient.newBuilder(client, "ws://127.0.0.1:1/").option("websocket_reconnect", "off").build()) {
      final ExecutionException failure = assertThrows(ExecutionException.class, () -> socket.connectAsync().get(60, TimeUnit.SECONDS));
      assertEquals("CONNECT_FAILED", ((NetworkException) failure.getCause()).codeName());
    }
  }

  /** Answers the handshake (RFC 6455 section 4.2.2), then reads nothing until `read`. */
  private static RawServer slowReader(CountDownLatch read) throws java.io.IOException {
    return new RawServer(connection -> {
      final String head = connection.readRequest();
      final String key = head.split("(?i)sec-websocket-key: *")[1].split("\r\n")[0];
      final byte[] hash = java.security.MessageDigest.getInstance("SHA-1")
          .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes());
      connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
          + java.util.Base64.getEncoder().encodeToString(hash) + "\r\n\r\n");
      read.await();
      connection.readAll();
    });
  }

  @Test
  void several_threads_wait_for_room_in_the_queue_and_an_interrupt_ends_one_wait() throws Exception {
    final CountDownLatch read = new CountDownLatch(1);
    try (RawServer server = slowReader(read); HTTPClient client = client();
        WebSocketClient socket = WebSocketClient.newBuilder(client, server.url().replace("http", "ws")).option("websocket_send_queue_bytes", "65536").build()) {
      socket.connect();
      final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
      final List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 6; ++i) {
        final Thread sender = new Thread(() -> {
          try {
            for (int j = 0; j < 16; ++j) socket.sendBinary(new byte[512 * 1024]);
          } catch (Throwable thrown) {
            failures.add(thrown);
          }
        });
        threads.add(sender);
        sender.start();
      }
      eventually(() -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
      threads.get(0).interrupt();
      threads.get(0).join(PATIENCE.toMillis());
      assertEquals(1, failures.size(), failures.toString());
      assertTrue(failures.get(0) instanceof CancelledException && failures.get(0).getCause() instanceof InterruptedException);
      read.countDown();
      for (Thread thread : threads) {
        thread.join(PATIENCE.toMillis());
        assertFalse(thread.isAlive(), "a sender was not woken");
      }
      assertEquals(1, failures.size(), failures.toString());
    }
  }

  @Test
  void a_listener_hears_of_the_end_when_its_socket_is_closed_and_gets_all_messages() throws Exception {
    try (APIClient api = api()) {
      final CompletableFuture<Optional<NetworkException>> end = new CompletableFuture<>();
      final CountDownLatch got = new CountDownLatch(1);
      final WebSocketClient socket = WebSocketClient.newBuilder(api, "/v1/realtime?ms=0").listener(new WebSocketListener() {
        @Override
        public void onMessage(WebSocketClient of, WebSocketMessage message) {
          got.countDown();
        }

        @Override
        public void onTerminated(WebSocketClient of, Optional<NetworkException> error) {
          if (!end.complete(error)) throw new AssertionError("told twice");
        }
      }).build().connect();
      await(got);
      assertEquals("STREAM_CONSUMED", assertThrows(StreamException.class, socket::next).codeName());
      socket.close();
      assertTrue(end.get(60, TimeUnit.SECONDS).isEmpty());
    }
  }

  @Test
  void a_url_that_is_refused_leaves_nothing_behind() {
    NetworkRuntime.version();
    final long before = NetworkRuntime.liveObjects();
    assertEquals("UNSUPPORTED_SCHEME", assertThrows(UsageException.class, () -> new WebSocketClient("ftp://localhost/")).codeName());
    assertEquals(before, NetworkRuntime.liveObjects());
  }
}
