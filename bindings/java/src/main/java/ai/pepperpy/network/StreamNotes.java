// What is told about streams and uploads: a hint for the reader or the writer of a number.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.StreamHandler;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;

final class StreamNotes extends StreamHandler {
  private static final ConcurrentHashMap<Long, LongConsumer> WAITING = new ConcurrentHashMap<>();

  /** `waiting` is called on a thread of the library, with a generation or 0; it notes that and leaves. */
  static void expect(long token, LongConsumer waiting) {
    WAITING.put(token, waiting);
  }

  static void forget(long token) {
    WAITING.remove(token);
  }

  @Override
  public void on_ready(long token) {
    tell(token, 0);
  }

  @Override
  public void on_writable(long token, long generation) {
    tell(token, generation);
  }

  private static void tell(long token, long generation) {
    final LongConsumer waiting = WAITING.get(token);
    if (waiting == null) return;
    final int[] depth = Upcalls.enter();
    try {
      waiting.accept(generation);
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }
}
