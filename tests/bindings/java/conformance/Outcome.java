// What came of one behaviour, and the line of JSON that tells it.
import ai.pepperpy.network.*;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

final class Outcome {
  final String name;
  final String run;
  boolean isWebSocket;
  boolean readsChunks;
  Response response;
  NetworkException error;
  final ByteArrayOutputStream chunks = new ByteArrayOutputStream();
  final List<Object> events = new ArrayList<>();
  final List<Object> lines = new ArrayList<>();
  final List<Object> messages = new ArrayList<>();
  String lastEventId = "";
  long reconnectMs = -1;
  int closeCode;
  String closeReason = "";
  String subprotocol = "";

  Outcome(String name, String run) {
    this.name = name;
    this.run = run;
  }

  void failed(NetworkException thrown) {
    error = thrown;
    // That of a WebSocket was asked for before.
    if (!isWebSocket && thrown.response().isPresent()) response = thrown.response().get();
  }

  /** From the class of what was thrown. */
  private String kind() {
    if (error == null) return "NONE";
    final Map<Class<?>, String> kinds = Map.ofEntries(Map.entry(ConfigException.class, "CONFIG"),
        Map.entry(UsageException.class, "USAGE"), Map.entry(ConnectionException.class, "CONNECTION"),
        Map.entry(TlsException.class, "TLS"), Map.entry(NetworkTimeoutException.class, "TIMEOUT"),
        Map.entry(ProtocolException.class, "PROTOCOL"), Map.entry(BadRequestException.class, "BAD_REQUEST"),
        Map.entry(AuthenticationException.class, "AUTHENTICATION"),
        Map.entry(PermissionDeniedException.class, "PERMISSION_DENIED"),
        Map.entry(NotFoundException.class, "NOT_FOUND"), Map.entry(ConflictException.class, "CONFLICT"),
        Map.entry(UnprocessableException.class, "UNPROCESSABLE"),
        Map.entry(TooManyRequestsException.class, "TOO_MANY_REQUESTS"), Map.entry(ServerException.class, "SERVER"),
        Map.entry(StatusException.class, "STATUS"), Map.entry(StreamException.class, "STREAM"),
        Map.entry(WebSocketException.class, "WEBSOCKET"), Map.entry(CancelledException.class, "CANCELLED"),
        Map.entry(RateLimitException.class, "RATE_LIMIT"), Map.entry(CircuitOpenException.class, "CIRCUIT_OPEN"));
    return kinds.getOrDefault(error.getClass(), "NETWORK");
  }

  private static List<Object> fields(Headers headers) {
    final List<Object> pairs = new ArrayList<>();
    headers.forEach(field -> pairs.add(List.of(field.getKey(), field.getValue())));
    return pairs;
  }

  String line() {
    final Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", name);
    line.put("run", run);
    line.put("code", error == null ? "OK" : error.codeName());
    line.put("kind", kind());
    line.put("phase", error == null ? "none" : error.phase());
    line.put("retryable", error != null && error.isRetryable());
    line.put("retry_after_ms", error == null ? -1 : error.retryAfter().map(Duration::toMillis).orElse(-1L));
    line.put("sent", error == null ? "none" : error.sent().name().toLowerCase(Locale.ROOT));
    line.put("error_status", error == null ? 0 : error.status());
    line.put("stream_status", error == null ? 0 : error.streamStatus());
    line.put("provider_code", error == null ? "" : error.providerCode());
    line.put("provider_type", error == null ? "" : error.providerType());
    line.put("provider_message", error == null ? "" : error.providerMessage());
    line.put("request_id", error == null ? "" : error.requestId());
    int attempts = 0;
    List<Attempt> log = List.of();
    if (!isWebSocket && error != null) {
      attempts = error.attempts();
      log = error.attemptLog();
    } else if (!isWebSocket && response != null) {
      attempts = response.attempts();
      log = response.attemptLog();
    }
    line.put("attempts", attempts);
    line.put("attempt_codes", log.stream().map(attempt -> ErrorCode.name(attempt.code())).toList());
    final boolean hasFields = response != null && !isWebSocket;
    line.put("status", response != null ? response.status() : 0);
    line.put("headers", hasFields ? fields(response.headers()) : List.of());
    line.put("trailers", hasFields ? fields(response.trailers()) : List.of());
    final byte[] collected = response != null ? response.bytes() : new byte[0];
    line.put("body", Base64.getEncoder().encodeToString(readsChunks ? chunks.toByteArray() : collected));
    line.put("events", events);
    line.put("lines", lines);
    line.put("messages", messages);
    line.put("last_event_id", lastEventId);
    line.put("reconnect_ms", reconnectMs);
    line.put("close_code", closeCode);
    line.put("close_reason", closeReason);
    line.put("subprotocol", subprotocol);
    return Json.of(line).toString();
  }
}
