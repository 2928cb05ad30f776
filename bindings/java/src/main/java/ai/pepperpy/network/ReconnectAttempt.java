package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.time.Duration;
import java.util.Optional;

/** A further connection of a WebSocket, before it is tried. It can be changed until the handler returns. */
public final class ReconnectAttempt {
  private final WebSocketCore core;
  private final int number;
  private final Duration delay;
  private final int code;
  private final NetworkException error;
  boolean givenUp;

  ReconnectAttempt(WebSocketCore core, int number, Duration delay, int code, NetworkException error) {
    this.core = core;
    this.number = number;
    this.delay = delay;
    this.code = code;
    this.error = error;
  }

  /**
   * Which try this is.
   *
   * @return from 1; it begins anew after a connection that was stable
   */
  public int number() {
    return number;
  }

  /**
   * How long the try waits.
   *
   * @return the wait
   */
  public Duration delay() {
    return delay;
  }

  /**
   * How the connection before ended.
   *
   * @return as {@link WebSocketListener#onClose}; 0 when none had opened
   */
  public int code() {
    return code;
  }

  /**
   * What it ended with.
   *
   * @return the exception; empty after a close without one
   */
  public Optional<NetworkException> error() {
    return Optional.ofNullable(error);
  }

  /**
   * Sets a header of the next handshake.
   *
   * @param name the header
   * @param value the value
   * @return this
   * @throws UsageException INVALID_HEADER
   */
  public ReconnectAttempt header(String name, String value) {
    final byte[] field = Texts.utf8(name, "name");
    final byte[] text = Texts.utf8(value, "value");
    core.act((socket, failure) -> Native.ppn_websocket_set_header(socket, field, text, failure));
    return this;
  }

  /**
   * Uses another URL from the next handshake on.
   *
   * @param url the URL
   * @return this
   * @throws UsageException INVALID_URL
   */
  public ReconnectAttempt url(String url) {
    final byte[] utf8 = Texts.utf8(url, "url");
    core.act((socket, failure) -> Native.ppn_websocket_set_url(socket, utf8, failure));
    return this;
  }

  /** Makes no further try: the WebSocket ends. */
  public void giveUp() {
    givenUp = true;
  }
}
