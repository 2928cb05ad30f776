package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;

/**
 * What all clients have in common: options that are fixed when they are made, a pool of connections, and what can be sent. What an
 * address is (a whole URL, or a path below a base) is for the client to say.
 *
 * <p>A status of 400 or more is a response like another: see {@link Response#raiseForStatus()}.
 *
 * <p>{@link #close()} cancels what is under way. A client that is garbage is released without that: requests keep what they need.
 * Thread: any, several at once.
 */
public abstract sealed class NetworkClient extends Verbs implements AutoCloseable
    permits HTTPClient, RequestManager, APIClient {
  private final Handle handle;
  private final Executor executor;

  NetworkClient(NetworkConfig config, ClientOptions<?> options) {
    Library.load();
    executor = options != null && options.executor != null ? options.executor : ForkJoinPool.commonPool();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(NetworkConfig.with(config, (of, failure) -> Native.ppn_client_new(of, out, failure), error), error);
    handle = new Handle(out[0], "the client", ErrorCode.CLIENT_CLOSED, Native::ppn_client_release).ownedBy(this);
    if (options == null) return;
    try {
      if (options.rateLimiter != null) useLimiter(options.rateLimiter);
      for (Consumer<NetworkClient> added : options.middleware) added.accept(this);
      if (options.callEvents != null) onCallEvent(options.callEvents);
    } catch (Throwable wrong) {
      handle.close();
      throw wrong;
    }
  }

  final Handle handle() {
    return handle;
  }

  final Executor executor() {
    return executor;
  }

  @Override
  public final Response send(Request request) {
    return Call.blocking(handle, executor, Objects.requireNonNull(request, "request"));
  }

  @Override
  public final CompletableFuture<Response> sendAsync(Request request) {
    return Call.async(handle, executor, Objects.requireNonNull(request, "request"));
  }

  @Override
  public final EventStream events(Request request) {
    return new EventStream(StreamCore.open(this, request, NativeConstants.PPN_STREAM_EVENTS));
  }

  @Override
  public final LineStream lines(Request request) {
    return new LineStream(StreamCore.open(this, request, NativeConstants.PPN_STREAM_LINES));
  }

  @Override
  public final ChunkStream stream(Request request) {
    return new ChunkStream(StreamCore.open(this, request, NativeConstants.PPN_STREAM_CHUNKS));
  }

  /**
   * Puts middleware around the requests that are started from here on, inside of what was added before.
   *
   * @param middleware the middleware, which can not be changed any more
   * @throws UsageException INVALID_ARGUMENT: its name; CLIENT_CLOSED
   */
  public final void addMiddleware(RequestMiddleware middleware) {
    Objects.requireNonNull(middleware, "middleware").install(this);
  }

  /**
   * Puts middleware of the library around the requests that are started from here on.
   *
   * @param middleware the middleware
   * @throws UsageException CLIENT_CLOSED; INVALID_STATE: the middleware is closed
   */
  public final void addMiddleware(Middleware middleware) {
    Objects.requireNonNull(middleware, "middleware").install(this);
  }

  private void useLimiter(RateLimiter limiter) {
    final long[] error = new long[1];
    final long limit = limiter.handle().enter();
    try {
      Errors.check(Native.ppn_client_set_rate_limiter(handle.enter(), limit, error), error);
    } finally {
      handle.exit();
      limiter.handle().exit();
    }
  }

  /**
   * Lets a listener hear of the steps of the calls that start from now on, on the executor, one after the other. It replaces the
   * one before. What it throws goes to the uncaught exception handler of the thread.
   *
   * @param listener the listener
   * @throws UsageException CLIENT_CLOSED
   */
  public final void onCallEvent(Consumer<? super CallEvent> listener) {
    EventNotes.listen(handle, executor, Objects.requireNonNull(listener, "listener"));
  }

  /**
   * Makes connections before they are needed. A connection that can not be made is reported by the request that needs it.
   *
   * @param address any address of the server; the path is not used
   * @param count how many connections to this server there should be, 1 to 1000
   * @throws UsageException the address or the count; CLIENT_CLOSED
   */
  public final void preconnect(String address, int count) {
    final byte[] url = Texts.utf8(address, "address");
    final long[] error = new long[1];
    final long client = handle.enter();
    try {
      Errors.check(Native.ppn_client_preconnect(client, url, count, error), error);
    } finally {
      handle.exit();
    }
  }

  /** What {@link #count} counts. */
  public enum Count {
    /** Connections, those being made included. */
    CONNECTIONS,
    /** Of these: idle. */
    IDLE,
    /** Of these: being made. */
    CONNECTING,
    /** Requests that wait for a place in the pool. */
    WAITING
  }

  /**
   * A count of the connection pool, as of a moment ago.
   *
   * @param which what is counted
   * @return the number; 0 when the client is closed
   */
  public final long count(Count which) {
    Objects.requireNonNull(which, "which");
    if (!handle.tryEnter()) return 0;
    try {
      return Native.ppn_client_count(handle.address(), which.ordinal());
    } finally {
      handle.exit();
    }
  }

  private String metrics(int format) {
    final byte[][] out = new byte[1][];
    final long[] error = new long[1];
    final long client = handle.enter();
    try {
      Errors.check(Native.ppn_client_metrics(client, format, out, error), error);
    } finally {
      handle.exit();
    }
    return Texts.of(out[0]);
  }

  /**
   * What this client has counted: times, retries, waits and others.
   *
   * @return a JSON object
   * @throws UsageException CLIENT_CLOSED
   */
  public final String metricsJson() {
    return metrics(NativeConstants.PPN_METRICS_JSON);
  }

  /**
   * The same for Prometheus.
   *
   * @return the text format 0.0.4
   * @throws UsageException CLIENT_CLOSED
   */
  public final String metricsPrometheus() {
    return metrics(NativeConstants.PPN_METRICS_PROMETHEUS);
  }

  /**
   * Refuses later requests and lets those under way go on for a while; what is left then ends with {@link CancelledException}.
   * {@link #close()} is still to be called. Blocks: up to that time; an interrupt does not end it.
   *
   * @param limit the time
   * @return whether all requests had ended by themselves
   * @throws UsageException WOULD_DEADLOCK: on a thread of the library
   */
  public final boolean drain(Duration limit) {
    final long ms = Errors.milliseconds(limit, "limit");
    Upcalls.mustNotWait();
    final long[] error = new long[1];
    final long client = handle.enter();
    try {
      final int code = Native.ppn_client_drain(client, ms, error);
      if (code == NativeConstants.PPN_PENDING) return false;
      Errors.check(code, error);
      return true;
    } finally {
      handle.exit();
    }
  }

  /** Lets go of it without cancelling anything. */
  final void release() {
    handle.close();
  }

  /** Cancels requests under way, refuses later ones, closes idle connections. A second call has no effect. Blocks: never. */
  @Override
  public final void close() {
    if (!handle.tryEnter()) return;
    try {
      final long[] error = new long[1];
      Native.ppn_client_close(handle.address(), error);
      Native.ppn_error_release(error[0]);
    } finally {
      handle.exit();
    }
    handle.close();
  }
}
