package ai.pepperpy.network;

import java.time.Duration;
import java.util.Optional;

/**
 * One attempt of a call.
 *
 * @param number from 0; numbers are missing where attempts were left out
 * @param code a constant of {@link ErrorCode}; OK for a response below status 400
 * @param status the HTTP status; 0 when there was no response
 * @param sent how much of the request had been handed to the kernel
 * @param receivedBytes of the response body
 * @param began after the start of the call
 * @param ended after the start of the call; empty when it is not known
 * @param delay waited before the next attempt; empty when there was none
 * @param connection a number that tells connections apart; 0 when there was none
 * @param outcome "success", "not_sent", "sent_no_response", "status_retryable", "body_failed", "committed" or "fatal"
 * @param phase as {@link NetworkException#phase()}
 * @param delaySource "none", "backoff", "retry_after_ms", "retry_after", "rate_headers", "decider", "middleware" or "reconnect"
 * @param remote the address, such as "127.0.0.1:443"; empty when it is not known
 */
public record Attempt(int number, int code, int status, NetworkException.Sent sent, long receivedBytes, Duration began,
                      Optional<Duration> ended, Optional<Duration> delay, long connection, String outcome, String phase,
                      String delaySource, String remote) {
  static Attempt read(RecordReader in) {
    return new Attempt((int) in.int64(), (int) in.int64(), (int) in.int64(),
        NetworkException.Sent.values()[(int) in.int64()], in.int64(), Duration.ofMillis(in.int64()), span(in.int64()),
        span(in.int64()), in.int64(), in.text(), in.text(), in.text(), in.text());
  }

  private static Optional<Duration> span(long ms) {
    return ms < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(ms));
  }
}
