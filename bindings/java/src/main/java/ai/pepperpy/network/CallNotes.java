// What is told about calls: who waits for which number, and the handler that passes it on.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.CallHandler;
import ai.pepperpy.network.internal.Native;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

final class CallNotes extends CallHandler {
  /** Who waits for the end of a call. It owns the handles that it is given. */
  interface Waiting {
    /** On a thread of the library: notes it and leaves. Returns whether there is more to come. */
    boolean arrived(long index, int status, long response, long error);
  }

  private static final AtomicLong LAST_TOKEN = new AtomicLong();
  private static final ConcurrentHashMap<Long, Waiting> WAITING = new ConcurrentHashMap<>();

  /** A number that no call, stream or WebSocket has had before. */
  static long newToken() {
    return LAST_TOKEN.incrementAndGet();
  }

  static long expect(Waiting waiting) {
    final long token = newToken();
    WAITING.put(token, waiting);
    return token;
  }

  /** For a start that failed: nobody will call. */
  static void forget(long token) {
    WAITING.remove(token);
  }

  @Override
  public void on_complete(long token, long index, int status, long response, long error) {
    final int[] depth = Upcalls.enter();
    try {
      final Long key = token;
      final Waiting waiting = WAITING.get(key);
      if (waiting == null) {
        Native.ppn_response_release(response);
        Native.ppn_error_release(error);
      } else if (!waiting.arrived(index, status, response, error)) {
        WAITING.remove(key);
      }
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }
}
