// Waits for a future of this package, as every blocking method does.
package ai.pepperpy.network;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

final class Futures {
  private Futures() {}

  /** Its value; throws what it failed with. An interrupt runs `cancel` and is awaited all the same. */
  static <T> T wait(CompletableFuture<T> future, Runnable cancel) {
    final Wait wait = new Wait();
    wait.prepare();
    final boolean[] interrupted = new boolean[1];
    future.whenComplete((value, thrown) -> wait.wake());
    wait.until(future::isDone, () -> {
      interrupted[0] = true;
      cancel.run();
    });
    try {
      return future.join();
    } catch (CompletionException failure) {
      if (!(failure.getCause() instanceof NetworkException network)) throw failure;
      if (interrupted[0] && network.getCause() == null) network.initCause(new InterruptedException());
      throw network;
    } catch (CancellationException cancelled) {
      throw Errors.of(ErrorCode.CANCELLED, "the future was cancelled", cancelled);
    }
  }
}
