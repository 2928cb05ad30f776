package ai.pepperpy.network;

/** A stream ended early or broke its limits: codes 7xx. */
public class StreamException extends NetworkException {
  private static final long serialVersionUID = 1;

  StreamException(Details details, Throwable cause) {
    super(details, cause);
  }
}
