package ai.pepperpy.network;

/** Names, connections and their pool: codes 2xx. */
public class ConnectionException extends NetworkException {
  private static final long serialVersionUID = 1;

  ConnectionException(Details details, Throwable cause) {
    super(details, cause);
  }
}
