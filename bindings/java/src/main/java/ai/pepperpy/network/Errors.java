// Makes the exception that belongs to an error of the native side.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.NativeConstants;
import java.time.Duration;

final class Errors {
  private Errors() {}

  /** An error of this side. */
  static NetworkException of(int code, String message) {
    return of(code, message, null);
  }

  static NetworkException of(int code, String message, Throwable cause) {
    return make(Details.of(code, message), null, cause);
  }

  static NetworkException interrupted(InterruptedException cause) {
    return of(ErrorCode.CANCELLED, "the waiting thread was interrupted", cause);
  }

  /** Throws what a native function says that it failed with, and releases the error. */
  static void check(int code, long[] error) {
    if (code != NativeConstants.PPN_OK) throw take(code, error[0], null);
  }

  /** Reads and releases an error. `response` is what had arrived, or null. */
  static NetworkException take(int code, long error, Response response) {
    final Details details = Details.take(code, error);
    return make(details, response, Thrown.claim(details));
  }

  static NetworkException make(Details details, Response response, Throwable cause) {
    final NetworkException made = make(details, cause);
    made.response = response;
    return made;
  }

  private static NetworkException make(Details details, Throwable cause) {
    return switch (details.kind) {
      case NativeConstants.PPNB_KIND_USAGE -> new UsageException(details, cause);
      case NativeConstants.PPNB_KIND_CONFIG -> new ConfigException(details, cause);
      case NativeConstants.PPNB_KIND_CONNECTION -> new ConnectionException(details, cause);
      case NativeConstants.PPNB_KIND_TLS -> new TlsException(details, cause);
      case NativeConstants.PPNB_KIND_TIMEOUT -> new NetworkTimeoutException(details, cause);
      case NativeConstants.PPNB_KIND_PROTOCOL -> new ProtocolException(details, cause);
      case NativeConstants.PPNB_KIND_STATUS -> new StatusException(details, cause);
      case NativeConstants.PPNB_KIND_BAD_REQUEST -> new BadRequestException(details, cause);
      case NativeConstants.PPNB_KIND_AUTHENTICATION -> new AuthenticationException(details, cause);
      case NativeConstants.PPNB_KIND_PERMISSION_DENIED -> new PermissionDeniedException(details, cause);
      case NativeConstants.PPNB_KIND_NOT_FOUND -> new NotFoundException(details, cause);
      case NativeConstants.PPNB_KIND_CONFLICT -> new ConflictException(details, cause);
      case NativeConstants.PPNB_KIND_UNPROCESSABLE -> new UnprocessableException(details, cause);
      case NativeConstants.PPNB_KIND_TOO_MANY_REQUESTS -> new TooManyRequestsException(details, cause);
      case NativeConstants.PPNB_KIND_SERVER -> new ServerException(details, cause);
      case NativeConstants.PPNB_KIND_STREAM -> new StreamException(details, cause);
      case NativeConstants.PPNB_KIND_WEBSOCKET -> new WebSocketException(details, cause);
      case NativeConstants.PPNB_KIND_CANCELLED -> new CancelledException(details, cause);
      case NativeConstants.PPNB_KIND_RATE_LIMIT -> new RateLimitException(details, cause);
      case NativeConstants.PPNB_KIND_CIRCUIT_OPEN -> new CircuitOpenException(details, cause);
      default -> new NetworkException(details, cause);
    };
  }

  /** Milliseconds of a limit; what is less than one is one, for 0 has a meaning of its own. Negative limits are refused. */
  static long milliseconds(Duration limit, String parameter) {
    java.util.Objects.requireNonNull(limit, parameter);
    if (limit.isNegative()) throw of(ErrorCode.INVALID_ARGUMENT, parameter + " is negative: " + limit);
    if (limit.isZero()) return 0;
    try {
      return Math.max(1, limit.toMillis());
    } catch (ArithmeticException tooLong) {
      return Long.MAX_VALUE;
    }
  }
}
