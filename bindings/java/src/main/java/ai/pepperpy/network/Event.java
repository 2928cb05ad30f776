package ai.pepperpy.network;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** An event of a text/event-stream. Immutable. Thread: any. */
public final class Event {
  private static final int INDEX = Integer.BYTES;
  private static final int RETRY = INDEX + Long.BYTES;
  private static final int TYPE = RETRY + Long.BYTES;

  /** A batch that this event shares with others that came with it; texts are made when they are asked for. */
  private final byte[] batch;
  private final int at;

  Event(byte[] batch, int at) {
    this.batch = batch;
    this.at = at;
  }

  private static int after(byte[] batch, int text) {
    return text + Integer.BYTES + RecordReader.int32At(batch, text);
  }

  private static String text(byte[] batch, int text) {
    return new String(batch, text + Integer.BYTES, RecordReader.int32At(batch, text), StandardCharsets.UTF_8);
  }

  /** The data of the record that begins there. */
  static String data(byte[] batch, int at) {
    return text(batch, after(batch, after(batch, at + TYPE)));
  }

  static byte[] bytes(byte[] batch, int at) {
    final int data = after(batch, after(batch, at + TYPE));
    return Arrays.copyOfRange(batch, data + Integer.BYTES, after(batch, data));
  }

  static String type(byte[] batch, int at) {
    return text(batch, at + TYPE);
  }

  /**
   * The data.
   *
   * @return the text; its lines are separated by a line feed
   */
  public String data() {
    return data(batch, at);
  }

  /**
   * The data as JSON.
   *
   * @return the value
   * @throws ProtocolException JSON_PARSE: it is not JSON
   */
  public Json json() {
    return Json.parse(bytes(batch, at));
  }

  /**
   * The type of the event.
   *
   * @return "message" unless the server named another
   */
  public String type() {
    return type(batch, at);
  }

  /**
   * The last event id as of this event.
   *
   * @return the id; empty when there is none
   */
  public String id() {
    return text(batch, after(batch, at + TYPE));
  }

  /**
   * The reconnection time that came with this event.
   *
   * @return the time; empty when none came with it
   */
  public Optional<Duration> retry() {
    final long ms = RecordReader.int64At(batch, at + RETRY);
    return ms < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(ms));
  }

  /**
   * The number of the event in its stream.
   *
   * @return from 0
   */
  public long index() {
    return RecordReader.int64At(batch, at + INDEX);
  }

  /** Returns type and data. */
  @Override
  public String toString() {
    return type() + ": " + data();
  }
}
