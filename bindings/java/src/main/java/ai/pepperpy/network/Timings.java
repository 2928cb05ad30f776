package ai.pepperpy.network;

import java.time.Duration;
import java.util.Optional;

/**
 * How long the parts of a call took; empty for a part that did not happen (a reused connection has no connect).
 *
 * @param pool waiting for a connection of the pool
 * @param dns resolving the name
 * @param connect TCP connect
 * @param tls TLS handshake
 * @param send writing the request
 * @param firstByte request written to response head complete
 * @param body response head to end
 * @param total start to end
 */
public record Timings(Optional<Duration> pool, Optional<Duration> dns, Optional<Duration> connect, Optional<Duration> tls,
                      Optional<Duration> send, Optional<Duration> firstByte, Optional<Duration> body,
                      Optional<Duration> total) {
  static Timings read(RecordReader in) {
    return new Timings(span(in.float64()), span(in.float64()), span(in.float64()), span(in.float64()), span(in.float64()),
        span(in.float64()), span(in.float64()), span(in.float64()));
  }

  static Optional<Duration> span(double ms) {
    return ms < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(Math.round(ms * 1e6)));
  }
}
