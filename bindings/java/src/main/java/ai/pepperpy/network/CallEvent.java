package ai.pepperpy.network;

import java.time.Duration;
import java.util.Optional;

/**
 * One step of a call. Texts are free of secrets.
 *
 * @param type what happened
 * @param name its name, such as "rate_limit_wait"; also of a type that only a newer library knows
 * @param callId among the calls of the client that were watched, from 1
 * @param time since the call began
 * @param attempt from 0
 * @param method of the request
 * @param url of the request, redacted
 * @param status the HTTP status; 0: no response
 * @param code a constant of {@link ErrorCode}
 * @param delay how long the call waits now; empty when it does not
 * @param delaySource "backoff", "retry_after", "none" and others
 * @param detail what is limited, why there is or is no further attempt; may be empty
 * @param remote the address of the peer; may be empty
 * @param reused whether the connection had carried a request before
 * @param bytes of the request with its head (SENT), or of the body of the response
 */
public record CallEvent(Type type, String name, long callId, Duration time, int attempt, String method, String url, int status,
                        int code, Optional<Duration> delay, String delaySource, String detail, String remote,
                        boolean reused, long bytes) {
  /** What happened. */
  public enum Type {
    /** The call has reached its I/O thread. */
    BEGIN,
    /** An attempt begins. */
    ATTEMPT,
    /** It has to wait for the rate limiter. */
    RATE_LIMIT_WAIT,
    /** The circuit breaker changed or refused. */
    BREAKER,
    /** There is a connection. */
    CONNECT,
    /** The request is written. */
    SENT,
    /** The head of the response is there. */
    FIRST_BYTE,
    /** The first piece of a stream was handed out. */
    FIRST_EVENT,
    /** An attempt has ended. */
    ATTEMPT_END,
    /** Another attempt follows. */
    RETRY,
    /** A second request was sent beside a slow one. */
    HEDGE,
    /** The call has ended. */
    END,
    /** What only a newer library knows. */
    UNKNOWN;

    private static final Type[] ALL = values();

    private static Type of(int number) {
      return number >= 0 && number < ALL.length ? ALL[number] : UNKNOWN;
    }
  }

  static CallEvent read(RecordReader in) {
    final int type = in.int32();
    final int attempt = in.int32();
    final int status = in.int32();
    final int code = in.int32();
    final boolean reused = in.int32() != 0;
    final long callId = in.int64();
    final long delayMs = in.int64();
    final long bytes = in.int64();
    final Duration time = Duration.ofNanos(Math.round(in.float64() * 1e6));
    final String name = in.text();
    final String method = in.text();
    final String url = in.text();
    final String source = in.text();
    final String detail = Thrown.withoutMarks(in.text());
    final String remote = in.text();
    return new CallEvent(Type.of(type), name, callId, time, attempt, method, url, status, code,
        delayMs < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(delayMs)), source, detail, remote, reused, bytes);
  }
}
