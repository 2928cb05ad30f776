package ai.pepperpy.network;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The base of every exception of this library.
 *
 * <p>What an exception tells is free of secrets: URLs are redacted, and values of headers never appear.
 */
public class NetworkException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** How much of a request had been handed to the kernel when it failed. */
  public enum Sent {
    /** Nothing: the server can not have done anything. */
    NONE,
    /** A part. */
    PARTIAL,
    /** All of it: the server may have done its work. */
    FULL
  }

  private final transient Details details;
  /** What had arrived; set before the exception is thrown. */
  transient Response response;

  NetworkException(Details details, Throwable cause) {
    super(details.name + ": " + details.message);
    // A cause that is not known yet can still be set.
    if (cause != null) initCause(cause);
    this.details = details;
  }

  /**
   * The exception of a code, to rehearse what a program does when it happens.
   *
   * @param code a constant of {@link ErrorCode}
   * @param message one line for people; empty: the text of the code
   * @return the exception, of the class that belongs to the code
   * @throws UsageException INVALID_ARGUMENT: there is no such code
   */
  public static NetworkException of(int code, String message) {
    java.util.Objects.requireNonNull(message, "message");
    Library.load();
    final long[] made = new long[1];
    final long[] error = new long[1];
    final byte[] text = message.isEmpty() ? null : Texts.utf8(message, "message");
    Errors.check(ai.pepperpy.network.internal.Native.ppn_error_new(code, text, made, error), error);
    return Errors.make(Details.take(code, made[0]), null, null);
  }

  /**
   * What happened.
   *
   * @return a constant of {@link ErrorCode}, or one that a newer library knows
   */
  public int code() {
    return details.code;
  }

  /**
   * The name of the code.
   *
   * @return such as "CONNECT_TIMEOUT"
   */
  public String codeName() {
    return details.name;
  }

  /**
   * What happened, without the name of the code.
   *
   * @return one line for people
   */
  public String message() {
    return details.message;
  }

  /**
   * The part of the call that was under way.
   *
   * @return "none", "config", "validate", "pool", "dns", "connect", "tls", "send", "first_byte", "body", "deliver" or a newer one
   */
  public String phase() {
    return details.phase;
  }

  /**
   * The URL of the request without its secrets.
   *
   * @return the URL; empty when the call had none
   */
  public String url() {
    return details.url;
  }

  /**
   * The HTTP status that the error came with.
   *
   * @return 100 to 999; 0 when there was no response
   */
  public int status() {
    return details.status;
  }

  /**
   * Whether the same request may succeed when it is sent again. Look at {@link #sent()} before a request that is not idempotent is
   * repeated.
   *
   * @return whether it may
   */
  public boolean isRetryable() {
    return details.retryable;
  }

  /**
   * The delay that the server asked for.
   *
   * @return the delay; empty when it is not known
   */
  public Optional<Duration> retryAfter() {
    return details.retryAfterMs < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(details.retryAfterMs));
  }

  /**
   * How much of the request had been handed to the kernel.
   *
   * @return how much
   */
  public Sent sent() {
    return Sent.values()[details.sent];
  }

  /**
   * How many attempts were made, the first included.
   *
   * @return the number; 0 when nothing was tried
   */
  public int attempts() {
    return details.attempts;
  }

  /**
   * Each attempt of the call, oldest first; of more than 16 the first ones and the last.
   *
   * @return the attempts
   */
  public List<Attempt> attemptLog() {
    return details.attemptLog;
  }

  /**
   * Why there was no further attempt.
   *
   * @return the reason
   */
  public StopReason stopReason() {
    return StopReason.of(details.stopReason);
  }

  /**
   * Whether a limit of time of this side passed, whichever it was.
   *
   * @return whether it did
   */
  public boolean isTimeout() {
    return details.timeout;
  }

  /**
   * Whether the call was cancelled.
   *
   * @return whether it was
   */
  public boolean isCancelled() {
    return details.cancelled;
  }

  /**
   * Whether requests come too fast, for the server (429) or for a limiter of this program.
   *
   * @return whether they do
   */
  public boolean isRateLimited() {
    return details.rateLimited;
  }

  /**
   * Whether the server refused who asks: status 401 or 403.
   *
   * @return whether it did
   */
  public boolean isAuth() {
    return details.auth;
  }

  /**
   * Bytes of the response body that had arrived.
   *
   * @return the number
   */
  public long receivedBytes() {
    return details.receivedBytes;
  }

  /**
   * The errno of the operating system.
   *
   * @return 0 when there is none
   */
  public int osErrno() {
    return details.osErrno;
  }

  /**
   * The OpenSSL error, or the X509_V_ERR number of a certificate that was refused.
   *
   * @return 0 when there is none
   */
  public long tlsError() {
    return details.tlsError;
  }

  /**
   * What a JSON error body calls the error, such as "insufficient_quota".
   *
   * @return the code; empty when there is none
   */
  public String providerCode() {
    return details.providerCode;
  }

  /**
   * The kind of the error by its JSON body or event, such as "rate_limit_error".
   *
   * @return the kind; empty when there is none
   */
  public String providerType() {
    return details.providerType;
  }

  /**
   * What a JSON error body says to people, without keys.
   *
   * @return one line; empty when there is none
   */
  public String providerMessage() {
    return details.providerMessage;
  }

  /**
   * The name that the server gave the request, for its support.
   *
   * @return the name; empty when there is none
   */
  public String requestId() {
    return details.requestId;
  }

  /**
   * The HTTP status that an error inside a stream stands for, such as 529 for overloaded_error.
   *
   * @return 400 to 599; 0 when there is none
   */
  public int streamStatus() {
    return details.streamStatus;
  }

  /**
   * Of a stream that was cut: whether its connection ended, or it came whole and without its end marker.
   *
   * @return 1 the connection ended, 0 the end marker is missing, -1 the error is another one
   */
  public int streamFraming() {
    return details.streamFraming;
  }

  /**
   * The begin of a line that did not arrive whole when a stream of lines was cut.
   *
   * @return a copy of its bytes
   */
  public byte[] partialLine() {
    return details.partial.clone();
  }

  /**
   * What had arrived of the response, such as the body that explains a status.
   *
   * @return the response; empty when no head had arrived
   */
  public Optional<Response> response() {
    return Optional.ofNullable(response);
  }
}
