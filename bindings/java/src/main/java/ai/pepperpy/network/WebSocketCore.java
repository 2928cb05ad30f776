// A WebSocket as the native side knows it: its messages, and what is told of its connections.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

final class WebSocketCore extends PieceQueue {
  interface Action {
    int run(long websocket, long[] error);
  }

  final Executor executor;
  private final Serial serial;
  /** Completes when a connection is open, and fails with what ended the WebSocket before. */
  final CallFuture<Void> open;
  /** Completes when it has ended for good. */
  final CallFuture<Void> closed;
  private final Consumer<ReconnectAttempt> onReconnecting;
  private final WebSocketListener listener;
  /** Kept from connecting to the end when there is a listener, which is given it. */
  private volatile WebSocketClient told;
  private volatile Throwable thrown;
  /** What had ended the connection after which the user wanted no other. */
  private volatile NetworkException givenUp;
  /** Messages that have left, or never will: each makes room in the queue. */
  private final AtomicLong sent = new AtomicLong();
  private final ConcurrentLinkedQueue<Wait> waitForRoom = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  private WebSocketCore(Executor executor, Consumer<ReconnectAttempt> onReconnecting, WebSocketListener listener) {
    this.executor = executor;
    this.serial = new Serial(executor);
    this.onReconnecting = onReconnecting;
    this.listener = listener;
    this.open = new CallFuture<>(executor, this::cancel);
    this.closed = new CallFuture<>(executor, () -> {});
  }

  static WebSocketCore make(NetworkClient client, byte[] url, Consumer<ReconnectAttempt> onReconnecting,
                            WebSocketListener listener) {
    final WebSocketCore core = new WebSocketCore(client.executor(), onReconnecting, listener);
    final long token = WebSocketNotes.expect(core);
    final long[] out = new long[1];
    final long[] error = new long[1];
    // The next try waits for code of the user, which runs on another thread.
    final int holds = onReconnecting != null || listener != null ? 1 : 0;
    try {
      final long of = client.handle().enter();
      try {
        Errors.check(Native.ppnb_socket_new(of, url, holds, token, out, error), error);
      } finally {
        client.handle().exit();
      }
    } catch (Throwable wrong) {
      WebSocketNotes.forget(token);
      throw wrong;
    }
    core.opened(new Handle(out[0], "the WebSocket", ErrorCode.WS_CLOSED, address -> {
      Native.ppnb_socket_release(address);
      core.released(token);
    }));
    return core;
  }

  /** Nothing is told any more but what became of messages. */
  private void released(long token) {
    WebSocketNotes.forget(token);
    endSending();
    if (told != null || !open.isDone() || !closed.isDone()) serial.add(() -> finish(null));
  }

  private void endSending() {
    over = true;
    waitForRoom.forEach(Wait::wake);
  }

  /** The end for good, told once; in the order of what was told before. */
  private void finish(NetworkException failure) {
    if (failure != null) {
      open.fail(failure);
      closed.fail(failure);
    } else {
      if (!open.isDone()) open.fail(Errors.of(ErrorCode.WS_CLOSED, "the WebSocket was closed before it was open"));
      closed.done(null);
    }
    ready();
    final WebSocketClient socket = told;
    if (socket == null) return;
    deliver();
    told = null;
    try {
      listener.onTerminated(socket, Optional.ofNullable(failure));
    } catch (Throwable ofListener) {
      Upcalls.unexpected(ofListener);
    }
  }

  void listen() {
    if (listener != null) claim(() -> serial.add(this::deliver));
  }

  /** Starts connecting. A listener keeps `socket` from here to the end. */
  void connect(WebSocketClient socket) {
    final WebSocketClient before = told;
    if (listener != null) told = socket;
    try {
      act(Native::ppn_websocket_connect);
    } catch (Throwable refused) {
      told = before;
      throw refused;
    }
  }

  void act(Action action) {
    final long[] error = new long[1];
    final long address = handle().enter();
    try {
      Errors.check(action.run(Native.ppnb_socket_websocket(address), error), error);
    } finally {
      handle().exit();
    }
  }

  /** What it answers; `otherwise` when it is closed. */
  <T> T ask(java.util.function.LongFunction<T> question, T otherwise) {
    if (!handle().tryEnter()) return otherwise;
    try {
      return question.apply(Native.ppnb_socket_websocket(handle().address()));
    } finally {
      handle().exit();
    }
  }

  @Override
  long take(long address, ByteBuffer buffer, long[] error) {
    return Native.ppnb_socket_take(address, buffer, error);
  }

  @Override
  long needed(long address) {
    return Native.ppnb_socket_needed(address);
  }

  @Override
  void cancel(long address) {
    Native.ppn_websocket_cancel(Native.ppnb_socket_websocket(address));
  }

  @Override
  NetworkException failed(int code, long error, Throwable cause) {
    final NetworkException failure = Errors.take(code, error, handshake().orElse(null));
    final Throwable by = thrown != null ? thrown : cause;
    if (by != null && failure.getCause() == null) failure.initCause(by);
    return failure;
  }

  @Override
  NetworkException failedBefore() {
    return givenUp;
  }

  /** What the server answered to the last handshake. */
  Optional<Response> handshake() {
    return ask(websocket -> {
      final long[] out = new long[1];
      Native.ppn_websocket_response(websocket, out, null);
      return Optional.ofNullable(Response.take(out[0]));
    }, Optional.empty());
  }

  // What is told, on threads of the library.

  void opened(long handshake) {
    serial.add(() -> {
      final Response answer = Response.take(handshake);
      open.done(null);
      if (listener == null) return;
      guarded(() -> listener.onOpen(told, answer));
      deliver();  // hints come to those who have looked
    });
  }

  void closed(int code, byte[] reason, long error) {
    serial.add(() -> {
      final NetworkException failure = error != 0 ? failed(Native.ppn_error_code(error), error, null) : null;
      if (listener == null) return;
      deliver();
      guarded(() -> listener.onClose(told, code, Texts.of(reason), Optional.ofNullable(failure)));
    });
  }

  void reconnecting(int attempt, long delayMs, int code, long error) {
    serial.add(() -> {
      final NetworkException failure = error != 0 ? failed(Native.ppn_error_code(error), error, null) : null;
      if (onReconnecting == null && listener == null) return;
      final ReconnectAttempt next = new ReconnectAttempt(this, attempt, Duration.ofMillis(delayMs), code, failure);
      guarded(() -> {
        if (onReconnecting != null) onReconnecting.accept(next);
        if (listener != null) listener.onReconnecting(told, next);
      });
      if (next.givenUp) {
        // A close leaves what has arrived to be read; how it ended is kept here.
        givenUp = failure != null ? failure : Errors.of(ErrorCode.WS_CLOSED, "the connection was lost and given up");
        ask(websocket -> Native.ppn_websocket_close(websocket, 0, null, null), 0);
      }
      ask(Native::ppn_websocket_resume, 0);
    });
  }

  void terminated(long error) {
    endSending();
    serial.add(() -> finish(error != 0 ? failed(Native.ppn_error_code(error), error, null) : givenUp));
  }

  /** Hands what is there to the listener. */
  private void deliver() {
    try {
      for (int at = poll(); at >= 0 && thrown == null; at = poll()) {
        final WebSocketMessage message = new WebSocketMessage(batch(), at);
        guarded(() -> listener.onMessage(told, message));
      }
    } catch (NetworkException ended) {
      // The listener is told by onTerminated.
    }
  }

  private void guarded(Runnable code) {
    if (thrown != null) return;
    try {
      code.run();
    } catch (Throwable ofUser) {
      thrown = ofUser;
      cancel();
    }
  }

  /** Queues a message; `told` hears what became of it. The code, PPN_OK or WS_QUEUE_FULL; throws every other error. */
  private int send(int kind, byte[] data, java.util.function.IntConsumer done) {
    final long token = WebSocketNotes.expectSent(status -> {
      sent.incrementAndGet();
      waitForRoom.forEach(Wait::wake);
      done.accept(status);
    });
    final long[] error = new long[1];
    int code = ErrorCode.WS_CLOSED;
    try {
      final long address = handle().enter();
      try {
        code = Native.ppnb_socket_send(address, kind, data, token, error);
      } finally {
        handle().exit();
      }
    } finally {
      if (code != NativeConstants.PPN_OK) WebSocketNotes.forgetSent(token);
    }
    if (code == ErrorCode.WS_QUEUE_FULL) {
      Native.ppn_error_release(error[0]);
    } else {
      Errors.check(code, error);
    }
    return code;
  }

  /** Waits while the queue is full. */
  void send(int kind, byte[] data) {
    for (;;) {
      final long before = sent.get();
      if (send(kind, data, status -> {}) == NativeConstants.PPN_OK) return;
      awaitRoom(before);
    }
  }

  private void awaitRoom(long sentBefore) {
    final boolean[] interrupted = new boolean[1];
    final Wait room = new Wait();
    room.prepare();
    waitForRoom.add(room);
    try {
      room.until(() -> sent.get() != sentBefore || over || interrupted[0], () -> interrupted[0] = true);
    } finally {
      waitForRoom.remove(room);
    }
    if (interrupted[0]) throw Errors.interrupted(new InterruptedException());
  }

  CallFuture<Void> sendAsync(int kind, byte[] data) {
    final CallFuture<Void> future = new CallFuture<>(executor, () -> {});
    try {
      final int code = send(kind, data, status -> Upcalls.dispatch(executor, () -> {
        if (status == NativeConstants.PPN_OK) {
          future.done(null);
        } else {
          future.fail(Errors.of(status, ""));
        }
      }));
      if (code != NativeConstants.PPN_OK) future.fail(Errors.of(code, ""));
    } catch (NetworkException refused) {
      future.fail(refused);
    }
    return future;
  }
}
