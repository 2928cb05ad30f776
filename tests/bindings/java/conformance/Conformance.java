// Replays behaviours.json through the Java binding: one line of JSON for each behaviour. tests/conformance/FORMAT.md says what
// is done and what the lines hold.
import ai.pepperpy.network.ErrorCode;
import ai.pepperpy.network.Event;
import ai.pepperpy.network.EventStream;
import ai.pepperpy.network.Json;
import ai.pepperpy.network.LineStream;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.NetworkRuntime;
import ai.pepperpy.network.PieceStream;
import ai.pepperpy.network.Request;
import ai.pepperpy.network.Response;
import ai.pepperpy.network.StreamingClient;
import ai.pepperpy.network.ChunkStream;
import ai.pepperpy.network.WebSocketBuilder;
import ai.pepperpy.network.WebSocketClient;
import ai.pepperpy.network.WebSocketMessage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BiConsumer;

public final class Conformance {
  private final Json common;
  private final String httpsBase;
  private final String httpBase;
  private final String caFile;

  private Conformance(Json common, String httpsBase, String httpBase, String caFile) {
    this.common = common;
    this.httpsBase = httpsBase;
    this.httpBase = httpBase;
    this.caFile = caFile;
  }

  private static byte[] bytes(Json value) {
    return value.contains("/base64") ? Base64.getDecoder().decode(value.string("/base64"))
        : value.string("").getBytes(StandardCharsets.UTF_8);
  }

  private static void forEachPair(Json list, String pointer, BiConsumer<String, String> use) {
    if (!list.contains(pointer)) return;
    for (Object pair : list.list(pointer)) {
      use.accept((String) ((List<?>) pair).get(0), (String) ((List<?>) pair).get(1));
    }
  }

  private void play(Json request, Outcome outcome) {
    final String kind = request.string("/kind", "unary");
    outcome.isWebSocket = kind.equals("websocket");
    final NetworkConfig.Builder config = NetworkConfig.newBuilder().set("ca_file", caFile);
    forEachPair(common, "", config::set);
    forEachPair(request, "/options", config::set);
    try (StreamingClient client = new StreamingClient(config.build())) {
      switch (kind) {
        case "websocket" -> converse(client, request, outcome);
        case "unary" -> {
          outcome.response = client.send(described(request, outcome));
          if (request.contains("/raise_for_status") && request.bool("/raise_for_status")) outcome.response.raiseForStatus();
        }
        case "events" -> events(client.events(described(request, outcome)), outcome);
        case "lines" -> {
          try (LineStream lines = client.lines(described(request, outcome))) {
            read(lines, outcome.lines::add);
            outcome.response = lines.response();
          }
        }
        default -> {
          outcome.readsChunks = true;
          try (ChunkStream chunks = client.stream(described(request, outcome))) {
            read(chunks, outcome.chunks::writeBytes);
            outcome.response = chunks.response();
          }
        }
      }
    }
  }

  private static <T> void read(PieceStream<T> stream, java.util.function.Consumer<T> use) {
    for (T piece : stream) use.accept(piece);
  }

  private static void events(EventStream opened, Outcome outcome) {
    try (EventStream stream = opened) {
      try {
        read(stream, event -> outcome.events.add(record(event)));
      } finally {
        outcome.lastEventId = stream.lastEventId();
        outcome.reconnectMs = stream.retry().map(Duration::toMillis).orElse(-1L);
      }
      outcome.response = stream.response();
    }
  }

  private static Map<String, Object> record(Event event) {
    return Map.of("type", event.type(), "data", event.data(), "id", event.id(), "retry_ms",
        event.retry().map(Duration::toMillis).orElse(-1L));
  }

  private String url(Json request, Outcome outcome) {
    if (request.contains("/url")) return request.string("/url");
    String base = request.string("/base", "https").equals("http") ? httpBase : httpsBase;
    if (outcome.isWebSocket) base = "ws" + base.substring("http".length());
    return base + "/" + outcome.name + "/" + outcome.run + request.string("/path", "");
  }

  private Request described(Json request, Outcome outcome) {
    final Request.Builder made = Request.newBuilder(request.string("/method", "GET"), url(request, outcome));
    forEachPair(request, "/headers", made::addHeader);
    forEachPair(request, "/request_options", made::option);
    if (request.contains("/json")) {
      made.json(request.string("/json"));
    } else if (request.contains("/body")) {
      made.body(bytes(request.at("/body")));
    }
    return made.build();
  }

  private void converse(StreamingClient client, Json request, Outcome outcome) {
    final WebSocketBuilder builder = WebSocketClient.newBuilder(client, url(request, outcome));
    forEachPair(request, "/headers", builder::header);
    if (request.contains("/websocket/subprotocols")) {
      for (Object name : request.list("/websocket/subprotocols")) builder.subprotocol((String) name);
    }
    try (WebSocketClient socket = builder.build()) {
      try {
        socket.connect();
        for (Object action : request.list("/websocket/actions")) act(socket, Json.of(action), outcome);
        while (receive(socket, outcome)) {
          // until the end
        }
        socket.awaitClosed();
      } finally {
        outcome.closeCode = socket.closeCode();
        outcome.closeReason = socket.closeReason();
        outcome.subprotocol = socket.subprotocol();
        outcome.response = socket.response().orElse(null);
      }
    }
  }

  private static void act(WebSocketClient socket, Json action, Outcome outcome) {
    if (action.contains("/send")) socket.sendText(new String(bytes(action.at("/send")), StandardCharsets.UTF_8));
    if (action.contains("/send_binary")) socket.sendBinary(bytes(action.at("/send_binary")));
    if (action.contains("/send_json")) socket.sendJson(action.string("/send_json"));
    long left = action.contains("/receive") ? action.integer("/receive") : 0;
    while (left-- > 0 && receive(socket, outcome)) {
      // one after the other
    }
    if (action.contains("/close")) socket.closeAsync((int) action.integer("/close"), action.string("/reason", ""));
  }

  private static boolean receive(WebSocketClient socket, Outcome outcome) {
    try {
      final WebSocketMessage message = socket.next();
      outcome.messages.add(message.isText() ? List.of("text", message.text())
          : List.of("binary", Base64.getEncoder().encodeToString(message.bytes())));
      return true;
    } catch (NoSuchElementException end) {
      return false;
    }
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 4) {
      System.err.println("usage: Conformance BEHAVIOURS HTTPS_BASE HTTP_BASE CA_FILE");
      System.exit(2);
    }
    final Json script = Json.parse(Files.readAllBytes(Path.of(args[0])));
    final Conformance stage = new Conformance(script.at("/common_options"), args[1], args[2], args[3]);
    final String only = System.getenv("PPN_CONFORMANCE_ONLY");
    final long process = ProcessHandle.current().pid();
    int index = 0;
    for (Object behaviour : script.list("/behaviours")) {
      final Json described = Json.of(behaviour);
      final Outcome outcome = new Outcome(described.string("/name"), "java-" + process + "-" + index++);
      if (only != null && !outcome.name.equals(only)) continue;
      try {
        stage.play(described.contains("/request") ? described.at("/request") : Json.of(Map.of()), outcome);
      } catch (NetworkException error) {
        outcome.failed(error);
      }
      System.out.write((outcome.line() + "\n").getBytes(StandardCharsets.UTF_8));
      System.out.flush();
    }
    NetworkRuntime.shutdown();
    if (NetworkRuntime.liveObjects() != 0) {
      System.err.println("Conformance: " + NetworkRuntime.liveObjects() + " objects are still alive");
      System.exit(1);
    }
  }
}
