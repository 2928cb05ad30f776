package ai.pepperpy.network;

/** Status 422. */
public class UnprocessableException extends StatusException {
  private static final long serialVersionUID = 1;

  UnprocessableException(Details details, Throwable cause) {
    super(details, cause);
  }
}
