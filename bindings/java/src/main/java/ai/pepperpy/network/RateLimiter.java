package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;

/**
 * A rate limiter, for any work and for any number of clients, which then share one limit.
 *
 * <pre>{@code
 * RateLimiter limiter = new RateLimiter(60, 10);
 * try (RatePermit permit = limiter.acquire()) {
 *   work();
 * }
 * }</pre>
 *
 * <p>The limit is exact: in any window of time there are no more than the burst and what the rate gives for it. Whoever waits keeps
 * its place. A scope is any text; scopes do not know each other. Thread: any, several at once.
 */
public final class RateLimiter implements AutoCloseable {
  private final Handle handle;

  /**
   * Of requests alone.
   *
   * @param requestsPerMinute from 0.001 to 1e9; 0 and less: no limit
   * @param burstSize how many may pass at once; 0: as many as come in a tenth of a minute, at least 1
   * @throws UsageException INVALID_ARGUMENT: a number out of range
   */
  public RateLimiter(double requestsPerMinute, long burstSize) {
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(Native.ppn_rate_limiter_new(requestsPerMinute, burstSize, out, error), error);
    handle = new Handle(out[0], "the rate limiter", Native::ppn_rate_limiter_release).ownedBy(this);
  }

  /**
   * As the options say: rates, requests in flight, waiting, and what is followed of responses.
   *
   * @param config the options
   */
  public RateLimiter(NetworkConfig config) {
    Objects.requireNonNull(config, "config");
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(NetworkConfig.with(config,
        (of, failure) -> Native.ppn_rate_limiter_new_with_config(of, out, failure), error), error);
    handle = new Handle(out[0], "the rate limiter", Native::ppn_rate_limiter_release).ownedBy(this);
  }

  Handle handle() {
    return handle;
  }

  /**
   * A permit of the scope without a name, when its time has come. Blocks: until then.
   *
   * @return the permit, to be closed
   * @throws RateLimitException as {@link #acquire(String, long, long)}
   */
  public RatePermit acquire() {
    return acquire("", 1, 0);
  }

  /**
   * A permit, when its time has come. Blocks: until then. An interrupt gives the place back: {@link CancelledException}.
   *
   * @param scope whose limit
   * @param cost requests to be counted, usually 1
   * @param tokens tokens to be reserved, as an estimate; {@link RatePermit#settle} says what they were
   * @return the permit, to be closed when the work has ended
   * @throws RateLimitException a longer wait than the limiter allows, refused at once; a full queue; more than is ever allowed
   * @throws UsageException a number out of range; INVALID_STATE: closed; WOULD_DEADLOCK: on a thread of the library
   */
  public RatePermit acquire(String scope, long cost, long tokens) {
    return PermitWait.blocking(handle, scope, cost, tokens, -1);
  }

  /**
   * A permit, within a time; a wait that would take longer is refused at once. Blocks: up to that time.
   *
   * @param limit the time
   * @param scope as {@link #acquire(String, long, long)}
   * @param cost as there
   * @param tokens as there
   * @return the permit, to be closed
   * @throws RateLimitException as there
   */
  public RatePermit acquire(Duration limit, String scope, long cost, long tokens) {
    return PermitWait.blocking(handle, scope, cost, tokens, Errors.milliseconds(limit, "limit"));
  }

  /**
   * A permit of the scope without a name, when its time has come. Blocks: never.
   *
   * @return the permit or a {@link NetworkException}; cancelling gives the place back
   */
  public CompletableFuture<RatePermit> acquireAsync() {
    return acquireAsync("", 1, 0);
  }

  /**
   * A permit, when its time has come. Blocks: never.
   *
   * @param scope as {@link #acquire(String, long, long)}
   * @param cost as there
   * @param tokens as there
   * @return the permit or a {@link NetworkException}; cancelling gives the place back; what depends on it runs in the common pool
   */
  public CompletableFuture<RatePermit> acquireAsync(String scope, long cost, long tokens) {
    return PermitWait.async(handle, scope, cost, tokens, ForkJoinPool.commonPool());
  }

  /**
   * A permit of the scope without a name, if there is one now. Blocks: never.
   *
   * @return the permit, to be closed
   */
  public Optional<RatePermit> tryAcquire() {
    return tryAcquire("", 1, 0);
  }

  /**
   * A permit if there is one now. Blocks: never.
   *
   * @param scope as {@link #acquire(String, long, long)}
   * @param cost as there
   * @param tokens as there
   * @return the permit, to be closed; empty when there is none
   * @throws RateLimitException RATE_LIMIT_COST: more than is ever allowed
   */
  public Optional<RatePermit> tryAcquire(String scope, long cost, long tokens) {
    final byte[] name = Texts.utf8(scope, "scope");
    final long[] out = new long[1];
    final long[] error = new long[1];
    final long limiter = handle.enter();
    try {
      final int code = Native.ppn_rate_limiter_try(limiter, name, cost, tokens, out, error);
      if (code == ErrorCode.RATE_LIMITED) {
        Native.ppn_error_release(error[0]);
        return Optional.empty();
      }
      Errors.check(code, error);
      return Optional.of(new RatePermit(out[0]));
    } finally {
      handle.exit();
    }
  }

  /** What {@link #count} counts. */
  public enum Count {
    /** Those who wait. */
    WAITING,
    /** Permits that have not ended. */
    IN_FLIGHT,
    /** Grants, ever. */
    GRANTED,
    /** Refusals, ever. */
    REFUSED,
    /** Scopes that stand still because a response said so. */
    FROZEN,
    /** Scopes that are remembered. */
    SCOPES
  }

  /**
   * A count over all scopes, as of a moment ago.
   *
   * @param which what is counted
   * @return the number; 0 when it is closed
   */
  public long count(Count which) {
    Objects.requireNonNull(which, "which");
    if (!handle.tryEnter()) return 0;
    try {
      return Native.ppn_rate_limiter_count(handle.address(), which.ordinal() + NativeConstants.PPN_RATE_WAITING);
    } finally {
      handle.exit();
    }
  }

  /** Releases it; clients and permits keep what they need. A second call has no effect. */
  @Override
  public void close() {
    handle.close();
  }
}
