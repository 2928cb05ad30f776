package ai.pepperpy.network;

/** The response breaks HTTP, its limits or its format: codes 5xx. */
public class ProtocolException extends NetworkException {
  private static final long serialVersionUID = 1;

  ProtocolException(Details details, Throwable cause) {
    super(details, cause);
  }
}
