package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One step of a middleware: its request, and what it decides. When the step is over every method throws {@link UsageException}
 * (INVALID_STATE). Thread: one at a time. Blocks: never.
 */
public final class MiddlewareContext {
  private interface Action {
    int run(long context, long[] error);
  }

  private final Handle handle;

  MiddlewareContext(long context) {
    handle = new Handle(context, "the step of the middleware", Native::ppn_middleware_context_release);
  }

  /** For a step that ends later, if ever. */
  void keep() {
    handle.ownedBy(this);
  }

  void finish() {
    if (!handle.tryEnter()) return;
    Native.ppn_middleware_context_finish(handle.address(), null);
    handle.exit();
    handle.close();
  }

  /** Ends the request with what code of the user threw. */
  void failBy(Throwable thrown) {
    if (!handle.tryEnter()) return;
    final int code = thrown instanceof NetworkException network ? network.code() : ErrorCode.MIDDLEWARE_FAILED;
    final byte[] text = Thrown.keep(thrown).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    if (Native.ppn_middleware_context_fail(handle.address(), code, text, null) != ErrorCode.OK) {
      // A code that only another version of the library knows.
      Native.ppn_middleware_context_fail(handle.address(), ErrorCode.MIDDLEWARE_FAILED, text, null);
    }
    handle.exit();
  }

  private void act(Action action) {
    final long[] error = new long[1];
    final long context = handle.enter();
    try {
      Errors.check(action.run(context, error), error);
    } finally {
      handle.exit();
    }
  }

  private String text(int which) {
    final long context = handle.enter();
    try {
      final byte[] text = Native.ppnb_context_text(context, which);
      if (text == null) throw Errors.of(ErrorCode.INVALID_STATE, "the step of the middleware is over");
      return Texts.of(text);
    } finally {
      handle.exit();
    }
  }

  private static Optional<String> optional(byte[] text) {
    return text == null ? Optional.empty() : Optional.of(Texts.of(text));
  }

  /**
   * The method of the request.
   *
   * @return such as "GET"
   */
  public String method() {
    return text(NativeConstants.PPNB_CONTEXT_METHOD);
  }

  /**
   * The URL as it is sent, its secrets included: not for logs.
   *
   * @return the URL
   */
  public String url() {
    return text(NativeConstants.PPNB_CONTEXT_URL);
  }

  /**
   * The URL for logs.
   *
   * @return the URL without its secrets
   */
  public String urlRedacted() {
    return text(NativeConstants.PPNB_CONTEXT_URL_REDACTED);
  }

  /**
   * Which attempt this is.
   *
   * @return from 1; 0 around a request as a whole
   */
  public int attempt() {
    final long[] number = new long[1];
    act((context, error) -> Native.ppn_middleware_context_attempt(context, number, error));
    return (int) number[0];
  }

  /**
   * The first header of the request with a name.
   *
   * @param name without regard to case
   * @return the value; empty when there is no such header
   */
  public Optional<String> header(String name) {
    final byte[] utf8 = Texts.utf8(name, "name");
    final long context = handle.enter();
    try {
      return optional(Native.ppnb_context_header(context, utf8));
    } finally {
      handle.exit();
    }
  }

  /**
   * Sets a header of the request: before it and before an attempt; after it and on its error for {@link #retryOnce}.
   *
   * @param name a token; headers of the message framing are refused
   * @param value the value
   */
  public void setHeader(String name, String value) {
    final byte[] field = Texts.utf8(name, "name");
    final byte[] text = Texts.utf8(value, "value");
    act((context, error) -> Native.ppn_middleware_context_set_header(context, field, text, error));
  }

  /**
   * Adds a header beside those of the same name.
   *
   * @param name as {@link #setHeader}
   * @param value as there
   */
  public void addHeader(String name, String value) {
    final byte[] field = Texts.utf8(name, "name");
    final byte[] text = Texts.utf8(value, "value");
    act((context, error) -> Native.ppn_middleware_context_add_header(context, field, text, error));
  }

  /**
   * Removes every header of a name; none is no error.
   *
   * @param name without regard to case
   */
  public void removeHeader(String name) {
    final byte[] field = Texts.utf8(name, "name");
    act((context, error) -> Native.ppn_middleware_context_remove_header(context, field, error));
  }

  /**
   * Sends the request to another URL; an attempt stays at the origin of its request. Before a request or attempt.
   *
   * @param url the URL
   */
  public void setUrl(String url) {
    final byte[] utf8 = Texts.utf8(url, "url");
    act((context, error) -> Native.ppn_middleware_context_set_url(context, utf8, error));
  }

  /**
   * Sets the body. Before a request.
   *
   * @param bytes the body
   */
  public void setBody(byte[] bytes) {
    Objects.requireNonNull(bytes, "bytes");
    act((context, error) -> Native.ppn_middleware_context_set_body(context, bytes, error));
  }

  /**
   * Sets an option for this request. Before a request.
   *
   * @param name one that a request may override
   * @param value as text
   */
  public void setOption(String name, String value) {
    final byte[] option = Texts.utf8(name, "name");
    final byte[] text = Texts.utf8(value, "value");
    act((context, error) -> Native.ppn_middleware_context_set_option(context, option, text, error));
  }

  /**
   * A text that middleware of this request has left.
   *
   * @param name its name
   * @return the text; empty when there is none
   */
  public Optional<String> attribute(String name) {
    final byte[] utf8 = Texts.utf8(name, "name");
    final long context = handle.enter();
    try {
      return optional(Native.ppnb_context_attribute(context, utf8));
    } finally {
      handle.exit();
    }
  }

  /**
   * Leaves a text for all middleware of this request. It is not sent.
   *
   * @param name its name; those that begin with "ppn." are the library's
   * @param value the text
   */
  public void setAttribute(String name, String value) {
    final byte[] attribute = Texts.utf8(name, "name");
    final byte[] text = Texts.utf8(value, "value");
    act((context, error) -> Native.ppn_middleware_context_set_attribute(context, attribute, text, error));
  }

  /**
   * What the server has answered. Of a stream, only the head is there.
   *
   * @return the response; empty before there is one
   */
  public Optional<Response> response() {
    final long[] out = new long[1];
    act((context, error) -> Native.ppn_middleware_context_response(context, out, error));
    return Optional.ofNullable(Response.take(out[0]));
  }

  /**
   * What went wrong.
   *
   * @return the exception; empty except on errors
   */
  public Optional<NetworkException> error() {
    final long[] out = new long[1];
    act((context, error) -> Native.ppn_middleware_context_error(context, out, error));
    if (out[0] == 0) return Optional.empty();
    return Optional.of(Errors.take(Native.ppn_error_code(out[0]), out[0], null));
  }

  /**
   * Answers instead of the request, the response or the error. The last verdict counts.
   *
   * @param status 200 to 599
   * @param body the body
   * @param headers the headers
   */
  public void respond(int status, byte[] body, Headers headers) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(headers, "headers");
    final long[] list = new long[1];
    final long[] failure = new long[1];
    Errors.check(Native.ppn_headers_new(list, failure), failure);
    try {
      for (Map.Entry<String, String> field : headers) {
        Errors.check(Native.ppn_headers_add(list[0], Texts.utf8(field.getKey(), "name"),
            Texts.utf8(field.getValue(), "value"), failure), failure);
      }
      act((context, error) -> Native.ppn_middleware_context_respond(context, status, list[0], body, error));
    } finally {
      Native.ppn_headers_release(list[0]);
    }
  }

  /**
   * Answers with a text and no headers.
   *
   * @param status 200 to 599
   * @param body the body in UTF-8
   */
  public void respond(int status, String body) {
    respond(status, Texts.utf8(body, "body"), Headers.NONE);
  }

  /**
   * Fails the request. An error that was there before is replaced.
   *
   * @param code a constant of {@link ErrorCode}
   * @param message one line for people; the name of the middleware is put before it
   */
  public void fail(int code, String message) {
    final byte[] text = Texts.utf8(message, "message");
    act((context, error) -> Native.ppn_middleware_context_fail(context, code, text, error));
  }

  /**
   * Makes the request once more, which counts as a retry: after a response and on an error of a request, once for each.
   *
   * @param delay the wait before
   * @throws UsageException retried by a middleware before, no retry left; BODY_NOT_REPLAYABLE
   */
  public void retryOnce(Duration delay) {
    final long ms = Errors.milliseconds(delay, "delay");
    act((context, error) -> Native.ppn_middleware_context_retry_once(context, ms, error));
  }
}
