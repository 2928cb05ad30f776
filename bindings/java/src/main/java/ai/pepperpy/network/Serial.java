// Runs tasks one after the other, in their order, on an executor of others.
package ai.pepperpy.network;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

final class Serial implements Runnable {
  private final Executor executor;
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  Serial(Executor executor) {
    this.executor = executor;
  }

  void add(Runnable task) {
    tasks.add(task);
    if (waiting.getAndIncrement() == 0) Upcalls.dispatch(executor, this);
  }

  @Override
  public void run() {
    do {
      try {
        tasks.remove().run();
      } catch (Throwable thrown) {
        Upcalls.unexpected(thrown);
      }
    } while (waiting.decrementAndGet() != 0);
  }
}
