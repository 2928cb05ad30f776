// One native object. It is released exactly once: by close, or when its owner is garbage, and not while it is in use.
package ai.pepperpy.network;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

final class Handle implements Runnable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final long CLOSED = Long.MIN_VALUE;

  private final long address;
  private final LongConsumer release;
  private final String what;
  private final int codeWhenClosed;
  /** Uses under way, and CLOSED. */
  private final AtomicLong uses = new AtomicLong();
  private Cleaner.Cleanable cleanable;

  Handle(long address, String what, LongConsumer release) {
    this(address, what, ErrorCode.INVALID_STATE, release);
  }

  Handle(long address, String what, int codeWhenClosed, LongConsumer release) {
    this.address = address;
    this.what = what;
    this.codeWhenClosed = codeWhenClosed;
    this.release = release;
  }

  /** Releases it when `owner` is garbage. `release` must not know the owner. */
  Handle ownedBy(Object owner) {
    cleanable = CLEANER.register(owner, this);
    return this;
  }

  /** The address, valid until exit. Throws when it is closed. */
  long enter() {
    if (!tryEnter()) throw Errors.of(codeWhenClosed, what + " is closed");
    return address;
  }

  boolean tryEnter() {
    for (;;) {
      final long now = uses.get();
      if (now < 0) return false;
      if (uses.compareAndSet(now, now + 1)) return true;
    }
  }

  /** Of a handle that was entered. */
  long address() {
    return address;
  }

  void exit() {
    if (uses.decrementAndGet() == CLOSED) release.accept(address);
  }

  /** Whether this call closed it. */
  boolean close() {
    for (;;) {
      final long now = uses.get();
      if (now < 0) return false;
      if (!uses.compareAndSet(now, now | CLOSED)) continue;
      if (now == 0) release.accept(address);
      if (cleanable != null) cleanable.clean();
      return true;
    }
  }

  boolean isClosed() {
    return uses.get() < 0;
  }

  @Override
  public void run() {
    close();
  }
}
