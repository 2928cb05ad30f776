package ai.pepperpy.network;

/** WebSockets: codes 8xx. */
public class WebSocketException extends NetworkException {
  private static final long serialVersionUID = 1;

  WebSocketException(Details details, Throwable cause) {
    super(details, cause);
  }
}
