package ai.pepperpy.network;

/** A rate limiter of this program refused the call: codes 902 to 905. */
public class RateLimitException extends NetworkException {
  private static final long serialVersionUID = 1;

  RateLimitException(Details details, Throwable cause) {
    super(details, cause);
  }
}
