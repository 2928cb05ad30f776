package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Many requests, a few of them at a time, under one deadline; each has its result, in its place.
 *
 * <pre>{@code
 * Batch batch = new Batch().concurrency(4).timeout(Duration.ofSeconds(30));
 * for (String url : urls) batch.add(client, Request.get(url).build());
 * for (Completion result : batch.run()) use(result.get());
 * }</pre>
 *
 * <p>That requests fail is no failure of the batch. Once it was started it can not be described further (INVALID_STATE). Handlers run
 * one after the other, on the executor of the first client; one that throws cancels the batch, which then fails with
 * {@link CancelledException} and that cause. Thread: one at a time, except {@link #cancel()} and {@link #close()}.
 */
public final class Batch implements AutoCloseable {
  private interface Setting {
    int apply(long batch, long[] error);
  }

  private final Handle handle;
  private final Queue<Sending> sendings = new ConcurrentLinkedQueue<>();
  private Executor executor;
  private Consumer<? super Completion> onResult;
  private BiConsumer<? super Integer, ? super Integer> onProgress;

  /** Empty: 8 requests at a time, no time limit, as the library says. */
  public Batch() {
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(Native.ppn_batch_new(out, error), error);
    final Queue<Sending> added = sendings;
    handle = new Handle(out[0], "the batch", address -> {
      Native.ppn_batch_release(address);
      added.forEach(Sending::end);  // also of a batch that was never started
    }).ownedBy(this);
  }

  private Batch set(Setting setting) {
    final long[] error = new long[1];
    final long batch = handle.enter();
    try {
      Errors.check(setting.apply(batch, error), error);
    } finally {
      handle.exit();
    }
    return this;
  }

  /**
   * Adds a request; its index is the number of those before it.
   *
   * @param client who sends it
   * @param request the request
   * @return this batch
   * @throws UsageException what is wrong with the request
   */
  public Batch add(NetworkClient client, Request request) {
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(request, "request");
    final Sending sending = new Sending();
    final long made = RequestMaker.make(client.handle(), request, client.executor(), sending);
    sendings.add(sending);
    try {
      set((batch, error) -> Native.ppn_batch_add(batch, made, error));
    } catch (Throwable refused) {
      sendings.remove(sending);
      sending.end();
      throw refused;
    } finally {
      Native.ppn_request_release(made);
    }
    if (executor == null) executor = client.executor();
    return this;
  }

  /**
   * Sets how many requests are under way at a time.
   *
   * @param requests 1 to 1000
   * @return this batch
   * @throws UsageException INVALID_ARGUMENT: out of range
   */
  public Batch concurrency(int requests) {
    return set((batch, error) -> Native.ppn_batch_set_concurrency(batch, requests, error));
  }

  /**
   * Sets the time for all of it; what has no result then ends with {@link NetworkTimeoutException}.
   *
   * @param limit the time; zero: no limit
   * @return this batch
   */
  public Batch timeout(Duration limit) {
    final long ms = Errors.milliseconds(limit, "limit");
    return set((batch, error) -> Native.ppn_batch_set_timeout_ms(batch, ms, error));
  }

  /**
   * Sets whether the first error, or status of 400 or more, cancels the rest, which it does not otherwise.
   *
   * @param on whether it does
   * @return this batch
   */
  public Batch failFast(boolean on) {
    return set((batch, error) -> Native.ppn_batch_set_fail_fast(batch, on ? 1 : 0, error));
  }

  /**
   * Sets who gets each result as its request ends. Results are not kept then.
   *
   * @param handler gets the results
   * @return this batch
   */
  public Batch onResult(Consumer<? super Completion> handler) {
    onResult = Objects.requireNonNull(handler, "handler");
    return this;
  }

  /**
   * Sets who is told after each result.
   *
   * @param handler gets how many have their result, and how many there are
   * @return this batch
   */
  public Batch onProgress(BiConsumer<? super Integer, ? super Integer> handler) {
    onProgress = Objects.requireNonNull(handler, "handler");
    return this;
  }

  /**
   * Runs it and waits. Blocks: until each request has its result. An interrupt cancels it: what had not ended has
   * {@link CancelledException} for its result, and the thread stays interrupted.
   *
   * @return the results in the order of {@link #add}; none when {@link #onResult} took them
   * @throws UsageException INVALID_STATE: started before; WOULD_DEADLOCK: on a thread of the library
   */
  public List<Completion> run() {
    Upcalls.mustNotWait();
    return Futures.wait(begin().future, this::cancel);
  }

  /**
   * Runs it. Blocks: never.
   *
   * @return the results; cancelling it cancels the batch
   */
  public CompletableFuture<List<Completion>> runAsync() {
    return begin().future;
  }

  private BatchRun begin() {
    final Executor on = executor != null ? executor : ForkJoinPool.commonPool();
    final BatchRun run = new BatchRun(this, on, sendings, onResult, onProgress);
    final long token = CallNotes.expect(run);
    try {
      set((batch, error) -> Native.ppnb_batch_start(batch, token, error));
    } catch (Throwable refused) {
      CallNotes.forget(token);
      throw refused;
    }
    return run;
  }

  /** Ends requests under way with {@link CancelledException}, and those that were not begun. Thread: any. Blocks: never. */
  public void cancel() {
    if (!handle.tryEnter()) return;
    try {
      Native.ppn_batch_cancel(handle.address());
    } finally {
      handle.exit();
    }
  }

  /** Cancels what is under way and releases the batch. A second call has no effect. */
  @Override
  public void close() {
    cancel();
    handle.close();
  }
}
