// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A batch of requests under a rate limit: so many a minute, so many at once, so many under way. Any number of clients may
// share the limiter; results come in the order of the requests.
import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.Batch;
import ai.pepperpy.network.Completion;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.RateLimiter;
import ai.pepperpy.network.Request;
import ai.pepperpy.network.Response;
import java.time.Duration;
import java.util.List;

public final class RateLimitedBatch {
  private static final String USAGE = """
      usage: rate_limited_batch [URL [KEY [CA_FILE]]]
        URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
        KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
        CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
      """;

  private static String setting(String[] args, int index, String variable, String otherwise) {
    return args.length > index ? args[index] : System.getenv().getOrDefault(variable, otherwise);
  }

  private static final int REQUESTS = 12;
  private static final int PER_SECOND = 20;
  private static final int BURST = 4;

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("--help")) {
      System.out.print(USAGE);
      return;
    }
    if (args.length > 3 || (args.length > 0 && args[0].startsWith("-"))) {
      System.err.print(USAGE);
      System.exit(1);
    }
    final String base = setting(args, 0, "PEPPERPY_DEMO_URL", "https://localhost:8443");
    final String key = setting(args, 1, "PEPPERPY_DEMO_KEY", "demo-key");
    final String caFile = setting(args, 2, "PEPPERPY_DEMO_CA", "");
    final NetworkConfig config = NetworkConfig.newBuilder().caFile(caFile).build();
    try (RateLimiter limiter = new RateLimiter(PER_SECOND * 60, BURST);
        APIClient api = APIClient.newBuilder(base, key).config(config).rateLimiter(limiter).build();
        Batch batch = new Batch()) {
      for (int i = 0; i < REQUESTS; ++i) batch.add(api, Request.get("echo?index=" + i).build());
      batch.concurrency(3).timeout(Duration.ofMinutes(1)).onProgress(
          (done, total) -> System.out.println(done + " of " + total + " done"));
      final long began = System.nanoTime();
      final List<Completion> results = batch.run();
      final long tookMs = (System.nanoTime() - began) / 1_000_000;
      for (Completion result : results) {
        final Response response = result.get().raiseForStatus();
        System.out.println("result " + result.index() + ": status " + response.status() + ", "
            + response.json().string("/query"));
      }
      System.out.println(REQUESTS + " requests in " + tookMs + " ms: " + BURST + " at once, then " + PER_SECOND
          + " a second");
    } catch (NetworkException error) {
      System.err.println("rate_limited_batch: " + error.getMessage());
      System.exit(1);
    }
  }
}
