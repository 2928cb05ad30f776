// What ppnb_describe_response tells, read at once.
package ai.pepperpy.network;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

record ResponseHead(long bodyBytes, Optional<Duration> retry, Timings timings, Pace pace, String httpVersion, String remote,
                    String tlsVersion, String tlsCipher, String url, String lastEventId, Headers headers,
                    Headers trailers, List<Attempt> attemptLog) {
  private static final int NUMBERS_BEFORE = 5 * Integer.BYTES;

  static ResponseHead read(byte[] record) {
    final RecordReader in = new RecordReader(record, NUMBERS_BEFORE);
    final long bodyBytes = in.int64();
    final long retryMs = in.int64();
    final long pieces = in.int64();
    final Timings timings = Timings.read(in);
    final Pace pace = Pace.read(pieces, in);
    return new ResponseHead(bodyBytes, retryMs < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(retryMs)),
        timings, pace, in.text(), in.text(), in.text(), in.text(), in.text(), in.text(), Headers.read(in),
        Headers.read(in), Details.readAttempts(in));
  }
}
