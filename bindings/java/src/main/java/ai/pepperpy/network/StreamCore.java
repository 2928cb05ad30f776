// A response that is read while it arrives.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.Executor;

final class StreamCore extends PieceQueue {
  final Executor executor;
  private final Sending sending = new Sending();

  private StreamCore(Executor executor) {
    this.executor = executor;
  }

  static StreamCore open(NetworkClient client, Request request, int kind) {
    Objects.requireNonNull(request, "request");
    final StreamCore core = new StreamCore(client.executor());
    final long made = RequestMaker.make(client.handle(), request, core.executor, core.sending);
    final long token = CallNotes.newToken();
    StreamNotes.expect(token, generation -> core.ready());
    final long[] out = new long[1];
    final long[] error = new long[1];
    try {
      Errors.check(Native.ppnb_reader_open(made, kind, token, out, error), error);
    } catch (Throwable wrong) {
      StreamNotes.forget(token);
      core.sending.end();
      throw wrong;
    } finally {
      Native.ppn_request_release(made);
    }
    core.opened(new Handle(out[0], "the stream", address -> {
      Native.ppnb_reader_release(address);
      StreamNotes.forget(token);
      core.sending.end();
    }));
    return core;
  }

  @Override
  long take(long address, ByteBuffer buffer, long[] error) {
    return Native.ppnb_reader_take(address, buffer, error);
  }

  @Override
  long needed(long address) {
    return Native.ppnb_reader_needed(address);
  }

  @Override
  void cancel(long address) {
    Native.ppnb_reader_cancel(address);
  }

  @Override
  NetworkException failed(int code, long error, Throwable cause) {
    Response head = null;
    if (handle().tryEnter()) {
      try {
        final long[] out = new long[1];
        Native.ppnb_reader_response(handle().address(), out, null);
        head = Response.take(out[0]);
      } finally {
        handle().exit();
      }
    }
    return sending.explain(Errors.take(code, error, head), cause);
  }

  /** Waits for the head of the response. */
  Response response() {
    final long[] out = new long[1];
    final long[] error = new long[1];
    for (;;) {
      final long address = handle().enter();
      final int code;
      try {
        code = Native.ppnb_reader_response(address, out, error);
      } finally {
        handle().exit();
      }
      if (code == NativeConstants.PPN_OK) return Response.take(out[0]);
      if (code != NativeConstants.PPN_PENDING) throw sending.explain(Errors.take(code, error[0], null), interruption());
      awaitHint();
    }
  }

  String lastEventId() {
    final long address = handle().enter();
    try {
      final byte[] id = Native.ppnb_reader_last_event_id(address);
      return id != null ? Texts.of(id) : "";
    } finally {
      handle().exit();
    }
  }

  long retryMs() {
    final long address = handle().enter();
    try {
      return Native.ppnb_reader_retry_ms(address);
    } finally {
      handle().exit();
    }
  }
}
