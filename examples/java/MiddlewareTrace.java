// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Middleware: one around each request, which answers some of them itself; one around each attempt, which another thread
// completes with a signature; and the built-in one that names the trace (W3C Trace Context).
import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.Json;
import ai.pepperpy.network.Middleware;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.RequestMiddleware;
import ai.pepperpy.network.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;

public final class MiddlewareTrace {
  private static final String USAGE = """
      usage: middleware_trace [URL [KEY [CA_FILE]]]
        URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
        KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
        CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
      """;

  private static String setting(String[] args, int index, String variable, String otherwise) {
    return args.length > index ? args[index] : System.getenv().getOrDefault(variable, otherwise);
  }

  private static RequestMiddleware cache() {
    return new RequestMiddleware("cache").beforeRequest(context -> {
      System.out.println("  request: before");
      if (!context.url().contains("/cached")) return;
      System.out.println("  request: answered here");  // nothing inside runs, nothing is sent
      context.respond(200, "{\"from\": \"memory\"}");
    }).afterResponse(context ->
        System.out.println("  request: after, status " + context.response().orElseThrow().status()));
  }

  // A step that returns a stage is over when that completes, on whichever thread.
  private static RequestMiddleware signer() {
    return new RequestMiddleware("signer").beforeAttemptAsync(context -> {
      System.out.println("  attempt: number " + context.attempt() + " waits for its signature");
      return CompletableFuture.runAsync(() -> {
        System.out.println("  attempt: signed by another thread");
        context.setHeader("X-Signature", "1234");
      }, task -> new Thread(task).start());
    });
  }

  private static void ask(APIClient api, String path) {
    System.out.println("GET " + path);
    final Response response = api.get(path).raiseForStatus();
    final Json echo = response.json();  // what /echo says that it got
    final List<Object> headers = echo.contains("/headers") ? echo.list("/headers") : List.of();
    for (int i = 0; i < headers.size(); ++i) {
      final String name = echo.string("/headers/" + i + "/0");
      if (!name.equals("traceparent") && !name.equals("X-Signature")) continue;
      System.out.println("  the server got " + name + ": " + echo.string("/headers/" + i + "/1"));
    }
    System.out.println("  attempts: " + response.attempts());
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
    final NetworkConfig config = NetworkConfig.newBuilder().caFile(caFile).build();
    try (Middleware trace = Middleware.traceContext();
        APIClient api = APIClient.newBuilder(base, key).config(config).middleware(cache()).middleware(signer())
            .middleware(trace).build()) {
      ask(api, "echo");
      ask(api, "cached");
    } catch (NetworkException error) {
      System.err.println("middleware_trace: " + error.getMessage());
      System.exit(1);
    }
  }
}
