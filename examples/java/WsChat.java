// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A conversation over a WebSocket: a question is sent, its answer is printed word by word as the events come, then the
// next question follows over the same connection. An answer that a lost connection has cut is an error here.
import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.ErrorCode;
import ai.pepperpy.network.Json;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.WebSocketClient;
import ai.pepperpy.network.WebSocketMessage;
import java.util.List;
import java.util.Map;

public final class WsChat {
  private static final String USAGE = """
      usage: ws_chat [URL [KEY [CA_FILE]]]
        URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
        KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
        CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
      """;

  private static String setting(String[] args, int index, String variable, String otherwise) {
    return args.length > index ? args[index] : System.getenv().getOrDefault(variable, otherwise);
  }

  private static final List<String> QUESTIONS = List.of("Say something about pepper.", "And about salt?");

  private static void ask(WebSocketClient socket, String question) {
    System.out.println("> " + question);
    socket.sendJson(Map.of("type", "response.create", "input", question));
  }

  private static void chat(APIClient api) {
    try (WebSocketClient socket =
        WebSocketClient.newBuilder(api, "/v1/realtime").option("websocket_reconnect", "off").build()) {
      socket.connect();  // throws when there is no connection, and says why
      ask(socket, QUESTIONS.get(0));
      int answered = 0;
      for (WebSocketMessage message : socket) {
        final Json event = message.json();
        switch (event.string("/type", "")) {
          case "response.output_text.delta" -> {
            System.out.print(event.string("/delta"));
            System.out.flush();
          }
          case "response.completed" -> {
            System.out.println();
            if (++answered < QUESTIONS.size()) {
              ask(socket, QUESTIONS.get(answered));
            } else {
              socket.closeAsync(1000, "");
            }
          }
          case "error" -> throw NetworkException.of(ErrorCode.INVALID_ARGUMENT, event.string("/error/message"));
          default -> { }  // of no interest: a server may add some
        }
      }
      if (answered < QUESTIONS.size()) {
        throw NetworkException.of(ErrorCode.WS_CLOSED, "the server closed before it had answered");
      }
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
    try (APIClient api = new APIClient(base, key, NetworkConfig.newBuilder().caFile(caFile).build())) {
      chat(api);
    } catch (NetworkException error) {
      System.out.flush();
      System.err.println("ws_chat: " + error.getMessage());
      System.exit(1);
    }
  }
}
