package ai.pepperpy.network;

/** A message of a WebSocket. Immutable. Thread: any. */
public final class WebSocketMessage {
  private final byte[] batch;
  private final int at;

  WebSocketMessage(byte[] batch, int at) {
    this.batch = batch;
    this.at = at;
  }

  /**
   * Whether it is text; binary otherwise.
   *
   * @return whether it is
   */
  public boolean isText() {
    return Event.type(batch, at).equals("text");
  }

  /**
   * The message as text.
   *
   * @return the text; of a binary message its bytes read as UTF-8
   */
  public String text() {
    return Event.data(batch, at);
  }

  /**
   * The message as bytes.
   *
   * @return a copy; of a text in UTF-8
   */
  public byte[] bytes() {
    return Event.bytes(batch, at);
  }

  /**
   * The message as JSON.
   *
   * @return the value
   * @throws ProtocolException JSON_PARSE: it is not JSON
   */
  public Json json() {
    return Json.parse(bytes());
  }

  /** Returns the text, or how many bytes there are. */
  @Override
  public String toString() {
    return isText() ? text() : bytes().length + " bytes";
  }
}
