package ai.pepperpy.network;

import java.util.concurrent.Executor;

/** Lines of a response (NDJSON), without their ends; blank ones are skipped. */
public final class LineStream extends PieceStream<String> {
  private final StreamCore core;

  LineStream(StreamCore core) {
    super(core);
    this.core = core;
  }

  @Override
  String piece(byte[] batch, int at) {
    return Event.data(batch, at);
  }

  @Override
  Executor executor() {
    return core.executor;
  }

  /**
   * Status and headers. A request whose head was taken is not tried again when the stream breaks. Blocks: for the head.
   *
   * @return the response, without a body
   * @throws NetworkException what the request failed with
   */
  public Response response() {
    return core.response();
  }
}
