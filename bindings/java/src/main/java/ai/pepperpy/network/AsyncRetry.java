// One run of a RetryHandler that waits by futures.
package ai.pepperpy.network;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

final class AsyncRetry<T> {
  private final RetryHandler handler;
  private final String method;
  private final boolean keyed;
  private final Supplier<? extends CompletionStage<T>> work;
  private final long began;
  private final CallFuture<T> future = new CallFuture<>(ForkJoinPool.commonPool(), this::cancel);
  /** The attempt that is under way. */
  private volatile CompletableFuture<T> attempt;

  AsyncRetry(RetryHandler handler, String method, boolean keyed, Supplier<? extends CompletionStage<T>> work, long began) {
    this.handler = handler;
    this.method = method;
    this.keyed = keyed;
    this.work = work;
    this.began = began;
  }

  CompletableFuture<T> begin() {
    attempt(0);
    return future;
  }

  private void cancel() {
    final CompletableFuture<T> underWay = attempt;
    if (underWay != null) underWay.cancel(true);
  }

  private void attempt(int retries) {
    if (future.isDone()) return;
    final CompletableFuture<T> started;
    try {
      started = work.get().toCompletableFuture();
    } catch (Throwable thrown) {
      ended(null, thrown, retries);
      return;
    }
    attempt = started;
    if (future.isCancelled()) started.cancel(true);
    started.whenComplete((result, thrown) -> ended(result, thrown, retries));
  }

  private void ended(T result, Throwable thrown, int retries) {
    if (thrown == null) {
      future.done(result);
      return;
    }
    final Throwable failure = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
    try {
      if (failure instanceof NetworkException network) {
        final RetryDecision decision = handler.decide(network, method, keyed, retries, handler.remaining(began));
        if (decision.retry()) {
          handler.tell(network, decision);
          CompletableFuture.delayedExecutor(decision.delay().toNanos(), TimeUnit.NANOSECONDS)
              .execute(() -> attempt(retries + 1));
          return;
        }
      }
      future.fail(failure);
    } catch (Throwable ofHook) {
      future.fail(ofHook);
    }
  }
}
