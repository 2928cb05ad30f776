package ai.pepperpy.network;

import java.time.Duration;
import java.util.Optional;

/**
 * How steadily the pieces of a stream came. Time in which the reader held the stream up does not count.
 *
 * @param pieces events, lines or chunks that were handed out
 * @param first start of the request to the first of them
 * @param shortest the shortest time between two of them
 * @param mean the mean of these times
 * @param longest the longest
 */
public record Pace(long pieces, Optional<Duration> first, Optional<Duration> shortest, Optional<Duration> mean,
                   Optional<Duration> longest) {
  static Pace read(long pieces, RecordReader in) {
    return new Pace(pieces, Timings.span(in.float64()), Timings.span(in.float64()), Timings.span(in.float64()),
        Timings.span(in.float64()));
  }
}
