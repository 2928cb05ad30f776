package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A WebSocket: messages both ways over one connection, kept alive by pings and opened again after it was lost (option
 * websocket_reconnect). Messages are read as the pieces of a stream, or by a {@link WebSocketListener}.
 *
 * <pre>{@code
 * try (WebSocketClient socket = new WebSocketClient("wss://localhost:8443/v1/realtime")) {
 *   socket.connect();
 *   socket.sendJson(Map.of("type", "subscribe"));
 *   for (WebSocketMessage message : socket) System.out.println(message.text());
 * }
 * }</pre>
 *
 * <p>Reading ends when it was closed as it should be: by this side, or with code 1000, 1001 or none. {@link #close()} sends a Close frame
 * and leaves the rest to the library; what was queued is sent before. Thread: any, several at once, to send; reading as {@link PieceStream}.
 */
public final class WebSocketClient extends PieceStream<WebSocketMessage> {
  private final WebSocketCore core;
  /** Only of a WebSocket that made it. */
  private final HTTPClient own;

  /**
   * With a client of its own.
   *
   * @param url absolute ws or wss URL without fragment
   * @throws UsageException the URL
   */
  public WebSocketClient(String url) {
    this(new WebSocketBuilder(null, url));
  }

  /**
   * With the options of a client; its key goes along when the origin is that of its base URL.
   *
   * @param client the client
   * @param url absolute ws or wss URL without fragment, or a path below the base URL of the client
   * @throws UsageException the URL; CLIENT_CLOSED
   */
  public WebSocketClient(NetworkClient client, String url) {
    this(newBuilder(client, url));
  }

  WebSocketClient(WebSocketBuilder builder) {
    this(builder, builder.client == null ? new HTTPClient() : null);
  }

  private WebSocketClient(WebSocketBuilder builder, HTTPClient own) {
    this(core(builder, own), own);
    core.listen();
  }

  private WebSocketClient(WebSocketCore core, HTTPClient own) {
    super(core);
    this.core = core;
    this.own = own;
  }

  private static WebSocketCore core(WebSocketBuilder builder, HTTPClient own) {
    try {
      return builder.core(own != null ? own : builder.client);
    } catch (Throwable wrong) {
      if (own != null) own.release();
      throw wrong;
    }
  }

  /**
   * Begins a WebSocket with more than a URL.
   *
   * @param client the client
   * @param url as in the constructor
   * @return the builder
   */
  public static WebSocketBuilder newBuilder(NetworkClient client, String url) {
    return new WebSocketBuilder(Objects.requireNonNull(client, "client"), url);
  }

  @Override
  WebSocketMessage piece(byte[] batch, int at) {
    return new WebSocketMessage(batch, at);
  }

  @Override
  Executor executor() {
    return core.executor;
  }

  /**
   * Starts connecting. Messages may be sent from here on, and wait until it is open. Blocks: never.
   *
   * @return completes with this when it is open, or with what kept it from that; cancelling it drops the WebSocket
   */
  public CompletableFuture<WebSocketClient> connectAsync() {
    try {
      core.connect(this);
    } catch (NetworkException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    return core.open.thenApply(nothing -> this);
  }

  /**
   * Connects and waits until it is open. Blocks: until then. An interrupt drops the WebSocket: {@link CancelledException}.
   *
   * @return this
   * @throws NetworkException what kept it from that; WS_HANDSHAKE: {@link NetworkException#response()} is what the server answered
   * @throws UsageException INVALID_STATE: started before; WOULD_DEADLOCK: on a thread of the library
   */
  public WebSocketClient connect() {
    Upcalls.mustNotWait();
    core.connect(this);
    Futures.wait(core.open, this::cancel);
    return this;
  }

  /**
   * Queues a text. Blocks: while the queue is full; an interrupt of that wait is thrown as {@link CancelledException}, and nothing was
   * queued.
   *
   * @param text the message
   * @throws WebSocketException WS_CLOSED; WS_MESSAGE_TOO_BIG
   * @throws UsageException INVALID_STATE: not connected before
   */
  public void sendText(String text) {
    core.send(NativeConstants.PPN_WEBSOCKET_TEXT, Texts.utf8(text, "text"));
  }

  /**
   * Queues bytes, as {@link #sendText}.
   *
   * @param bytes the message
   */
  public void sendBinary(byte[] bytes) {
    core.send(NativeConstants.PPN_WEBSOCKET_BINARY, Objects.requireNonNull(bytes, "bytes"));
  }

  /**
   * Queues a JSON text, which is checked, as {@link #sendText}.
   *
   * @param text JSON
   * @throws ProtocolException JSON_PARSE: it is not JSON
   */
  public void sendJson(String text) {
    core.send(NativeConstants.PPN_WEBSOCKET_JSON, Texts.utf8(text, "text"));
  }

  /**
   * Queues a JSON object, as {@link #sendText}.
   *
   * @param members what {@link Json#of} takes
   */
  public void sendJson(Map<String, ?> members) {
    sendJson(Json.of(Objects.requireNonNull(members, "members")).toString());
  }

  /**
   * Queues a JSON value, as {@link #sendText}.
   *
   * @param value the value
   */
  public void sendJson(Json value) {
    sendJson(Objects.requireNonNull(value, "value").toString());
  }

  /**
   * Queues a text. Blocks: never.
   *
   * @param text the message
   * @return completes when the kernel has taken its last byte, which does not mean that the server has read it; fails with WS_QUEUE_FULL when
   *     nothing was queued
   */
  public CompletableFuture<Void> sendTextAsync(String text) {
    return core.sendAsync(NativeConstants.PPN_WEBSOCKET_TEXT, Texts.utf8(text, "text"));
  }

  /**
   * Queues bytes, as {@link #sendTextAsync}.
   *
   * @param bytes the message
   * @return as there
   */
  public CompletableFuture<Void> sendBinaryAsync(byte[] bytes) {
    return core.sendAsync(NativeConstants.PPN_WEBSOCKET_BINARY, Objects.requireNonNull(bytes, "bytes"));
  }

  /**
   * Queues a JSON text, as {@link #sendTextAsync}.
   *
   * @param text JSON
   * @return as there
   */
  public CompletableFuture<Void> sendJsonAsync(String text) {
    return core.sendAsync(NativeConstants.PPN_WEBSOCKET_JSON, Texts.utf8(text, "text"));
  }

  /**
   * Sends what was queued, then a Close frame, and awaits that of the server. Messages that arrive meanwhile can still be read. Blocks:
   * never.
   *
   * @param code 1000 to 1003, 1007 to 1014 or 3000 to 4999
   * @param reason at most 123 bytes in UTF-8
   * @return completes when it has ended, or with what ended it
   * @throws UsageException INVALID_ARGUMENT; INVALID_STATE: not connected before
   */
  public CompletableFuture<Void> closeAsync(int code, String reason) {
    final byte[] utf8 = Texts.utf8(reason, "reason");
    core.act((websocket, error) -> Native.ppn_websocket_close(websocket, code, utf8, error));
    return closed();
  }

  /**
   * How it ends.
   *
   * @return completes when it has ended, or with what ended it
   */
  public CompletableFuture<Void> closed() {
    return core.closed.copy();
  }

  /**
   * Waits until it has ended. Blocks: until then. An interrupt drops it: {@link CancelledException}.
   *
   * @throws NetworkException what ended it, unless it was closed as it should be
   */
  public void awaitClosed() {
    Futures.wait(core.closed, this::cancel);
  }

  /** Where a WebSocket is. */
  public enum State {
    /** Not started. */
    NEW,
    /** From the need of a connection to the end of its handshake. */
    CONNECTING,
    /** Messages go both ways. */
    OPEN,
    /** A Close frame was sent or received. */
    CLOSING,
    /** Waiting before the next connection. */
    RECONNECT_WAIT,
    /** Ended. */
    CLOSED
  }

  /**
   * Where it is.
   *
   * @return the state
   */
  public State state() {
    return State.values()[core.ask(Native::ppn_websocket_state, State.CLOSED.ordinal())];
  }

  /**
   * What the server answered to the last handshake.
   *
   * @return the response; empty when there is no answer yet
   */
  public Optional<Response> response() {
    return core.handshake();
  }

  /**
   * The subprotocol that the server chose.
   *
   * @return its name; empty when it chose none
   */
  public String subprotocol() {
    return text(Native::ppnb_socket_subprotocol);
  }

  /**
   * The code that the last connection ended with.
   *
   * @return as {@link WebSocketListener#onClose}; 0 when none has ended
   */
  public int closeCode() {
    return core.ask(Native::ppn_websocket_close_code, 0);
  }

  /**
   * The reason that came with {@link #closeCode()}.
   *
   * @return the reason; may be empty
   */
  public String closeReason() {
    return text(Native::ppnb_socket_close_reason);
  }

  private String text(java.util.function.LongFunction<byte[]> of) {
    if (!core.handle().tryEnter()) return "";
    try {
      return Texts.of(Objects.requireNonNullElse(of.apply(core.handle().address()), Texts.EMPTY));
    } finally {
      core.handle().exit();
    }
  }

  /**
   * The time between the last ping and its pong.
   *
   * @return the time; empty when no pong has come
   */
  public Optional<Duration> pingTime() {
    final long us = core.ask(Native::ppn_websocket_ping_us, -1L);
    return us < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(us * 1_000));
  }

  /**
   * How many bytes of messages wait to be sent.
   *
   * @return the number
   */
  public long queuedBytes() {
    return core.ask(Native::ppn_websocket_queued_bytes, 0L);
  }

  /**
   * Takes the messages that will never be sent: of which no byte was written when their connection ended.
   *
   * @return their bytes, oldest first
   */
  public List<byte[]> takeUnsent() {
    return core.ask(websocket -> {
      final List<byte[]> messages = new ArrayList<>();
      final byte[][] out = new byte[1][];
      while (Native.ppn_websocket_take_unsent(websocket, null, out, null) == NativeConstants.PPN_OK) messages.add(out[0]);
      return messages;
    }, List.of());
  }

  /** Closes with 1000 what is open, and releases it; the library goes on to the end by itself. A second call has no effect. Blocks: never. */
  @Override
  public void close() {
    core.ask(websocket -> {
      final long[] error = new long[1];
      Native.ppn_websocket_close(websocket, 0, null, error);
      Native.ppn_error_release(error[0]);
      return null;
    }, null);
    super.close();
    if (own != null) own.release();
  }
}
