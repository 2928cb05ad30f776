// The codes of network/error.h under names of this language; a test compares them with the library.
namespace PepperPy.Network;

/// <summary>What went wrong. The hundreds digit is the category. Later versions of the library add codes, so a program must
/// expect some that it does not know; codes are never renumbered.</summary>
public enum ErrorCode
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>An argument is missing, out of range or malformed.</summary>
    InvalidArgument = 101,

    /// <summary>The URL is malformed.</summary>
    InvalidUrl = 102,

    /// <summary>A header name or value is malformed or reserved.</summary>
    InvalidHeader = 103,

    /// <summary>The object is not in a state that allows this call.</summary>
    InvalidState = 104,

    /// <summary>The URL scheme is not supported here.</summary>
    UnsupportedScheme = 105,

    /// <summary>A configuration value is unknown, malformed or out of range.</summary>
    ConfigError = 106,

    /// <summary>The client or the runtime is shut down.</summary>
    ClientClosed = 107,

    /// <summary>The request body can not be sent a second time.</summary>
    BodyNotReplayable = 108,

    /// <summary>Memory could not be allocated.</summary>
    OutOfMemory = 109,

    /// <summary>The header and the library do not match.</summary>
    AbiMismatch = 110,

    /// <summary>A blocking call was made inside a callback.</summary>
    WouldDeadlock = 111,

    /// <summary>The object belongs to the parent of this forked process.</summary>
    Forked = 112,

    /// <summary>The host name could not be resolved.</summary>
    DnsFailed = 201,

    /// <summary>The host name was not resolved in time.</summary>
    DnsTimeout = 202,

    /// <summary>No connection could be made.</summary>
    ConnectFailed = 203,

    /// <summary>The connection was not ready in time.</summary>
    ConnectTimeout = 204,

    /// <summary>The peer reset the connection.</summary>
    ConnectionReset = 205,

    /// <summary>The peer closed the connection before a response.</summary>
    ConnectionClosed = 206,

    /// <summary>The request could not be written.</summary>
    WriteFailed = 207,

    /// <summary>The response could not be read.</summary>
    ReadFailed = 208,

    /// <summary>No connection of the pool became free in time.</summary>
    PoolTimeout = 209,

    /// <summary>Too many calls wait for a connection.</summary>
    PoolQueueFull = 210,

    /// <summary>The network policy denies this address.</summary>
    AddressDenied = 211,

    /// <summary>The proxy could not be used.</summary>
    ProxyFailed = 220,

    /// <summary>The proxy refused the credentials.</summary>
    ProxyAuth = 221,

    /// <summary>The proxy answered with an error status.</summary>
    ProxyStatus = 222,

    /// <summary>The TLS handshake failed.</summary>
    TlsHandshake = 301,

    /// <summary>The certificate chain is not trusted.</summary>
    CertUntrusted = 302,

    /// <summary>A certificate is expired or not yet valid.</summary>
    CertExpired = 303,

    /// <summary>The certificate does not name this host.</summary>
    CertHostname = 304,

    /// <summary>The certificate is revoked.</summary>
    CertRevoked = 305,

    /// <summary>The public key matches no pin.</summary>
    PinMismatch = 306,

    /// <summary>Client and server share no TLS version.</summary>
    TlsVersion = 307,

    /// <summary>The client certificate is missing or was refused.</summary>
    ClientCert = 308,

    /// <summary>The total deadline passed.</summary>
    Timeout = 401,

    /// <summary>The peer accepted no byte in time.</summary>
    WriteTimeout = 402,

    /// <summary>The response did not begin in time.</summary>
    FirstByteTimeout = 403,

    /// <summary>The response stopped and did not go on in time.</summary>
    ReadTimeout = 404,

    /// <summary>One attempt took too long.</summary>
    AttemptTimeout = 405,

    /// <summary>The stream was silent for too long.</summary>
    StreamIdleTimeout = 406,

    /// <summary>The stream lasted longer than allowed.</summary>
    StreamCeiling = 407,

    /// <summary>The transfer was slower than allowed.</summary>
    TooSlow = 408,

    /// <summary>The peer broke the HTTP protocol.</summary>
    HttpProtocol = 501,

    /// <summary>The response head is larger than allowed.</summary>
    HeadersTooLarge = 502,

    /// <summary>The connection ended before the body did.</summary>
    BodyTruncated = 503,

    /// <summary>The response body is larger than allowed.</summary>
    BodyTooLarge = 504,

    /// <summary>The content coding is broken or unknown.</summary>
    DecodeFailed = 505,

    /// <summary>The decoded body is larger than allowed.</summary>
    DecodeLimit = 506,

    /// <summary>There were more redirects than allowed.</summary>
    TooManyRedirects = 507,

    /// <summary>The redirect is not allowed.</summary>
    RedirectBlocked = 508,

    /// <summary>The text is not valid JSON.</summary>
    JsonParse = 509,

    /// <summary>The response has another content type than required.</summary>
    ContentType = 510,

    /// <summary>The JSON has no value of the wanted type at this place.</summary>
    JsonValue = 511,

    /// <summary>Status 400.</summary>
    HttpBadRequest = 601,

    /// <summary>Status 401.</summary>
    HttpUnauthorized = 602,

    /// <summary>Status 403.</summary>
    HttpForbidden = 603,

    /// <summary>Status 404.</summary>
    HttpNotFound = 604,

    /// <summary>Status 409.</summary>
    HttpConflict = 605,

    /// <summary>Status 422.</summary>
    HttpUnprocessable = 606,

    /// <summary>Status 429.</summary>
    HttpTooManyRequests = 607,

    /// <summary>Status 413.</summary>
    HttpPayloadTooLarge = 608,

    /// <summary>Status 408.</summary>
    HttpRequestTimeout = 609,

    /// <summary>Status 500.</summary>
    HttpServerError = 620,

    /// <summary>Status 502.</summary>
    HttpBadGateway = 621,

    /// <summary>Status 503.</summary>
    HttpUnavailable = 622,

    /// <summary>Status 504.</summary>
    HttpGatewayTimeout = 623,

    /// <summary>Status 529.</summary>
    HttpOverloaded = 624,

    /// <summary>Another 4xx status.</summary>
    HttpOther4xx = 640,

    /// <summary>Another 5xx status.</summary>
    HttpOther5xx = 641,

    /// <summary>A status that is no success and no error class.</summary>
    HttpOtherStatus = 642,

    /// <summary>The stream ended before its end was announced.</summary>
    StreamTruncated = 701,

    /// <summary>The server reported an error inside the stream.</summary>
    StreamErrorEvent = 702,

    /// <summary>A line or event is larger than allowed.</summary>
    StreamEventTooLarge = 703,

    /// <summary>The stream was read to its end before.</summary>
    StreamConsumed = 704,

    /// <summary>The WebSocket handshake was refused.</summary>
    WsHandshake = 801,

    /// <summary>The peer broke the WebSocket protocol.</summary>
    WsProtocol = 802,

    /// <summary>A text message is not UTF-8.</summary>
    WsInvalidUtf8 = 803,

    /// <summary>A message is larger than allowed.</summary>
    WsMessageTooBig = 804,

    /// <summary>The peer did not answer a ping in time.</summary>
    WsPingTimeout = 805,

    /// <summary>The peer did not finish the close handshake in time.</summary>
    WsCloseTimeout = 806,

    /// <summary>The WebSocket is closed.</summary>
    WsClosed = 807,

    /// <summary>The send queue is full.</summary>
    WsQueueFull = 808,

    /// <summary>All attempts to reconnect failed.</summary>
    WsReconnectExhausted = 809,

    /// <summary>The call was cancelled.</summary>
    Cancelled = 901,

    /// <summary>The rate limiter refused the call.</summary>
    RateLimited = 902,

    /// <summary>Too many calls wait for the rate limiter.</summary>
    RateLimitQueueFull = 903,

    /// <summary>The cost of the call exceeds the whole limit.</summary>
    RateLimitCost = 904,

    /// <summary>The shared rate limit can not be reached.</summary>
    RateLimitBackend = 905,

    /// <summary>The circuit breaker is open.</summary>
    CircuitOpen = 906,

    /// <summary>A middleware failed.</summary>
    MiddlewareFailed = 907,

    /// <summary>No recorded exchange matches the request.</summary>
    ReplayNoMatch = 908,

    /// <summary>An internal error; please report it.</summary>
    Internal = 999,
}
