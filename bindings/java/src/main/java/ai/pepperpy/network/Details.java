// What an error knows, as ppnb_describe_error hands it over.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.util.ArrayList;
import java.util.List;

final class Details {
  private static final int RETRYABLE = 1;
  private static final int TIMEOUT = 2;
  private static final int CANCELLED = 4;
  private static final int RATE_LIMITED = 8;
  private static final int AUTH = 16;

  int code;
  int kind;
  int category;
  boolean retryable;
  boolean timeout;
  boolean cancelled;
  boolean rateLimited;
  boolean auth;
  int sent;
  int status;
  int streamStatus;
  int streamFraming = -1;
  int attempts;
  int stopReason;
  int osErrno;
  long retryAfterMs = -1;
  long receivedBytes;
  long tlsError;
  String name = "";
  String message = "";
  String phase = "none";
  String url = "";
  String providerCode = "";
  String providerType = "";
  String providerMessage = "";
  String requestId = "";
  byte[] partial = Texts.EMPTY;
  List<Attempt> attemptLog = List.of();

  private Details() {}

  /** Of an error that happened before the library was there to describe it. */
  static Details of(int code, String name, String message) {
    final Details made = new Details();
    made.code = code;
    made.category = code / 100;
    made.name = name;
    made.message = message;
    return made;
  }

  /** Of an error of this side; what follows from the code is the library's to say. */
  static Details of(int code, String message) {
    Library.load();
    final long[] error = new long[1];
    final byte[] text = message.isEmpty() ? null : message.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Native.ppn_error_new(code, text, error, null);
    return take(code, error[0]);
  }

  /** Reads and releases an error; 0 leaves the code. */
  static Details take(int code, long error) {
    final byte[] record = error != 0 ? Native.ppnb_describe_error(error) : null;
    Native.ppn_error_release(error);
    if (record != null) return read(record);
    final Details made = of(code, Native.ppn_code_name(code), Native.ppn_code_text(code));
    made.kind = Native.ppnb_error_kind(code);
    return made;
  }

  static Details read(byte[] record) {
    final RecordReader in = new RecordReader(record, 0);
    final Details made = new Details();
    made.code = in.int32();
    made.kind = in.int32();
    made.category = in.int32();
    final int flags = in.int32();
    made.retryable = (flags & RETRYABLE) != 0;
    made.timeout = (flags & TIMEOUT) != 0;
    made.cancelled = (flags & CANCELLED) != 0;
    made.rateLimited = (flags & RATE_LIMITED) != 0;
    made.auth = (flags & AUTH) != 0;
    made.sent = in.int32();
    made.status = in.int32();
    made.streamStatus = in.int32();
    made.streamFraming = in.int32();
    made.attempts = in.int32();
    made.stopReason = in.int32();
    made.osErrno = in.int32();
    made.retryAfterMs = in.int64();
    made.receivedBytes = in.int64();
    made.tlsError = in.int64();
    made.name = in.text();
    made.message = in.text();
    made.phase = in.text();
    made.url = in.text();
    made.providerCode = in.text();
    made.providerType = in.text();
    made.providerMessage = in.text();
    made.requestId = in.text();
    made.partial = in.raw();
    made.attemptLog = readAttempts(in);
    return made;
  }

  static List<Attempt> readAttempts(RecordReader in) {
    final int count = in.int32();
    final List<Attempt> attempts = new ArrayList<>(count);
    for (int i = 0; i < count; ++i) attempts.add(Attempt.read(in));
    return List.copyOf(attempts);
  }
}
