package ai.pepperpy.network;

/** Status 500 to 599. */
public class ServerException extends StatusException {
  private static final long serialVersionUID = 1;

  ServerException(Details details, Throwable cause) {
    super(details, cause);
  }
}
