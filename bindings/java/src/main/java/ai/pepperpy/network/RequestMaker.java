// Describes a request to the native side.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.util.concurrent.Executor;

final class RequestMaker {
  private RequestMaker() {}

  /**
   * The handle of a request, which the caller releases. `executor` and `sending` are for a body that is written while it
   * is sent. Throws what is wrong with the description.
   */
  static long make(Handle client, Request request, Executor executor, Sending sending) {
    final long[] out = new long[1];
    final long[] error = new long[1];
    final long clientHandle = client.enter();
    try {
      Errors.check(Native.ppn_request_new(clientHandle, request.method, request.address, out, error), error);
    } finally {
      client.exit();
    }
    final long made = out[0];
    try {
      final byte[][] headers = request.headers;
      for (int i = 0; i < headers.length; i += 2) {
        Errors.check(Native.ppn_request_add_header(made, headers[i], headers[i + 1], error), error);
      }
      if (request.retry != null) request.retry.applyTo(made);
      final byte[][] options = request.options;
      for (int i = 0; i < options.length; i += 2) {
        Errors.check(Native.ppn_request_set_option(made, options[i], options[i + 1], error), error);
      }
      request.body.giveTo(made, executor, sending);
      return made;
    } catch (Throwable wrong) {
      Native.ppn_request_release(made);
      sending.end();
      throw wrong;
    }
  }
}
