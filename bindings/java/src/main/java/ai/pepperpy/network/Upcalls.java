// Where the native side has called Java: such a thread may be one of the library, which must not wait.
package ai.pepperpy.network;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

final class Upcalls {
  private static final ThreadLocal<int[]> DEPTH = ThreadLocal.withInitial(() -> new int[1]);

  private Upcalls() {}

  static int[] enter() {
    final int[] depth = DEPTH.get();
    ++depth[0];
    return depth;
  }

  static void exit(int[] depth) {
    --depth[0];
  }

  /** Throws UsageException (WOULD_DEADLOCK) on a thread of the library: an executor runs code of the user in place. */
  static void mustNotWait() {
    if (DEPTH.get()[0] > 0) {
      throw Errors.of(ErrorCode.WOULD_DEADLOCK, "a blocking call was made on a thread of the library");
    }
  }

  /**
   * Runs it on the executor; on the common pool when that takes nothing any more, or has no thread for it, for a call has to
   * end. A task of ours throws nothing: what comes out is the executor's.
   */
  static void dispatch(Executor executor, Runnable task) {
    try {
      executor.execute(task);
    } catch (RuntimeException | OutOfMemoryError refused) {
      ForkJoinPool.commonPool().execute(task);
    }
  }

  /** Tells who watches for it of an error that nobody can be given. */
  static void unexpected(Throwable thrown) {
    final Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
    } catch (Throwable again) {
      // There is nobody else to tell.
    }
  }
}
