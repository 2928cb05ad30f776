// What belongs to a request while it is sent, beside its handle.
package ai.pepperpy.network;

final class Sending {
  /** What code of the user threw that gives the body. */
  volatile Throwable thrown;
  volatile Upload upload;

  /** The request has ended. */
  void end() {
    final Upload begun = upload;
    if (begun != null) begun.end();
  }

  /** Makes what the user threw the cause of the error that it led to. */
  NetworkException explain(NetworkException failure, Throwable otherwise) {
    final Throwable cause = thrown != null ? thrown : otherwise;
    if (cause != null && failure.getCause() == null) failure.initCause(cause);
    return failure;
  }
}
