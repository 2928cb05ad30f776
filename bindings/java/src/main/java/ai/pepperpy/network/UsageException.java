package ai.pepperpy.network;

/** The call was wrong and nothing was sent: codes 1xx. */
public class UsageException extends NetworkException {
  private static final long serialVersionUID = 1;

  UsageException(Details details, Throwable cause) {
    super(details, cause);
  }
}
