// One wait for a permit: for a future, or for a thread.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

final class PermitWait implements CallNotes.Waiting {
  private final Executor executor;
  private final CallFuture<RatePermit> future;
  private final Wait wait;
  /** What can be cancelled, and is the permit once it is granted; 0 when it was given away. */
  private long ticket;
  private boolean cancelled;
  private boolean began;
  private int status;
  private long error;
  private volatile boolean there;
  private volatile boolean interrupted;

  private PermitWait(Executor executor) {
    this.executor = executor;
    this.future = executor != null ? new CallFuture<>(executor, this::cancel) : null;
    this.wait = executor == null ? new Wait() : null;
  }

  static RatePermit blocking(Handle limiter, String scope, long cost, long tokens, long timeoutMs) {
    Upcalls.mustNotWait();
    final PermitWait made = new PermitWait(null);
    made.wait.prepare();
    made.start(limiter, Texts.utf8(scope, "scope"), cost, tokens, timeoutMs);
    made.wait.until(() -> made.there, made::interrupt);
    return made.take();
  }

  static CompletableFuture<RatePermit> async(Handle limiter, String scope, long cost, long tokens, Executor executor) {
    final byte[] name = Texts.utf8(scope, "scope");
    final PermitWait made = new PermitWait(executor);
    try {
      made.start(limiter, name, cost, tokens, -1);
    } catch (NetworkException refused) {
      made.future.fail(refused);
    }
    return made.future;
  }

  private void start(Handle limiter, byte[] scope, long cost, long tokens, long timeoutMs) {
    final long token = CallNotes.expect(this);
    final long[] out = new long[1];
    final long[] failure = new long[1];
    try {
      final long address = limiter.enter();
      try {
        Errors.check(Native.ppnb_rate_limiter_start(address, scope, cost, tokens, timeoutMs, token, out, failure), failure);
      } finally {
        limiter.exit();
      }
    } catch (Throwable refused) {
      CallNotes.forget(token);
      throw refused;
    }
    final boolean late;
    synchronized (this) {
      ticket = out[0];
      began = true;
      late = there && executor != null;
      if (cancelled) Native.ppn_rate_ticket_cancel(ticket);
    }
    // It was granted before the ticket was known here.
    if (late) Upcalls.dispatch(executor, this::complete);
  }

  private void interrupt() {
    interrupted = true;
    cancel();
  }

  private synchronized void cancel() {
    cancelled = true;
    if (ticket != 0) Native.ppn_rate_ticket_cancel(ticket);
  }

  @Override
  public boolean arrived(long index, int code, long response, long arrivedError) {
    final boolean complete;
    synchronized (this) {
      status = code;
      error = arrivedError;
      there = true;
      complete = executor != null && began;
    }
    if (wait != null) wait.wake();
    if (complete) Upcalls.dispatch(executor, this::complete);
    return false;
  }

  private void complete() {
    try {
      final RatePermit permit = take();
      if (!future.done(permit)) permit.close();
    } catch (Throwable failure) {
      future.fail(failure);
    }
  }

  private synchronized RatePermit take() {
    final long granted = ticket;
    ticket = 0;
    if (status == NativeConstants.PPN_OK) {
      Native.ppn_error_release(error);
      return new RatePermit(granted);
    }
    Native.ppn_rate_ticket_release(granted);
    final NetworkException failure = Errors.take(status, error, null);
    if (interrupted) failure.initCause(new InterruptedException());
    throw failure;
  }
}
