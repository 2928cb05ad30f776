package ai.pepperpy.network;

/** Status 403. */
public class PermissionDeniedException extends StatusException {
  private static final long serialVersionUID = 1;

  PermissionDeniedException(Details details, Throwable cause) {
    super(details, cause);
  }
}
