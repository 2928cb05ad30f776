// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Ask an AI server which models it has, then for one chat completion, over one client:
//
//     java --class-path pepperpy-network-0.1.0.jar Quickstart.java
import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.Response;
import java.util.List;
import java.util.Map;

public final class Quickstart {
  private static final String USAGE = """
      usage: quickstart [URL [KEY [CA_FILE]]]
        URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
        KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
        CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
      """;

  private static final Map<String, ?> QUESTION = Map.of("model", "demo", "messages",
      List.of(Map.of("role", "user", "content", "Say something about pepper.")));

  private static String setting(String[] args, int index, String variable, String otherwise) {
    return args.length > index ? args[index] : System.getenv().getOrDefault(variable, otherwise);
  }

  // One string of the JSON answer; an HTTP status that is no success is an exception, too.
  private static void show(String what, String url, Response response, String pointer) {
    final String text = response.raiseForStatus().json().string(pointer);
    System.out.println(what + " " + url + "\n  " + pointer + " = " + text);
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
    // The key goes to `base` and nowhere else.
    try (APIClient api = new APIClient(base, key, NetworkConfig.newBuilder().caFile(caFile).build())) {
      show("GET", base + "/v1/models", api.get("/v1/models"), "/data/0/id");
      show("POST", base + "/v1/chat/completions", api.postJson("/v1/chat/completions", QUESTION),
          "/choices/0/message/content");
    } catch (NetworkException error) {
      System.err.println("quickstart: " + error.getMessage());  // CODE: what happened
      System.exit(1);
    }
  }
}
