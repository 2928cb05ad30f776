package ai.pepperpy.network;

/** Handshakes and certificates: codes 3xx. */
public class TlsException extends NetworkException {
  private static final long serialVersionUID = 1;

  TlsException(Details details, Throwable cause) {
    super(details, cause);
  }
}
