// Requests and responses, over TLS where the server can.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpTest extends Fixture {
  private static final byte[] EVERY_BYTE = new byte[256];

  static {
    for (int i = 0; i < EVERY_BYTE.length; ++i) EVERY_BYTE[i] = (byte) i;
  }

  @Test
  void an_authenticated_get_and_post_over_tls() {
    try (APIClient api = api()) {
      final Response models = api.get("/v1/models").raiseForStatus();
      assertEquals("pepper-mini", models.json().string("/data/0/id"));
      assertTrue(models.tlsVerified());
      assertTrue(models.tlsVersion().startsWith("TLSv1."));
      final Response chat = api.postJson("/v1/chat/completions",
          Map.of("messages", List.of(Map.of("role", "user", "content", "hello"))));
      assertTrue(chat.raiseForStatus().json().string("/choices/0/message/content").startsWith("You said: hello"));
      assertTrue(chat.reused());
      assertEquals(1, chat.attempts());
      assertEquals("OK", ErrorCode.name(chat.attemptLog().get(0).code()));
      assertTrue(chat.timings().total().orElseThrow().toNanos() > 0);
      assertEquals(https() + "/v1/chat/completions", chat.url());
    }
  }

  @Test
  void every_system_sends_over_tls() {
    try (RequestManager manager = new RequestManager(https(), config().build());
        StreamingClient streaming = new StreamingClient(config().build());
        HTTPClient client = client()) {
      assertEquals("a=1", manager.get("echo?a=1").json().string("/query"));
      assertEquals(https(), manager.baseUrl());
      assertEquals(200, streaming.get(https() + "/echo").status());
      for (String method : List.of("PUT", "PATCH", "DELETE", "OPTIONS")) {
        assertEquals(method, client.send(Request.newBuilder(method, https() + "/echo").build()).json().string("/method"));
      }
      assertEquals(0, client.head(https() + "/bytes?n=10").bytes().length);
    }
  }

  @Test
  void bodies_with_zeros_and_high_bytes_survive_both_ways() {
    try (HTTPClient client = client()) {
      final Json echo = client.post(https() + "/echo", EVERY_BYTE).raiseForStatus().json();
      assertArrayEquals(EVERY_BYTE, Base64.getDecoder().decode(echo.string("/body_base64")));
      final byte[] body = client.get(https() + "/bytes?n=100000").bytes();
      assertEquals(100_000, body.length);
      for (int i = 0; i < body.length; ++i) assertEquals((byte) (i % 251), body[i]);
    }
  }

  @Test
  void texts_with_zeros_and_surrogate_pairs_survive() {
    final String text = "a\0b \uD83C\uDF36 \u00e9";
    try (HTTPClient client = client()) {
      assertArrayEquals(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), Base64.getDecoder().decode(
          client.send(Request.post(https() + "/echo").body(text).build()).json().string("/body_base64")));
      final Json sent = Json.parse(client.postJson(https() + "/echo", Map.of("k", text)).json().string("/body"));
      assertEquals(text, sent.string("/k"));
    }
  }

  @Test
  void half_a_surrogate_pair_is_refused_before_anything_is_sent() {
    final UsageException refused = assertThrows(UsageException.class, () -> Request.post("/").body("x\uD83C"));
    assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
  }

  @Test
  void headers_are_sent_and_received_in_order() throws IOException {
    try (RawServer server = new RawServer(connection -> {
      final String head = connection.readRequest();
      connection.send(RawServer.response(200, "X-Two: a\r\nX-Two: b\r\nX-Latin: \u00e9\r\n", head));
    }); HTTPClient client = client()) {
      final Response response = client.send(Request.get(server.url()).header("X-A", "1").header("x-a", "2").addHeader("X-A", "3").build());
      assertTrue(response.text().contains("x-a: 2\r\nX-A: 3\r\n"), response.text());
      assertEquals(List.of("a", "b"), response.headers().all("x-two"));
      assertEquals("a", response.header("X-TWO").orElseThrow());
      assertEquals("\u00e9", response.header("X-Latin").orElseThrow());
    }
  }

  @Test
  void statuses_are_raised_as_their_classes_with_the_response() {
    final Map<Integer, Class<? extends StatusException>> classes = Map.of(400, BadRequestException.class, 401,
        AuthenticationException.class, 403, PermissionDeniedException.class, 404, NotFoundException.class, 409,
        ConflictException.class, 422, UnprocessableException.class, 429, TooManyRequestsException.class, 500,
        ServerException.class, 503, ServerException.class, 418, StatusException.class);
    try (HTTPClient client = client()) {
      classes.forEach((status, type) -> {
        final Response response = client.get(https() + "/flaky?fail=1&retry-after=3&key=" + status + "-" + System.nanoTime() + "&status=" + status);
        assertEquals(status, response.status());
        final StatusException raised = assertThrows(StatusException.class, response::raiseForStatus);
        assertSame(type, raised.getClass());
        assertEquals(status, raised.status());
        assertSame(response, raised.response().orElseThrow());
        assertEquals(status == 429 || status == 503, raised.retryAfter().equals(java.util.Optional.of(Duration.ofSeconds(3))));
        assertEquals(status == 429 || status >= 500, raised.isRetryable());
        assertFalse(raised.requestId().isEmpty());
      });
    }
  }

  @Test
  void what_had_arrived_comes_with_the_exception() {
    try (HTTPClient client = client()) {
      final ProtocolException cut = assertThrows(ProtocolException.class, () -> client.get(https() + "/truncate"));
      assertEquals("BODY_TRUNCATED", cut.codeName());
      assertEquals(50, cut.receivedBytes());
      assertEquals(200, cut.response().orElseThrow().status());
      assertEquals("body", cut.phase());
    }
  }

  @Test
  void nobody_listens() {
    try (HTTPClient client = client()) {
      final ConnectionException refused = assertThrows(ConnectionException.class, () -> client.get("http://127.0.0.1:1/?key=secret"));
      assertEquals(ErrorCode.CONNECT_FAILED, refused.code());
      assertTrue(refused.isRetryable());
      assertEquals(NetworkException.Sent.NONE, refused.sent());
      assertFalse(refused.toString().contains("secret"));
      assertFalse(refused.url().contains("secret"));
    }
  }

  @Test
  void a_time_limit_ends_a_call() throws IOException {
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.readEnd();
    }); HTTPClient client = client()) {
      final NetworkTimeoutException late = assertThrows(NetworkTimeoutException.class,
          () -> client.send(Request.get(server.url()).timeout(Duration.ofMillis(30)).build()));
      assertEquals(ErrorCode.TIMEOUT, late.code());
      assertTrue(late.isTimeout());
    }
  }

  @Test
  void futures_complete_off_the_io_thread_and_chain() throws Exception {
    try (HTTPClient client = client()) {
      final AtomicReference<String> thread = new AtomicReference<>();
      final int status = client.getAsync(https() + "/echo").thenApply(response -> {
        thread.set(Thread.currentThread().getName());
        return response.status();
      }).get(60, TimeUnit.SECONDS);
      assertEquals(200, status);
      assertFalse(thread.get().contains("pepperpy-network-io"), thread.get());
      final ExecutionException failed = assertThrows(ExecutionException.class,
          () -> client.getAsync("http://127.0.0.1:1/").get(60, TimeUnit.SECONDS));
      assertTrue(failed.getCause() instanceof ConnectionException);
      final ExecutionException wrong = assertThrows(ExecutionException.class,
          () -> client.getAsync("http://[").get(60, TimeUnit.SECONDS));
      assertEquals(ErrorCode.INVALID_URL, ((NetworkException) wrong.getCause()).code());
    }
  }

  @Test
  void cancelling_a_future_or_what_depends_on_it_ends_the_call_at_the_server() throws Exception {
    final CountDownLatch began = new CountDownLatch(2);
    final CountDownLatch ended = new CountDownLatch(2);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      began.countDown();
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client()) {
      final CompletableFuture<Response> future = client.getAsync(server.url());
      final CompletableFuture<String> dependent = client.getAsync(server.url()).thenApply(Response::text);
      await(began);
      assertTrue(future.cancel(true));
      assertTrue(dependent.cancel(false));
      await(ended);
      assertThrows(CancellationException.class, future::join);
      assertThrows(CancellationException.class, dependent::join);
    }
  }

  @Test
  void interrupting_the_waiting_thread_cancels_the_call_and_keeps_the_flag() throws Exception {
    final CountDownLatch began = new CountDownLatch(1);
    final CountDownLatch ended = new CountDownLatch(1);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      began.countDown();
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client()) {
      final AtomicReference<Throwable> thrown = new AtomicReference<>();
      final AtomicReference<Boolean> flag = new AtomicReference<>();
      final Thread waiting = new Thread(() -> {
        try {
          client.get(server.url());
        } catch (Throwable failure) {
          thrown.set(failure);
          flag.set(Thread.currentThread().isInterrupted());
        }
      });
      waiting.start();
      await(began);
      waiting.interrupt();
      waiting.join(PATIENCE.toMillis());
      await(ended);
      assertTrue(thrown.get() instanceof CancelledException, String.valueOf(thrown.get()));
      assertTrue(thrown.get().getCause() instanceof InterruptedException);
      assertTrue(flag.get());
    }
  }

  @Test
  void a_stream_of_java_is_sent_whole_with_and_without_a_length() {
    final byte[] large = new byte[1_000_000];
    for (int i = 0; i < large.length; ++i) large[i] = (byte) (i * 31);
    try (HTTPClient client = client()) {
      for (long length : new long[] {large.length, -1}) {
        final Json echo = client.send(Request.post(https() + "/echo").body(new ByteArrayInputStream(large), length).build()).json();
        assertEquals(large.length, echo.integer("/length"));
        assertArrayEquals(large, Base64.getDecoder().decode(echo.string("/body_base64")));
      }
      assertEquals(0, client.send(Request.post(https() + "/echo").body(InputStream.nullInputStream(), -1).build()).json().integer("/length"));
    }
  }

  @Test
  void a_body_is_read_again_when_it_is_sent_again() {
    final AtomicInteger opened = new AtomicInteger();
    try (HTTPClient client = new HTTPClient(config().maxRetries(2).backoffFactor(0).build())) {
      final Response response = client.send(Request.put(https() + "/flaky?fail=1&retry-after=0&key=" + System.nanoTime()).body(() -> {
        opened.incrementAndGet();
        return new ByteArrayInputStream("again".getBytes());
      }, 5).build());
      assertEquals(200, response.status());
      assertEquals(2, opened.get());
    }
  }

  @Test
  void what_a_body_throws_is_the_cause() {
    final IOException lost = new IOException("the disk is gone");
    try (HTTPClient client = client()) {
      final NetworkException failure = assertThrows(NetworkException.class, () -> client.send(Request.post(https() + "/echo").body(() -> {
        throw lost;
      }, -1).build()));
      assertSame(lost, failure.getCause());
    }
  }

  @Test
  void a_file_is_sent(@TempDir Path folder) throws IOException {
    final Path file = Files.write(folder.resolve("body"), EVERY_BYTE);
    try (HTTPClient client = client()) {
      assertEquals(256, client.send(Request.post(https() + "/echo").bodyFile(file).build()).json().integer("/length"));
      assertEquals(ErrorCode.INVALID_ARGUMENT, assertThrows(UsageException.class,
          () -> client.send(Request.post(https() + "/echo").bodyFile(folder.resolve("none")).build())).code());
    }
  }

  @Test
  void a_request_can_be_sent_many_times_and_described_further() {
    try (HTTPClient client = client()) {
      final Request request = Request.post(https() + "/echo").header("X-A", "1").json("{\"a\":1}").build();
      assertEquals(client.send(request).json().string("/body"), client.send(request).json().string("/body"));
      assertTrue(client.send(request.toBuilder().header("X-B", "2").build()).text().contains("X-B"));
    }
  }

  @Test
  void retries_follow_the_options_and_are_told() {
    try (HTTPClient client = new HTTPClient(config().maxRetries(3).backoffFactor(0.001).build())) {
      final Response response = client.get(https() + "/flaky?fail=2&retry-after=0&key=" + System.nanoTime());
      assertEquals(3, response.attempts());
      assertEquals(List.of(503, 503, 200), response.attemptLog().stream().map(Attempt::status).toList());
    }
  }

  @Test
  void redirects_are_followed_and_counted() throws IOException {
    try (RawServer server = new RawServer(connection -> {
      for (String head = connection.readRequest(); head != null; head = connection.readRequest()) {
        connection.send(head.startsWith("GET /a ") ? RawServer.response(302, "Location: /b\r\n", "") : RawServer.response(200, "", "here"));
      }
    }); HTTPClient client = client()) {
      final Response response = client.get(server.url() + "/a");
      assertEquals("here", response.text());
      assertEquals(1, response.redirects());
      assertEquals(server.url() + "/b", response.url());
    }
  }

  @Test
  void a_time_limit_of_a_future_or_of_what_depends_on_it_ends_the_call() throws Exception {
    final CountDownLatch began = new CountDownLatch(3);
    final CountDownLatch ended = new CountDownLatch(3);
    try (RawServer server = new RawServer(connection -> {
      connection.readRequest();
      began.countDown();
      if (connection.readEnd()) ended.countDown();
    }); HTTPClient client = client()) {
      final CompletableFuture<Response> limited = client.getAsync(server.url());
      final CompletableFuture<String> dependent = client.getAsync(server.url()).thenApply(Response::text);
      final CompletableFuture<Response> completed = client.getAsync(server.url());
      await(began);
      limited.orTimeout(1, TimeUnit.MILLISECONDS);
      dependent.completeOnTimeout("late", 1, TimeUnit.MILLISECONDS);
      completed.complete(null);
      await(ended);
      assertThrows(ExecutionException.class, () -> limited.get(60, TimeUnit.SECONDS));
      assertEquals("late", dependent.get(60, TimeUnit.SECONDS));
    }
  }

  @Test
  void headers_of_a_map_do_not_follow_it_and_no_value_is_in_an_error() {
    final Map<String, String> map = new java.util.HashMap<>(Map.of("X-A", "1"));
    final Headers headers = Headers.of(map);
    map.put("X-A", "2");
    assertEquals("1", headers.first("x-a").orElseThrow());
    final UsageException odd = assertThrows(UsageException.class, () -> Headers.of("X-A", "1", "secret"));
    assertFalse(odd.getMessage().contains("secret"), odd.getMessage());
  }

  @Test
  void the_server_is_told_which_language_calls_unless_something_else_is_set() {
    try (HTTPClient client = client(); HTTPClient named = new HTTPClient(config().userAgent("mine/1").build())) {
      final String java = "java/" + Runtime.version().feature();
      assertTrue(client.get(https() + "/echo").text().contains(java));
      final String echo = named.get(https() + "/echo").text();
      assertTrue(echo.contains("mine/1") && !echo.contains(java), echo);
    }
  }
}
