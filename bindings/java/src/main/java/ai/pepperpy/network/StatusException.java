package ai.pepperpy.network;

/** A status that is no success, by {@link Response#raiseForStatus()} and by streams of events: codes 6xx. */
public class StatusException extends NetworkException {
  private static final long serialVersionUID = 1;

  StatusException(Details details, Throwable cause) {
    super(details, cause);
  }
}
