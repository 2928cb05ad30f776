package ai.pepperpy.network;

/** Status 429; see {@link #retryAfter()}. */
public class TooManyRequestsException extends StatusException {
  private static final long serialVersionUID = 1;

  TooManyRequestsException(Details details, Throwable cause) {
    super(details, cause);
  }
}
