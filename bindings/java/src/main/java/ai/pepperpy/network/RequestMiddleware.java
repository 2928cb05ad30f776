package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * Code around the requests of a client, once for each request, or for each of its attempts.
 *
 * <pre>{@code
 * client.addMiddleware(new RequestMiddleware("agent").beforeRequest(context -> context.setHeader("User-Agent", "PepperPy/1.0")));
 * }</pre>
 *
 * <p>Steps before run in the order in which the client got the middleware, the others in reverse; whoever was entered leaves. They run
 * on the executor of the client, for several requests at the same time. A request waits for its steps up to middleware_timeout_ms. What
 * a step throws, or what its stage completes with, ends the request: a {@link NetworkException} with its code, anything else with
 * MIDDLEWARE_FAILED; it is the cause of the exception that the caller gets.
 *
 * <p>Thread: one at a time, and before a client has it; later changes are refused.
 */
public final class RequestMiddleware {
  /** A step that is over when it returns. */
  @FunctionalInterface
  public interface Step {
    /**
     * Runs the step.
     *
     * @param context the request, until return
     * @throws Exception what ends the request
     */
    void run(MiddlewareContext context) throws Exception;
  }

  /** A step that is over when the stage that it returns completes. */
  @FunctionalInterface
  public interface AsyncStep {
    /**
     * Begins the step.
     *
     * @param context the request, until the stage completes
     * @return completes when the request may go on
     * @throws Exception what ends the request
     */
    CompletionStage<?> run(MiddlewareContext context) throws Exception;
  }

  private final String name;
  private final AsyncStep[] request = new AsyncStep[3];
  private final AsyncStep[] attempt = new AsyncStep[3];
  private boolean shared;

  /**
   * Without steps.
   *
   * @param name for messages; 1 to 128 bytes without control characters
   */
  public RequestMiddleware(String name) {
    this.name = Objects.requireNonNull(name, "name");
  }

  private synchronized RequestMiddleware set(AsyncStep[] steps, int index, AsyncStep step) {
    if (shared) throw Errors.of(ErrorCode.INVALID_STATE, "a client has this middleware already");
    steps[index] = Objects.requireNonNull(step, "step");
    return this;
  }

  private RequestMiddleware plain(AsyncStep[] steps, int index, Step step) {
    Objects.requireNonNull(step, "step");
    return set(steps, index, (AsyncStep) context -> {
      step.run(context);
      return null;
    });
  }

  /**
   * Sets what runs before the request.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware beforeRequest(Step step) {
    return plain(request, 0, step);
  }

  /**
   * Sets what runs before the request.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware beforeRequestAsync(AsyncStep step) {
    return set(request, 0, step);
  }

  /**
   * Sets what runs after a request that ended with a response, of any status. Of a stream, it has its head only.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware afterResponse(Step step) {
    return plain(request, 1, step);
  }

  /**
   * Sets what runs after a request that ended with a response.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware afterResponseAsync(AsyncStep step) {
    return set(request, 1, step);
  }

  /**
   * Sets what runs after a request that ended with an error.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware onError(Step step) {
    return plain(request, 2, step);
  }

  /**
   * Sets what runs after a request that ended with an error.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware onErrorAsync(AsyncStep step) {
    return set(request, 2, step);
  }

  /**
   * Sets what runs before each attempt and each hop of a redirect.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware beforeAttempt(Step step) {
    return plain(attempt, 0, step);
  }

  /**
   * Sets what runs before each attempt and each hop of a redirect.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware beforeAttemptAsync(AsyncStep step) {
    return set(attempt, 0, step);
  }

  /**
   * Sets what runs after an attempt that ended with a response.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware afterAttempt(Step step) {
    return plain(attempt, 1, step);
  }

  /**
   * Sets what runs after an attempt that ended with a response.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware afterAttemptAsync(AsyncStep step) {
    return set(attempt, 1, step);
  }

  /**
   * Sets what runs after an attempt that ended with an error.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware onAttemptError(Step step) {
    return plain(attempt, 2, step);
  }

  /**
   * Sets what runs after an attempt that ended with an error.
   *
   * @param step the step
   * @return this middleware
   */
  public RequestMiddleware onAttemptErrorAsync(AsyncStep step) {
    return set(attempt, 2, step);
  }

  void install(NetworkClient client) {
    synchronized (this) {
      shared = true;
    }
    install(client, NativeConstants.PPN_MIDDLEWARE_APPLICATION, request);
    install(client, NativeConstants.PPN_MIDDLEWARE_ATTEMPT, attempt);
  }

  private void install(NetworkClient client, int kind, AsyncStep[] steps) {
    int bits = 0;
    for (int i = 0; i < steps.length; ++i) bits |= steps[i] != null ? 1 << i : 0;
    if (bits == 0) return;
    final long token = MiddlewareNotes.expect(client.executor(), steps);
    final long[] out = new long[1];
    final long[] error = new long[1];
    try {
      Errors.check(Native.ppnb_middleware_new(Texts.utf8(name, "name"), kind, bits, token, out, error), error);
    } catch (Throwable wrong) {
      MiddlewareNotes.forget(token);
      throw wrong;
    }
    try {
      final long to = client.handle().enter();
      try {
        Errors.check(Native.ppn_client_add_middleware(to, out[0], error), error);
      } finally {
        client.handle().exit();
      }
    } finally {
      Native.ppn_middleware_release(out[0]);
    }
  }
}
