package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the server answered. It holds nothing of the native library, so that it needs no closing and outlives its client. A status
 * of 400 or more is a response like another: see {@link #raiseForStatus()}.
 *
 * <p>Immutable. Thread: any.
 */
public final class Response {
  private static final int REUSED = 1;
  private static final int TLS_RESUMED = 2;
  private static final int TLS_VERIFIED = 4;
  private static final int FIRST_ERROR_STATUS = 400;

  private final byte[] record;
  private final byte[] body;
  /** What the status means when it is no success; else null. */
  private final Details statusError;
  private ResponseHead head;

  private Response(byte[] record, byte[] body, Details statusError) {
    this.record = record;
    this.body = body;
    this.statusError = statusError;
  }

  /** Reads and releases a response; null for 0. */
  static Response take(long handle) {
    if (handle == 0) return null;
    try {
      return read(handle);
    } finally {
      Native.ppn_response_release(handle);
    }
  }

  /** Reads a response, whose handle stays the caller's. */
  static Response read(long handle) {
    final byte[] record = Native.ppnb_describe_response(handle);
    if (record == null) throw new OutOfMemoryError("no memory for a response");
    final byte[] body = Native.ppnb_response_body(handle);
    final int status = RecordReader.int32At(record, 0);
    Details statusError = null;
    if (status < 200 || status >= FIRST_ERROR_STATUS) {
      final long[] error = new long[1];
      final int code = Native.ppn_response_check_status(handle, error);
      if (code != NativeConstants.PPN_OK) statusError = Details.take(code, error[0]);
    }
    return new Response(record, body != null ? body : Texts.EMPTY, statusError);
  }

  /** Read when it is asked for; reading it twice does no harm. */
  private ResponseHead head() {
    ResponseHead known = head;
    if (known == null) {
      known = ResponseHead.read(record);
      head = known;
    }
    return known;
  }

  private int flags() {
    return RecordReader.int32At(record, Integer.BYTES);
  }

  /**
   * The status code.
   *
   * @return 200 to 999; 101 of the handshake of a WebSocket
   */
  public int status() {
    return RecordReader.int32At(record, 0);
  }

  /**
   * Whether the status is 200 to 299.
   *
   * @return whether it is
   */
  public boolean ok() {
    return status() >= 200 && status() < 300;
  }

  /**
   * Throws the exception that belongs to the status unless it is 200 to 399.
   *
   * @return this response, for calls in one line
   * @throws StatusException of the class that belongs to the status; its {@link NetworkException#response()} is this one
   */
  public Response raiseForStatus() {
    if (statusError != null) throw Errors.make(statusError, this, null);
    return this;
  }

  /**
   * The value of the first header field with a name.
   *
   * @param name without regard to case
   * @return the value; empty when there is no such field
   */
  public Optional<String> header(String name) {
    return headers().first(name);
  }

  /**
   * All header fields.
   *
   * @return the fields in the order received
   */
  public Headers headers() {
    return head().headers();
  }

  /**
   * The trailer fields, which came after the body.
   *
   * @return the fields in the order received
   */
  public Headers trailers() {
    return head().trailers();
  }

  /**
   * The body, when it was collected; empty for a stream.
   *
   * @return a copy of its bytes
   */
  public byte[] bytes() {
    return body.clone();
  }

  /**
   * The body to be read, without a copy.
   *
   * @return a stream that needs no closing
   */
  public InputStream bodyStream() {
    return new ByteArrayInputStream(body);
  }

  /**
   * The body as text in UTF-8; what is not UTF-8 becomes U+FFFD.
   *
   * @return the text
   */
  public String text() {
    return text(StandardCharsets.UTF_8);
  }

  /**
   * The body as text.
   *
   * @param charset how it is encoded
   * @return the text
   */
  public String text(Charset charset) {
    return new String(body, Objects.requireNonNull(charset, "charset"));
  }

  /**
   * The body as JSON. It is parsed with each call.
   *
   * @return the value
   * @throws ProtocolException JSON_PARSE: the body is not JSON
   */
  public Json json() {
    return Json.parse(body);
  }

  /**
   * Bytes of the body that arrived, collected or handed out.
   *
   * @return the number
   */
  public long bodyBytes() {
    return head().bodyBytes();
  }

  /**
   * The URL that gave the response, after redirects; without fragment, with the secrets of its query.
   *
   * @return the URL; empty when the request has neither completed nor followed a redirect
   */
  public String url() {
    return head().url();
  }

  /**
   * Version of the protocol.
   *
   * @return "HTTP/1.1" or "HTTP/1.0"
   */
  public String httpVersion() {
    return head().httpVersion();
  }

  /**
   * The address that answered.
   *
   * @return such as "127.0.0.1:443"
   */
  public String remote() {
    return head().remote();
  }

  /**
   * The version of TLS of the connection.
   *
   * @return such as "TLSv1.3"; empty without TLS
   */
  public String tlsVersion() {
    return head().tlsVersion();
  }

  /**
   * The cipher suite by its name in OpenSSL.
   *
   * @return such as "TLS_AES_256_GCM_SHA384"; empty without TLS
   */
  public String tlsCipher() {
    return head().tlsCipher();
  }

  /**
   * Whether the handshake resumed a session of this client.
   *
   * @return whether it did; false without TLS
   */
  public boolean tlsResumed() {
    return (flags() & TLS_RESUMED) != 0;
  }

  /**
   * Whether the server proved who it is.
   *
   * @return whether certificate chain, dates and name were verified; false without TLS and with verify_ssl=false
   */
  public boolean tlsVerified() {
    return (flags() & TLS_VERIFIED) != 0;
  }

  /**
   * Whether the connection had carried a request before.
   *
   * @return whether it had
   */
  public boolean reused() {
    return (flags() & REUSED) != 0;
  }

  /**
   * How many attempts were made, the first included.
   *
   * @return 1 or more; 0 when a middleware answered
   */
  public int attempts() {
    return RecordReader.int32At(record, 2 * Integer.BYTES);
  }

  /**
   * Each attempt of the call, oldest first; of more than 16 the first ones and the last.
   *
   * @return the attempts
   */
  public List<Attempt> attemptLog() {
    return head().attemptLog();
  }

  /**
   * How many redirects were followed on the way to this response.
   *
   * @return 0 or more
   */
  public int redirects() {
    return RecordReader.int32At(record, 3 * Integer.BYTES);
  }

  /**
   * Why a status that is an error was not followed by another attempt.
   *
   * @return the reason
   */
  public StopReason stopReason() {
    return StopReason.of(RecordReader.int32At(record, 4 * Integer.BYTES));
  }

  /**
   * How long the parts of the call took.
   *
   * @return the times
   */
  public Timings timings() {
    return head().timings();
  }

  /**
   * How steadily the pieces of a stream came.
   *
   * @return the times; of a response that was collected none
   */
  public Pace pace() {
    return head().pace();
  }

  /**
   * The last event id of a stream of events.
   *
   * @return the id; empty when there is none
   */
  public String lastEventId() {
    return head().lastEventId();
  }

  /**
   * The reconnection time that a stream of events set.
   *
   * @return the time; empty when it set none
   */
  public Optional<Duration> retry() {
    return head().retry();
  }

  /** Returns status and size: the body and headers may hold secrets. */
  @Override
  public String toString() {
    return "Response(status " + status() + ", " + body.length + " bytes)";
  }
}
