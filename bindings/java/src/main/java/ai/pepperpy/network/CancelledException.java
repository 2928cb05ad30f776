package ai.pepperpy.network;

/**
 * The call was cancelled: CANCELLED. The cause, if there is one, says by what: an exception of a handler, or the
 * InterruptedException of a thread that waited.
 */
public class CancelledException extends NetworkException {
  private static final long serialVersionUID = 1;

  CancelledException(Details details, Throwable cause) {
    super(details, cause);
  }
}
