// Pieces that arrive, taken from the native side many at a time: the base of streams and of the messages of a WebSocket.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.NativeConstants;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicBoolean;

abstract class PieceQueue {
  /** A batch has at most this size, unless one piece alone is larger. */
  private static final int BATCH_BYTES = 64 * 1024;
  private static final int KEPT_BUFFERS = 16;
  private static final ConcurrentLinkedDeque<ByteBuffer> BUFFERS = new ConcurrentLinkedDeque<>();

  final Wait wait = new Wait();
  private final AtomicBoolean claimed = new AtomicBoolean();
  private Handle handle;
  /** Something may have come since the last look. */
  private volatile boolean signal;
  private volatile boolean interrupted;
  /** Who reads without waiting; with it this object, and so the native side, keeps its reader alive. */
  private volatile Runnable reader;
  private byte[] batch = Texts.EMPTY;
  private int at;
  private NetworkException failure;
  private volatile boolean ended;

  abstract long take(long address, ByteBuffer buffer, long[] error);

  abstract long needed(long address);

  abstract void cancel(long address);

  /** The exception of an error, with all that is known of its call. */
  abstract NetworkException failed(int code, long error, Throwable cause);

  /** What an end stands for that the native side takes for one as it should be; else null. */
  NetworkException failedBefore() {
    return null;
  }

  final void opened(Handle made) {
    handle = made;
  }

  final Handle handle() {
    return handle;
  }

  /** On any thread, also of the library: there may be something to take. */
  final void ready() {
    signal = true;
    wait.wake();
    final Runnable notWaiting = reader;
    if (notWaiting != null) notWaiting.run();
  }

  /** Whoever reads without waiting is told by `hint`. False: there is such a reader already. */
  final boolean claim(Runnable hint) {
    if (!claimed.compareAndSet(false, true)) return false;
    reader = hint;
    wait.wake();  // who waits meanwhile waits for nothing
    return true;
  }

  final boolean isClaimed() {
    return claimed.get();
  }

  final boolean ended() {
    return ended;
  }

  /** The begin of the next piece in batch(), or -1: nothing yet, or the end. Never waits; throws how it failed. */
  final synchronized int poll() {
    if (handle.isClosed()) at = batch.length;  // what was not read is dropped
    if (at == batch.length && !fill()) return -1;
    final int begin = at;
    at += RecordReader.int32At(batch, begin);
    return begin;
  }

  /** What the begin of a piece is an index of. Of the thread that polled. */
  final synchronized byte[] batch() {
    return batch;
  }

  /** Waits for something to poll or the end. Whether one of them came in time. */
  final boolean await(long timeoutNs) {
    return wait.until(() -> signal || ended || isClaimed(), timeoutNs, this::interrupt);
  }

  /** Waits for a hint that comes from here on: the head of a response is hinted at as pieces are. */
  final void awaitHint() {
    wait.until(() -> signal, Long.MAX_VALUE, this::interrupt);
    signal = false;
  }

  private void interrupt() {
    interrupted = true;
    if (!cancelled()) ready();
  }

  final void cancel() {
    cancelled();
    ready();
  }

  /** Whether the native side was told, which gives a hint when it is done. */
  private boolean cancelled() {
    if (!handle.tryEnter()) return false;
    try {
      cancel(handle.address());
      return true;
    } finally {
      handle.exit();
    }
  }

  final void close() {
    if (!handle.close()) return;
    ready();
    reader = null;  // whoever keeps this does not keep the subscriber
  }

  /** What a thread was told that waited; null when it was not interrupted. */
  final InterruptedException interruption() {
    return interrupted ? new InterruptedException() : null;
  }

  private boolean fill() {
    if (failure != null) throw failure;
    if (ended) return false;
    signal = false;
    final ByteBuffer pooled = BUFFERS.pollFirst();
    ByteBuffer buffer = pooled != null ? pooled : ByteBuffer.allocateDirect(BATCH_BYTES);
    try {
      final long[] error = new long[1];
      final long address = handle.enter();
      long count;
      try {
        count = take(address, buffer, error);
        while (count == NativeConstants.PPNB_TOO_SMALL) {
          buffer = ByteBuffer.allocateDirect(Math.toIntExact(needed(address)));
          count = take(address, buffer, error);
        }
      } finally {
        handle.exit();
      }
      return filled(count, buffer, error[0]);
    } finally {
      if (buffer.capacity() == BATCH_BYTES && BUFFERS.size() < KEPT_BUFFERS) BUFFERS.addFirst(buffer);
    }
  }

  private boolean filled(long count, ByteBuffer buffer, long error) {
    if (count > 0) {
      final byte[] taken = new byte[(int) count];
      buffer.get(0, taken);
      batch = taken;
      at = 0;
      return true;
    }
    if (count == NativeConstants.PPNB_NOTHING) return false;
    if (count == NativeConstants.PPNB_END) {
      failure = failedBefore();
      if (failure != null) throw failure;
      ended = true;
      return false;
    }
    failure = failed((int) -count, error, interruption());
    throw failure;
  }
}
