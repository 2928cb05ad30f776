// The future of a call. Cancelling it, or any future that was made from it, cancels the call; so does everybody else who
// completes it, as orTimeout does, for nobody waits for the call any more.
package ai.pepperpy.network;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

final class CallFuture<T> extends CompletableFuture<T> {
  private final Runnable cancel;
  private final Executor executor;

  CallFuture(Executor executor, Runnable cancel) {
    this.executor = executor;
    this.cancel = cancel;
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CallFuture<>(executor, cancel);
  }

  @Override
  public Executor defaultExecutor() {
    return executor;
  }

  /** Of the call itself. */
  boolean done(T value) {
    return super.complete(value);
  }

  /** Of the call itself. */
  boolean fail(Throwable failure) {
    return super.completeExceptionally(failure);
  }

  @Override
  public boolean complete(T value) {
    return ended(super.complete(value));
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return ended(super.completeExceptionally(failure));
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return ended(super.cancel(mayInterruptIfRunning));
  }

  private boolean ended(boolean byThis) {
    if (byThis) cancel.run();
    return byThis;
  }
}
