package ai.pepperpy.network;

import java.util.Optional;

/**
 * Who hears of a WebSocket, on the executor of its client, of one thing after the other. What it throws drops the connection: it is the
 * cause of what {@link #onTerminated} is told.
 */
public interface WebSocketListener {
  /**
   * A connection is open.
   *
   * @param socket the WebSocket
   * @param handshake what the server answered
   */
  default void onOpen(WebSocketClient socket, Response handshake) {}

  /**
   * A message has arrived. No other is taken until this returns.
   *
   * @param socket the WebSocket
   * @param message the message
   */
  default void onMessage(WebSocketClient socket, WebSocketMessage message) {}

  /**
   * A connection that was open has ended.
   *
   * @param socket the WebSocket
   * @param code of the Close frame; 1005 when it had none, 1006 when there was no Close frame
   * @param reason of the Close frame; may be empty
   * @param error empty when both sides closed as they should
   */
  default void onClose(WebSocketClient socket, int code, String reason, Optional<NetworkException> error) {}

  /**
   * Another connection is tried: the place for a new token.
   *
   * @param socket the WebSocket
   * @param attempt the try, which waits for the return
   */
  default void onReconnecting(WebSocketClient socket, ReconnectAttempt attempt) {}

  /**
   * It has ended for good, or {@link WebSocketClient#close()} has let go of it. Nothing is told after this, and without a call of
   * connect nothing at all.
   *
   * @param socket the WebSocket
   * @param error empty when it was closed as it should be
   */
  default void onTerminated(WebSocketClient socket, Optional<NetworkException> error) {}
}
