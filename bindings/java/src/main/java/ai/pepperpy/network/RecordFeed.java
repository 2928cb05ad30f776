// Empties a queue of records of the native side: log lines, steps of calls.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.NativeConstants;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

final class RecordFeed {
  private static final int BATCH_BYTES = 16 * 1024;

  private RecordFeed() {}

  /** Hands each record, behind its length, to `each` until there is none. What `each` throws does not end it. */
  static void drain(ToLongFunction<ByteBuffer> take, LongSupplier needed, Consumer<RecordReader> each) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BATCH_BYTES);
    for (;;) {
      final long count = take.applyAsLong(buffer);
      if (count == NativeConstants.PPNB_TOO_SMALL) {
        buffer = ByteBuffer.allocateDirect(Math.toIntExact(needed.getAsLong()));
        continue;
      }
      if (count <= 0) return;
      final byte[] batch = new byte[(int) count];
      buffer.get(0, batch);
      for (int at = 0; at < batch.length; at += RecordReader.int32At(batch, at)) {
        try {
          each.accept(new RecordReader(batch, at + Integer.BYTES));
        } catch (Throwable thrown) {
          Upcalls.unexpected(thrown);
        }
      }
    }
  }
}
