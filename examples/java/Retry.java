// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Retries around any function: a GET against a server that fails a few times is repeated, a POST without an idempotency
// key is not when the server may have done its work, and with one it is. The client itself repeats nothing here
// (maxRetries 0), or the attempts would multiply; without a handler it does the same by itself.
import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.Request;
import ai.pepperpy.network.Response;
import ai.pepperpy.network.RetryHandler;
import ai.pepperpy.network.StatusException;
import java.util.UUID;

public final class Retry {
  private static final String USAGE = """
      usage: retry [URL [KEY [CA_FILE]]]
        URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
        KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
        CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
      """;

  private static String setting(String[] args, int index, String variable, String otherwise) {
    return args.length > index ? args[index] : System.getenv().getOrDefault(variable, otherwise);
  }

  private static void ask(APIClient api, String method, String failures, boolean keyed) {
    System.out.println(method + " " + failures + (keyed ? ", with an idempotency key" : ", no idempotency key"));
    // The server counts the requests of each path and query.
    final Request.Builder request = Request.newBuilder(method, "flaky?" + failures + "&key=" + UUID.randomUUID());
    if (keyed) request.header("Idempotency-Key", "the-same-for-each-attempt");
    final RetryHandler retry = new RetryHandler(3).set("backoff_factor", "0.05").onRetry(
        (error, decision) -> System.out.println("  another attempt in " + decision.delay().toMillis() + " ms"));
    final int[] number = {0};
    try {
      retry.run(method, keyed, () -> {
        final Response response = api.send(request.build());
        System.out.println("  attempt " + ++number[0] + ": status " + response.status());
        return response.raiseForStatus();
      });
    } catch (StatusException error) {
      System.out.println("  no other attempt: " + retry.decide(error, method, keyed, number[0] - 1, null).reason());
    }
  }

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
    final NetworkConfig config = NetworkConfig.newBuilder().caFile(caFile).maxRetries(0).build();
    try (APIClient api = new APIClient(base, key, config)) {
      // A server that asks for a time by Retry-After gets it; 0 leaves it to the backoff.
      ask(api, "GET", "fail=2&status=503&retry-after=0", false);
      ask(api, "POST", "fail=1&status=500", false);
      ask(api, "POST", "fail=1&status=500", true);
    } catch (NetworkException error) {
      System.err.println("retry: " + error.getMessage());
      System.exit(1);
    }
  }
}
