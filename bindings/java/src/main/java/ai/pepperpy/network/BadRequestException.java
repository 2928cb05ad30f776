package ai.pepperpy.network;

/** Status 400. */
public class BadRequestException extends StatusException {
  private static final long serialVersionUID = 1;

  BadRequestException(Details details, Throwable cause) {
    super(details, cause);
  }
}
