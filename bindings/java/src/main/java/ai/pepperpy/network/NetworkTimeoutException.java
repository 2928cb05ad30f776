package ai.pepperpy.network;

/** A limit of time of the transfer has passed: codes 4xx. {@link #isTimeout()} knows those of other categories, too. */
public class NetworkTimeoutException extends NetworkException {
  private static final long serialVersionUID = 1;

  NetworkTimeoutException(Details details, Throwable cause) {
    super(details, cause);
  }
}
