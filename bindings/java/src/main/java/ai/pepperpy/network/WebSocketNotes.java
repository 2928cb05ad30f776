// What is told about WebSockets: who is which number, and the handler that passes it on.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.WebSocketHandler;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

final class WebSocketNotes extends WebSocketHandler {
  private static final ConcurrentHashMap<Long, WebSocketCore> SOCKETS = new ConcurrentHashMap<>();
  private static final ConcurrentHashMap<Long, IntConsumer> SENT = new ConcurrentHashMap<>();

  static long expect(WebSocketCore core) {
    final long token = CallNotes.newToken();
    SOCKETS.put(token, core);
    return token;
  }

  static void forget(long token) {
    SOCKETS.remove(token);
  }

  /** `told` hears once, on a thread of the library, what became of a message. */
  static long expectSent(IntConsumer told) {
    final long token = CallNotes.newToken();
    SENT.put(token, told);
    return token;
  }

  static void forgetSent(long token) {
    SENT.remove(token);
  }

  private static void tell(long token, Consumer<WebSocketCore> note, Runnable otherwise) {
    final int[] depth = Upcalls.enter();
    try {
      final WebSocketCore core = SOCKETS.get(token);
      if (core != null) {
        note.accept(core);
      } else {
        otherwise.run();
      }
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }

  @Override
  public void on_ready(long token) {
    tell(token, WebSocketCore::ready, () -> {});
  }

  @Override
  public void on_open(long token, long handshake) {
    tell(token, core -> core.opened(handshake), () -> Native.ppn_response_release(handshake));
  }

  @Override
  public void on_close(long token, int code, byte[] reason, long error) {
    tell(token, core -> core.closed(code, reason != null ? reason : Texts.EMPTY, error),
        () -> Native.ppn_error_release(error));
  }

  @Override
  public void on_reconnecting(long token, long attempt, long delayMs, int code, long error) {
    tell(token, core -> core.reconnecting((int) attempt, delayMs, code, error), () -> Native.ppn_error_release(error));
  }

  @Override
  public void on_terminated(long token, long error) {
    tell(token, core -> core.terminated(error), () -> Native.ppn_error_release(error));
    SOCKETS.remove(token);
  }

  @Override
  public void on_sent(long token, int status) {
    final IntConsumer told = SENT.remove(token);
    if (told == null) return;
    final int[] depth = Upcalls.enter();
    try {
      told.accept(status);
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }
}
