package ai.pepperpy.network;

/** The circuit breaker is open: CIRCUIT_OPEN. */
public class CircuitOpenException extends NetworkException {
  private static final long serialVersionUID = 1;

  CircuitOpenException(Details details, Throwable cause) {
    super(details, cause);
  }
}
