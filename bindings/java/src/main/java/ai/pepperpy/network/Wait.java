// How a thread of the user waits for the library: parked, to be woken by a note; interrupting it cancels what it waits for.
package ai.pepperpy.network;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

final class Wait {
  private static final long FOREVER = Long.MAX_VALUE;

  private volatile Thread waiting;

  /** On any thread: what the waiting thread waits for may be there. */
  void wake() {
    LockSupport.unpark(waiting);
  }

  /** Makes the calling thread the one that wake() wakes; before the start of what it waits for. */
  void prepare() {
    waiting = Thread.currentThread();
  }

  /**
   * Waits until `there`. An interrupt runs `cancel`, once, and is awaited all the same: what was cancelled ends soon.
   * Returns whether it came in time; the interrupt is kept in the thread.
   */
  boolean until(BooleanSupplier there, long timeoutNs, Runnable cancel) {
    prepare();
    if (there.getAsBoolean()) return true;
    Upcalls.mustNotWait();
    final long deadline = timeoutNs == FOREVER ? FOREVER : System.nanoTime() + timeoutNs;
    final Blocker blocker = new Blocker(there, deadline, cancel);
    try {
      if (Thread.currentThread() instanceof ForkJoinWorkerThread) {
        ForkJoinPool.managedBlock(blocker);  // the pool runs others meanwhile, such as the one that is waited for
      } else {
        blocker.block();
      }
    } catch (InterruptedException never) {
      throw new AssertionError(never);
    } finally {
      if (blocker.interrupted) Thread.currentThread().interrupt();
    }
    return there.getAsBoolean();
  }

  boolean until(BooleanSupplier there, Runnable cancel) {
    return until(there, FOREVER, cancel);
  }

  private final class Blocker implements ForkJoinPool.ManagedBlocker {
    private final BooleanSupplier there;
    private final long deadline;
    private final Runnable cancel;
    private boolean interrupted;

    private Blocker(BooleanSupplier there, long deadline, Runnable cancel) {
      this.there = there;
      this.deadline = deadline;
      this.cancel = cancel;
    }

    @Override
    public boolean block() {
      while (!there.getAsBoolean()) {
        if (Thread.interrupted()) {
          if (!interrupted) cancel.run();
          interrupted = true;
          continue;
        }
        if (deadline == FOREVER || interrupted) {
          LockSupport.park(Wait.this);
        } else {
          final long left = deadline - System.nanoTime();
          if (left <= 0) break;
          LockSupport.parkNanos(Wait.this, left);
        }
      }
      return true;
    }

    @Override
    public boolean isReleasable() {
      return there.getAsBoolean();
    }
  }
}
