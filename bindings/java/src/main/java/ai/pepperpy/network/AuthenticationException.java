package ai.pepperpy.network;

/** Status 401. */
public class AuthenticationException extends StatusException {
  private static final long serialVersionUID = 1;

  AuthenticationException(Details details, Throwable cause) {
    super(details, cause);
  }
}
