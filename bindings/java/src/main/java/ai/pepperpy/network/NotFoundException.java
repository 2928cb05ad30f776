package ai.pepperpy.network;

/** Status 404. */
public class NotFoundException extends StatusException {
  private static final long serialVersionUID = 1;

  NotFoundException(Details details, Throwable cause) {
    super(details, cause);
  }
}
