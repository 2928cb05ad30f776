// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A chat completion whose tokens are read by a loop, each as it arrives. The library stops reading the socket while the
// loop is busy, and leaving it early closes the connection. A stream without its [DONE] was cut short, however well the
// connection ended: that is an error here.
import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.ErrorCode;
import ai.pepperpy.network.Event;
import ai.pepperpy.network.EventStream;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.Request;
import java.util.List;
import java.util.Map;

public final class ChatStream {
  private static final String USAGE = """
      usage: chat_stream [URL [KEY [CA_FILE]]]
        URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
        KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
        CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
      """;

  private static String setting(String[] args, int index, String variable, String otherwise) {
    return args.length > index ? args[index] : System.getenv().getOrDefault(variable, otherwise);
  }

  private static void chat(APIClient api) {
    final Request question = Request.post("/v1/chat/completions").json(Map.of("model", "demo", "stream", true, "messages",
        List.of(Map.of("role", "user", "content", "Say something about pepper.")))).build();
    boolean finished = false;
    try (EventStream events = api.events(question)) {
      for (Event event : events) {
        if (event.data().equals("[DONE]")) {
          finished = true;
        } else {
          System.out.print(event.json().string("/choices/0/delta/content", ""));
          System.out.flush();
        }
      }
    }
    if (!finished) throw NetworkException.of(ErrorCode.STREAM_TRUNCATED, "");
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
    try (APIClient api = new APIClient(base, key, NetworkConfig.newBuilder().caFile(caFile).build())) {
      chat(api);
      System.out.println();
    } catch (NetworkException error) {
      System.out.println();
      System.err.println("chat_stream: " + error.getMessage());
      System.exit(1);
    }
  }
}
