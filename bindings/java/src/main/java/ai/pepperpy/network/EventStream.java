package ai.pepperpy.network;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;

/** Events of a text/event-stream, as they arrive. */
public final class EventStream extends PieceStream<Event> {
  private final StreamCore core;

  EventStream(StreamCore core) {
    super(core);
    this.core = core;
  }

  @Override
  Event piece(byte[] batch, int at) {
    return new Event(batch, at);
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

  /**
   * The last event id, to be sent as Last-Event-ID.
   *
   * @return the id; empty when there is none
   */
  public String lastEventId() {
    return core.lastEventId();
  }

  /**
   * The reconnection time that the server set.
   *
   * @return the time; empty when it set none
   */
  public Optional<Duration> retry() {
    final long ms = core.retryMs();
    return ms < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(ms));
  }
}
