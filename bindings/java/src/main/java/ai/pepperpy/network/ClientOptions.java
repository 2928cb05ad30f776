package ai.pepperpy.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What every builder of a client takes. Thread: one at a time. Blocks: never.
 *
 * @param <B> the builder itself
 */
public abstract class ClientOptions<B extends ClientOptions<B>> {
  NetworkConfig config;
  Executor executor;
  RateLimiter rateLimiter;
  Consumer<? super CallEvent> callEvents;
  final List<Consumer<NetworkClient>> middleware = new ArrayList<>();

  ClientOptions() {}

  abstract B self();

  /**
   * Sets the options of the library.
   *
   * @param options the options
   * @return this builder
   */
  public B config(NetworkConfig options) {
    config = Objects.requireNonNull(options, "options");
    return self();
  }

  /**
   * Sets where code of the user runs: what depends on futures, handlers, middleware, listeners, streams that are bodies. The common
   * pool otherwise. With an executor that runs in place it runs on the I/O thread and must not wait: what blocks throws WOULD_DEADLOCK
   * there. {@link WebSocketClient#connect}, {@link WebSocketClient#awaitClosed} and {@link Batch#run} wait for what runs on it, and are
   * not to be called on the only thread of an executor.
   *
   * @param where the executor
   * @return this builder
   */
  public B executor(Executor where) {
    executor = Objects.requireNonNull(where, "where");
    return self();
  }

  /**
   * Puts middleware around the requests, inside of what was added before.
   *
   * @param added the middleware
   * @return this builder
   */
  public B middleware(RequestMiddleware added) {
    Objects.requireNonNull(added, "added");
    middleware.add(client -> client.addMiddleware(added));
    return self();
  }

  /**
   * Puts middleware of the library around the requests, inside of what was added before.
   *
   * @param added the middleware
   * @return this builder
   */
  public B middleware(Middleware added) {
    Objects.requireNonNull(added, "added");
    middleware.add(client -> client.addMiddleware(added));
    return self();
  }

  /**
   * Lets the requests keep to a limit that others may share, instead of one of their own.
   *
   * @param limiter the limit
   * @return this builder
   */
  public B rateLimiter(RateLimiter limiter) {
    rateLimiter = Objects.requireNonNull(limiter, "limiter");
    return self();
  }

  /**
   * Tells of each step of the calls: attempts, waits, retries.
   *
   * @param listener hears of one after the other
   * @return this builder
   */
  public B onCallEvent(Consumer<? super CallEvent> listener) {
    callEvents = Objects.requireNonNull(listener, "listener");
    return self();
  }
}
