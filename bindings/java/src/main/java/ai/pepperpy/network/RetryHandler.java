package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Calls a function, and again when it throws a {@link NetworkException} that may go away, after a delay that grows and that the
 * server may set. Everything else that the function throws, and the last NetworkException, reaches the caller as it is.
 *
 * <pre>{@code
 * Response response = new RetryHandler(3, 500, 502, 503).run(() -> client.get(url).raiseForStatus());
 * }</pre>
 *
 * <p>A client with max_retries repeats its calls itself: around such calls set one of both to 0, or the attempts multiply.
 *
 * <p>Thread: any for run and decide, several at a time; one at a time for the setters, and before the first run.
 */
public final class RetryHandler {
  /**
   * What is repeated.
   *
   * @param <T> what it returns
   * @param <E> the checked exception that it throws, if any
   */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    /**
     * Makes one attempt.
     *
     * @return the result
     * @throws E what is not repeated, unless it is a NetworkException
     */
    T call() throws E;
  }

  /** How it is waited. */
  @FunctionalInterface
  public interface Sleeper {
    /**
     * Waits.
     *
     * @param delay how long
     * @throws InterruptedException the wait was interrupted, which ends the run
     */
    void sleep(Duration delay) throws InterruptedException;
  }

  private final Handle handle;
  private Duration timeout;
  private BiConsumer<? super NetworkException, ? super RetryDecision> hook = (failure, decision) -> {};
  private Sleeper sleeper = RetryHandler::sleep;
  private LongSupplier nanoTime = System::nanoTime;
  private DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();

  private static void sleep(Duration delay) throws InterruptedException {
    Upcalls.mustNotWait();
    TimeUnit.NANOSECONDS.sleep(delay.toNanos());
  }

  /** With the defaults of the library. */
  public RetryHandler() {
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(Native.ppn_retry_policy_new(out, error), error);
    handle = new Handle(out[0], "the retry handler", Native::ppn_retry_policy_release).ownedBy(this);
  }

  /**
   * With a number of retries.
   *
   * @param maxRetries calls after the first one, 0 to 10
   * @param retryCodes the statuses that are repeated, instead of the usual ones; none: the usual ones
   * @throws ConfigException what is out of range
   */
  public RetryHandler(int maxRetries, int... retryCodes) {
    this();
    set("max_retries", Integer.toString(maxRetries));
    if (retryCodes.length > 0) retryCodes(retryCodes);
  }

  /**
   * Sets one option by its name: max_retries, backoff_factor, max_backoff_ms, backoff_jitter, max_retry_after_ms, retry_codes,
   * retry_unsafe or final_error_codes.
   *
   * @param name the option
   * @param value as text
   * @return this handler
   * @throws ConfigException no such option, or not a value of it; nothing was changed
   */
  public RetryHandler set(String name, String value) {
    final byte[] option = Texts.utf8(name, "name");
    final byte[] text = Texts.utf8(value, "value");
    final long[] error = new long[1];
    final long policy = handle.enter();
    try {
      Errors.check(Native.ppn_retry_policy_set(policy, option, text, error), error);
    } finally {
      handle.exit();
    }
    return this;
  }

  /**
   * Sets the statuses that are repeated.
   *
   * @param statuses instead of those before
   * @return this handler
   * @throws ConfigException one of them is no status of an error
   */
  public RetryHandler retryCodes(int... statuses) {
    return set("retry_codes", Arrays.stream(statuses).mapToObj(Integer::toString).collect(Collectors.joining(",")));
  }

  /**
   * Sets the time that one run has, waits included: what would wait beyond it fails at once. None otherwise. A function that is
   * running is not interrupted.
   *
   * @param total the time
   * @return this handler
   */
  public RetryHandler timeout(Duration total) {
    Errors.milliseconds(total, "total");
    timeout = total;
    return this;
  }

  /**
   * Sets what is called before each wait.
   *
   * @param listener gets the error and the decision
   * @return this handler
   */
  public RetryHandler onRetry(BiConsumer<? super NetworkException, ? super RetryDecision> listener) {
    hook = Objects.requireNonNull(listener, "listener");
    return this;
  }

  /**
   * Sets how {@link #run} waits, for tests.
   *
   * @param wait instead of sleeping
   * @return this handler
   */
  public RetryHandler sleeper(Sleeper wait) {
    sleeper = Objects.requireNonNull(wait, "wait");
    return this;
  }

  /**
   * Sets the clock of the timeout, for tests.
   *
   * @param now nanoseconds since any point
   * @return this handler
   */
  public RetryHandler clock(LongSupplier now) {
    nanoTime = Objects.requireNonNull(now, "now");
    return this;
  }

  /**
   * Sets where chance comes from, for tests.
   *
   * @param random 0 to 1
   * @return this handler
   */
  public RetryHandler chance(DoubleSupplier random) {
    chance = Objects.requireNonNull(random, "random");
    return this;
  }

  /**
   * Calls a function until it returns. It is taken for something that may be done twice, as GET is.
   *
   * @param work the function
   * @param <T> what it returns
   * @param <E> the checked exception that it throws
   * @return what it returns
   * @throws E what it throws
   */
  public <T, E extends Exception> T run(Work<T, E> work) throws E {
    return run("GET", false, work);
  }

  /**
   * Calls a function until it returns. Blocks: while the function runs, and between two calls of it; an interrupt of the wait ends the
   * run with {@link CancelledException} and stays set.
   *
   * @param method decides which failures are repeated: a "POST" only when the server did not do the work
   * @param keyed whether the request carries an idempotency key that the server honours
   * @param work the function
   * @param <T> what it returns
   * @param <E> the checked exception that it throws
   * @return what it returns
   * @throws E what it throws
   */
  public <T, E extends Exception> T run(String method, boolean keyed, Work<T, E> work) throws E {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(work, "work");
    final long began = nanoTime.getAsLong();
    for (int retries = 0;; ++retries) {
      try {
        return work.call();
      } catch (NetworkException failure) {
        final RetryDecision decision = decide(failure, method, keyed, retries, remaining(began));
        if (!decision.retry()) throw failure;
        hook.accept(failure, decision);
        try {
          sleeper.sleep(decision.delay());
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw Errors.interrupted(interrupted);
        }
      }
    }
  }

  /**
   * Starts something until it succeeds. Blocks: never.
   *
   * @param method as in {@link #run(String, boolean, Work)}
   * @param keyed as there
   * @param work starts one attempt
   * @param <T> what it gives
   * @return what the last attempt gives; cancelling it cancels an attempt that is under way and ends the run
   */
  public <T> CompletableFuture<T> runAsync(String method, boolean keyed,
                                           Supplier<? extends CompletionStage<T>> work) {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(work, "work");
    return new AsyncRetry<>(this, method, keyed, work, nanoTime.getAsLong()).begin();
  }

  /**
   * Starts something that may be done twice until it succeeds. Blocks: never.
   *
   * @param work starts one attempt
   * @param <T> what it gives
   * @return as above
   */
  public <T> CompletableFuture<T> runAsync(Supplier<? extends CompletionStage<T>> work) {
    return runAsync("GET", false, work);
  }

  /**
   * What run would do after a failure.
   *
   * @param failure the failure
   * @param method as in {@link #run(String, boolean, Work)}
   * @param keyed as there
   * @param retriesDone retries before this decision
   * @param remaining the time that is left; null: no limit
   * @return the decision
   */
  public RetryDecision decide(NetworkException failure, String method, boolean keyed, int retriesDone, Duration remaining) {
    Objects.requireNonNull(failure, "failure");
    final byte[] name = Texts.utf8(method, "method");
    final long asked = failure.retryAfter().map(Duration::toMillis).orElse(-1L);
    final long left = remaining == null ? -1 : Math.max(0, remaining.toMillis());
    final long[] retry = new long[1];
    final long[] delay = new long[1];
    final long[] outcome = new long[1];
    final long[] reason = new long[1];
    final long[] error = new long[1];
    final long policy = handle.enter();
    try {
      Errors.check(Native.ppn_retry_policy_decide(policy, name, failure.status(), failure.code(),
          failure.sent().ordinal(), keyed ? 1 : 0, retriesDone, asked, left, chance.getAsDouble(), retry, delay,
          outcome, reason, error), error);
    } finally {
      handle.exit();
    }
    return new RetryDecision(retry[0] != 0, Duration.ofMillis(delay[0]), Outcome.of((int) outcome[0]),
        StopReason.of((int) reason[0]));
  }

  /** Null: no limit. */
  Duration remaining(long began) {
    return timeout == null ? null : timeout.minusNanos(nanoTime.getAsLong() - began);
  }

  void tell(NetworkException failure, RetryDecision decision) {
    hook.accept(failure, decision);
  }

  /** Lets a request that is not started follow these rules. */
  void applyTo(long request) {
    final long[] error = new long[1];
    final long policy = handle.enter();
    try {
      Errors.check(Native.ppn_request_set_retry_policy(request, policy, error), error);
    } finally {
      handle.exit();
    }
  }
}
