package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Describes a {@link WebSocketClient}. Thread: one at a time. Blocks: never. */
public final class WebSocketBuilder {
  final NetworkClient client;
  private final byte[] url;
  private final List<byte[][]> headers = new ArrayList<>();
  private final List<byte[][]> options = new ArrayList<>();
  private final List<byte[]> subprotocols = new ArrayList<>();
  private Consumer<ReconnectAttempt> onReconnecting;
  private WebSocketListener listener;

  WebSocketBuilder(NetworkClient client, String url) {
    this.client = client;
    this.url = Texts.utf8(url, "url");
  }

  /**
   * Sets a header of the handshake.
   *
   * @param name the header; those of the handshake itself are refused
   * @param value the value
   * @return this builder
   */
  public WebSocketBuilder header(String name, String value) {
    headers.add(new byte[][] {Texts.utf8(name, "name"), Texts.utf8(value, "value")});
    return this;
  }

  /**
   * Offers a subprotocol, after those offered before.
   *
   * @param name a token
   * @return this builder
   */
  public WebSocketBuilder subprotocol(String name) {
    subprotocols.add(Texts.utf8(name, "name"));
    return this;
  }

  /**
   * Sets an option for this WebSocket alone.
   *
   * @param name one whose name begins with websocket_
   * @param value as text
   * @return this builder
   */
  public WebSocketBuilder option(String name, String value) {
    options.add(new byte[][] {Texts.utf8(name, "name"), Texts.utf8(value, "value")});
    return this;
  }

  /**
   * Sets what runs before each further connection: the place to put in a new token. It runs on the executor of the client and may wait
   * for one, up to websocket_open_timeout_ms.
   *
   * @param handler gets the attempt
   * @return this builder
   */
  public WebSocketBuilder onReconnecting(Consumer<ReconnectAttempt> handler) {
    onReconnecting = Objects.requireNonNull(handler, "handler");
    return this;
  }

  /**
   * Sets who hears of connections and messages, which then can not be read otherwise.
   *
   * @param hears the listener
   * @return this builder
   */
  public WebSocketBuilder listener(WebSocketListener hears) {
    listener = Objects.requireNonNull(hears, "hears");
    return this;
  }

  /**
   * Makes the WebSocket, which does not connect by itself.
   *
   * @return the WebSocket
   * @throws UsageException the URL, a header, a subprotocol; CLIENT_CLOSED
   * @throws ConfigException an option
   */
  public WebSocketClient build() {
    return new WebSocketClient(this);
  }

  WebSocketCore core(NetworkClient of) {
    final WebSocketCore core = WebSocketCore.make(of, url, onReconnecting, listener);
    try {
      for (byte[][] header : headers) {
        core.act((websocket, error) -> Native.ppn_websocket_set_header(websocket, header[0], header[1], error));
      }
      for (byte[] name : subprotocols) {
        core.act((websocket, error) -> Native.ppn_websocket_add_subprotocol(websocket, name, error));
      }
      for (byte[][] option : options) {
        core.act((websocket, error) -> Native.ppn_websocket_set_option(websocket, option[0], option[1], error));
      }
      return core;
    } catch (Throwable wrong) {
      core.close();
      throw wrong;
    }
  }
}
