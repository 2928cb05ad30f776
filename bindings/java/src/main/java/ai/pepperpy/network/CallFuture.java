// The future of a call. Cancelling it, or any future that was made from it, cancels the call.
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

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    final boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled) cancel.run();
    return cancelled;
  }
}
