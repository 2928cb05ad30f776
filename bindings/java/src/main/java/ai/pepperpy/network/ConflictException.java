package ai.pepperpy.network;

/** Status 409. */
public class ConflictException extends StatusException {
  private static final long serialVersionUID = 1;

  ConflictException(Details details, Throwable cause) {
    super(details, cause);
  }
}
