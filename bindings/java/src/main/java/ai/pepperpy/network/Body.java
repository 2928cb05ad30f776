// The body of a request, in each of its forms.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.io.InputStream;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

interface Body {
  Body NONE = (request, executor, sending) -> {};

  void giveTo(long request, Executor executor, Sending sending);

  static Body bytes(byte[] bytes) {
    return (request, executor, sending) -> {
      final long[] error = new long[1];
      Errors.check(Native.ppn_request_set_body(request, bytes, error), error);
    };
  }

  static Body json(byte[] text) {
    return (request, executor, sending) -> {
      final long[] error = new long[1];
      Errors.check(Native.ppn_request_set_json(request, text, error), error);
    };
  }

  static Body file(byte[] path) {
    return (request, executor, sending) -> {
      final long[] error = new long[1];
      Errors.check(Native.ppn_request_set_body_file(request, path, error), error);
    };
  }

  static Body stream(Callable<? extends InputStream> opener, long length, boolean again) {
    return (request, executor, sending) ->
        sending.upload = Upload.open(request, opener, length, again, executor, sending);
  }
}
