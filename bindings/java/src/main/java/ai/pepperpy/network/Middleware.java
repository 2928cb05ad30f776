package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Supplier;

/** Middleware that the library makes. Clients that were given it keep it. Thread: any. Blocks: never. */
public final class Middleware implements AutoCloseable {
  private final Handle handle;

  private Middleware(long address) {
    handle = new Handle(address, "the middleware", Native::ppn_middleware_release).ownedBy(this);
  }

  /**
   * Names the trace of each attempt by a traceparent header (W3C Trace Context).
   *
   * @return the middleware
   */
  public static Middleware traceContext() {
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(Native.ppn_middleware_new_trace_context(out, error), error);
    return new Middleware(out[0]);
  }

  /**
   * Sends a credential to the origin of a URL, and to no other.
   *
   * @param url any URL of the origin
   * @param header such as "Authorization"
   * @param scheme such as "Bearer", which stands before the secret; may be empty
   * @param secret not empty
   * @return the middleware
   * @throws UsageException the URL or the header
   */
  public static Middleware auth(String url, String header, String scheme, String secret) {
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(Native.ppn_middleware_new_auth(Texts.utf8(url, "url"), Texts.utf8(header, "header"),
        Texts.utf8(scheme, "scheme"), Texts.utf8(secret, "secret"), out, error), error);
    return new Middleware(out[0]);
  }

  /**
   * Sends a token to the origin of a URL and gets a new one when the server answers 401, once for all requests that were refused
   * meanwhile.
   *
   * @param url any URL of the origin
   * @param header such as "Authorization"
   * @param scheme such as "Bearer"; may be empty
   * @param token the first one; empty: the first request gets one
   * @param refresh begins to get a new one, in the common pool; one that throws or fails has none. A request that it makes over the same
   *     client to the same origin has to set the header itself
   * @return the middleware
   * @throws UsageException the URL or the header
   */
  public static Middleware tokenRefresh(String url, String header, String scheme, String token,
                                        Supplier<? extends CompletionStage<String>> refresh) {
    Objects.requireNonNull(refresh, "refresh");
    Library.load();
    final byte[] first = Texts.utf8(token, "token");
    final long number = MiddlewareNotes.expectRefresh(ForkJoinPool.commonPool(), asked -> refresh(asked, refresh));
    final long[] out = new long[1];
    final long[] error = new long[1];
    try {
      Errors.check(Native.ppnb_middleware_new_token_refresh(Texts.utf8(url, "url"), Texts.utf8(header, "header"),
          Texts.utf8(scheme, "scheme"), first, number, out, error), error);
    } catch (Throwable wrong) {
      MiddlewareNotes.forget(number);
      throw wrong;
    }
    return new Middleware(out[0]);
  }

  private static void refresh(long asked, Supplier<? extends CompletionStage<String>> refresh) {
    try {
      refresh.get().whenComplete((token, thrown) -> answer(asked, thrown == null ? token : null));
    } catch (Throwable thrown) {
      answer(asked, null);
    }
  }

  private static void answer(long asked, String token) {
    try {
      if (!take(asked, token)) Native.ppn_middleware_refresh_failed(asked, null);
    } finally {
      Native.ppn_middleware_release(asked);
    }
  }

  private static boolean take(long asked, String token) {
    if (token == null || token.isEmpty()) return false;
    try {
      return Native.ppn_middleware_set_token(asked, Texts.utf8(token, "token"), null) == ErrorCode.OK;
    } catch (UsageException halfASurrogatePair) {
      return false;
    }
  }

  /**
   * Gives a new token to {@link #tokenRefresh}, asked for or not.
   *
   * @param token not empty
   * @throws UsageException another middleware; a token that is no value of a header
   */
  public void setToken(String token) {
    final byte[] utf8 = Texts.utf8(token, "token");
    final long[] error = new long[1];
    final long middleware = handle.enter();
    try {
      Errors.check(Native.ppn_middleware_set_token(middleware, utf8, error), error);
    } finally {
      handle.exit();
    }
  }

  void install(NetworkClient client) {
    final long[] error = new long[1];
    final long middleware = handle.enter();
    try {
      final long to = client.handle().enter();
      try {
        Errors.check(Native.ppn_client_add_middleware(to, middleware, error), error);
      } finally {
        client.handle().exit();
      }
    } finally {
      handle.exit();
    }
  }

  /** Releases it; clients keep it. A second call has no effect. */
  @Override
  public void close() {
    handle.close();
  }
}
