// The status codes of error.h. tests/bindings/java compares them with the library.
package ai.pepperpy.network;

/**
 * The codes of {@link NetworkException#code()}: what happened. The hundreds digit is the category. Codes are never renumbered;
 * a newer library may know more of them.
 */
public final class ErrorCode {
  private ErrorCode() {}

  /**
   * The name of a code.
   *
   * @param code the code
   * @return such as "CONNECT_TIMEOUT"; "INTERNAL" for an unknown code
   */
  public static String name(int code) {
    Library.load();
    return ai.pepperpy.network.internal.Native.ppn_code_name(code);
  }

  /** Success. */
  public static final int OK = 0;

  /** An argument is missing, out of range or malformed. */
  public static final int INVALID_ARGUMENT = 101;

  /** The URL is malformed. */
  public static final int INVALID_URL = 102;

  /** A header name or value is malformed or reserved. */
  public static final int INVALID_HEADER = 103;

  /** The object is not in a state that allows this call. */
  public static final int INVALID_STATE = 104;

  /** The URL scheme is not supported here. */
  public static final int UNSUPPORTED_SCHEME = 105;

  /** A configuration value is unknown, malformed or out of range. */
  public static final int CONFIG_ERROR = 106;

  /** The client or the runtime is shut down. */
  public static final int CLIENT_CLOSED = 107;

  /** The request body can not be sent a second time. */
  public static final int BODY_NOT_REPLAYABLE = 108;

  /** Memory could not be allocated. */
  public static final int OUT_OF_MEMORY = 109;

  /** The header and the library do not match. */
  public static final int ABI_MISMATCH = 110;

  /** A blocking call was made inside a callback. */
  public static final int WOULD_DEADLOCK = 111;

  /** The object belongs to the parent of this forked process. */
  public static final int FORKED = 112;

  /** The host name could not be resolved. */
  public static final int DNS_FAILED = 201;

  /** The host name was not resolved in time. */
  public static final int DNS_TIMEOUT = 202;

  /** No connection could be made. */
  public static final int CONNECT_FAILED = 203;

  /** The connection was not ready in time. */
  public static final int CONNECT_TIMEOUT = 204;

  /** The peer reset the connection. */
  public static final int CONNECTION_RESET = 205;

  /** The peer closed the connection before a response. */
  public static final int CONNECTION_CLOSED = 206;

  /** The request could not be written. */
  public static final int WRITE_FAILED = 207;

  /** The response could not be read. */
  public static final int READ_FAILED = 208;

  /** No connection of the pool became free in time. */
  public static final int POOL_TIMEOUT = 209;

  /** Too many calls wait for a connection. */
  public static final int POOL_QUEUE_FULL = 210;

  /** The network policy denies this address. */
  public static final int ADDRESS_DENIED = 211;

  /** The proxy could not be used. */
  public static final int PROXY_FAILED = 220;

  /** The proxy refused the credentials. */
  public static final int PROXY_AUTH = 221;

  /** The proxy answered with an error status. */
  public static final int PROXY_STATUS = 222;

  /** The TLS handshake failed. */
  public static final int TLS_HANDSHAKE = 301;

  /** The certificate chain is not trusted. */
  public static final int CERT_UNTRUSTED = 302;

  /** A certificate is expired or not yet valid. */
  public static final int CERT_EXPIRED = 303;

  /** The certificate does not name this host. */
  public static final int CERT_HOSTNAME = 304;

  /** The certificate is revoked. */
  public static final int CERT_REVOKED = 305;

  /** The public key matches no pin. */
  public static final int PIN_MISMATCH = 306;

  /** Client and server share no TLS version. */
  public static final int TLS_VERSION = 307;

  /** The client certificate is missing or was refused. */
  public static final int CLIENT_CERT = 308;

  /** The total deadline passed. */
  public static final int TIMEOUT = 401;

  /** The peer accepted no byte in time. */
  public static final int WRITE_TIMEOUT = 402;

  /** The response did not begin in time. */
  public static final int FIRST_BYTE_TIMEOUT = 403;

  /** The response stopped and did not go on in time. */
  public static final int READ_TIMEOUT = 404;

  /** One attempt took too long. */
  public static final int ATTEMPT_TIMEOUT = 405;

  /** The stream was silent for too long. */
  public static final int STREAM_IDLE_TIMEOUT = 406;

  /** The stream lasted longer than allowed. */
  public static final int STREAM_CEILING = 407;

  /** The transfer was slower than allowed. */
  public static final int TOO_SLOW = 408;

  /** The peer broke the HTTP protocol. */
  public static final int HTTP_PROTOCOL = 501;

  /** The response head is larger than allowed. */
  public static final int HEADERS_TOO_LARGE = 502;

  /** The connection ended before the body did. */
  public static final int BODY_TRUNCATED = 503;

  /** The response body is larger than allowed. */
  public static final int BODY_TOO_LARGE = 504;

  /** The content coding is broken or unknown. */
  public static final int DECODE_FAILED = 505;

  /** The decoded body is larger than allowed. */
  public static final int DECODE_LIMIT = 506;

  /** There were more redirects than allowed. */
  public static final int TOO_MANY_REDIRECTS = 507;

  /** The redirect is not allowed. */
  public static final int REDIRECT_BLOCKED = 508;

  /** The text is not valid JSON. */
  public static final int JSON_PARSE = 509;

  /** The response has another content type than required. */
  public static final int CONTENT_TYPE = 510;

  /** The JSON has no value of the wanted type at this place. */
  public static final int JSON_VALUE = 511;

  /** Status 400. */
  public static final int HTTP_BAD_REQUEST = 601;

  /** Status 401. */
  public static final int HTTP_UNAUTHORIZED = 602;

  /** Status 403. */
  public static final int HTTP_FORBIDDEN = 603;

  /** Status 404. */
  public static final int HTTP_NOT_FOUND = 604;

  /** Status 409. */
  public static final int HTTP_CONFLICT = 605;

  /** Status 422. */
  public static final int HTTP_UNPROCESSABLE = 606;

  /** Status 429. */
  public static final int HTTP_TOO_MANY_REQUESTS = 607;

  /** Status 413. */
  public static final int HTTP_PAYLOAD_TOO_LARGE = 608;

  /** Status 408. */
  public static final int HTTP_REQUEST_TIMEOUT = 609;

  /** Status 500. */
  public static final int HTTP_SERVER_ERROR = 620;

  /** Status 502. */
  public static final int HTTP_BAD_GATEWAY = 621;

  /** Status 503. */
  public static final int HTTP_UNAVAILABLE = 622;

  /** Status 504. */
  public static final int HTTP_GATEWAY_TIMEOUT = 623;

  /** Status 529. */
  public static final int HTTP_OVERLOADED = 624;

  /** Another 4xx status. */
  public static final int HTTP_OTHER_4XX = 640;

  /** Another 5xx status. */
  public static final int HTTP_OTHER_5XX = 641;

  /** A status that is no success and no error class. */
  public static final int HTTP_OTHER_STATUS = 642;

  /** The stream ended before its end was announced. */
  public static final int STREAM_TRUNCATED = 701;

  /** The server reported an error inside the stream. */
  public static final int STREAM_ERROR_EVENT = 702;

  /** A line or event is larger than allowed. */
  public static final int STREAM_EVENT_TOO_LARGE = 703;

  /** The stream was read to its end before. */
  public static final int STREAM_CONSUMED = 704;

  /** The WebSocket handshake was refused. */
  public static final int WS_HANDSHAKE = 801;

  /** The peer broke the WebSocket protocol. */
  public static final int WS_PROTOCOL = 802;

  /** A text message is not UTF-8. */
  public static final int WS_INVALID_UTF8 = 803;

  /** A message is larger than allowed. */
  public static final int WS_MESSAGE_TOO_BIG = 804;

  /** The peer did not answer a ping in time. */
  public static final int WS_PING_TIMEOUT = 805;

  /** The peer did not finish the close handshake in time. */
  public static final int WS_CLOSE_TIMEOUT = 806;

  /** The WebSocket is closed. */
  public static final int WS_CLOSED = 807;

  /** The send queue is full. */
  public static final int WS_QUEUE_FULL = 808;

  /** All attempts to reconnect failed. */
  public static final int WS_RECONNECT_EXHAUSTED = 809;

  /** The call was cancelled. */
  public static final int CANCELLED = 901;

  /** The rate limiter refused the call. */
  public static final int RATE_LIMITED = 902;

  /** Too many calls wait for the rate limiter. */
  public static final int RATE_LIMIT_QUEUE_FULL = 903;

  /** The cost of the call exceeds the whole limit. */
  public static final int RATE_LIMIT_COST = 904;

  /** The shared rate limit can not be reached. */
  public static final int RATE_LIMIT_BACKEND = 905;

  /** The circuit breaker is open. */
  public static final int CIRCUIT_OPEN = 906;

  /** A middleware failed. */
  public static final int MIDDLEWARE_FAILED = 907;

  /** No recorded exchange matches the request. */
  public static final int REPLAY_NO_MATCH = 908;

  /** An internal error; please report it. */
  public static final int INTERNAL = 999;
}
