// What came of one behaviour, and the line of JSON that tells it.
using System.Text.Json;
using PepperPy.Network;

internal sealed class Outcome(string name, string run)
{
    // The class of what was thrown, in the words of errors.i.
    private static readonly Dictionary<Type, string> s_kinds = new()
    {
        [typeof(ConfigException)] = "CONFIG",
        [typeof(UsageException)] = "USAGE",
        [typeof(ConnectionException)] = "CONNECTION",
        [typeof(TlsException)] = "TLS",
        [typeof(NetworkTimeoutException)] = "TIMEOUT",
        [typeof(ProtocolException)] = "PROTOCOL",
        [typeof(BadRequestException)] = "BAD_REQUEST",
        [typeof(AuthenticationException)] = "AUTHENTICATION",
        [typeof(PermissionDeniedException)] = "PERMISSION_DENIED",
        [typeof(NotFoundException)] = "NOT_FOUND",
        [typeof(ConflictException)] = "CONFLICT",
        [typeof(UnprocessableException)] = "UNPROCESSABLE",
        [typeof(TooManyRequestsException)] = "TOO_MANY_REQUESTS",
        [typeof(ServerException)] = "SERVER",
        [typeof(StatusException)] = "STATUS",
        [typeof(StreamException)] = "STREAM",
        [typeof(WebSocketException)] = "WEBSOCKET",
        [typeof(CancelledException)] = "CANCELLED",
        [typeof(RateLimitException)] = "RATE_LIMIT",
        [typeof(CircuitOpenException)] = "CIRCUIT_OPEN",
        [typeof(NetworkException)] = "NETWORK",
    };

    private NetworkException? _error;

    public string Name => name;
    public string Run => run;
    public bool IsWebSocket { get; set; }
    public Response? Response { get; set; }
    public MemoryStream? Chunks { get; set; }
    public List<StreamEvent> Events { get; } = [];
    public List<string> Lines { get; } = [];
    public List<WebSocketMessage> Messages { get; } = [];
    public string LastEventId { get; set; } = "";
    public TimeSpan? Reconnect { get; set; }
    public int CloseCode { get; set; }
    public string CloseReason { get; set; } = "";
    public string Subprotocol { get; set; } = "";

    public void Failed(NetworkException error)
    {
        _error = error;
        // That of a WebSocket was asked for before.
        if (!IsWebSocket && error.Response is not null) Response = error.Response;
    }

    public byte[] Line()
    {
        using var buffer = new MemoryStream();
        using (var line = new Utf8JsonWriter(buffer))
        {
            line.WriteStartObject();
            line.WriteString("name", name);
            line.WriteString("run", run);
            WriteError(line);
            WriteAttempts(line);
            WriteResponse(line);
            WritePieces(line);
            line.WriteString("last_event_id", LastEventId);
            line.WriteNumber("reconnect_ms", Milliseconds(Reconnect));
            line.WriteNumber("close_code", CloseCode);
            line.WriteString("close_reason", CloseReason);
            line.WriteString("subprotocol", Subprotocol);
            line.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private void WriteError(Utf8JsonWriter line)
    {
        ErrorDetails error = _error?.Details ?? new ErrorDetails { Code = ErrorCode.None };
        line.WriteString("code", _error?.CodeName ?? "OK");
        line.WriteString("kind", _error is null ? "NONE" : s_kinds[_error.GetType()]);
        line.WriteString("phase", error.Phase);
        line.WriteBoolean("retryable", error.IsRetryable);
        line.WriteNumber("retry_after_ms", Milliseconds(error.RetryAfter));
        line.WriteString("sent", error.Sent.ToString().ToLowerInvariant());
        line.WriteNumber("error_status", error.Status);
        line.WriteNumber("stream_status", error.StreamStatus);
        line.WriteString("provider_code", error.ProviderCode);
        line.WriteString("provider_type", error.ProviderType);
        line.WriteString("provider_message", error.ProviderMessage);
        line.WriteString("request_id", error.RequestId);
    }

    private void WriteAttempts(Utf8JsonWriter line)
    {
        bool told = !IsWebSocket;
        IReadOnlyList<Attempt> log = !told ? [] : _error?.Attempts ?? Response?.AttemptLog ?? [];
        line.WriteNumber("attempts", !told ? 0 : _error?.Details.AttemptCount ?? Response?.Attempts ?? 0);
        line.WriteStartArray("attempt_codes");
        foreach (Attempt attempt in log)
        {
            line.WriteStringValue(attempt.Code == ErrorCode.None ? "OK" : NetworkException.FromCode(new ErrorDetails { Code = attempt.Code }).CodeName);
        }
        line.WriteEndArray();
    }

    private void WriteResponse(Utf8JsonWriter line)
    {
        line.WriteNumber("status", Response?.Status ?? 0);
        WriteFields(line, "headers", IsWebSocket ? null : Response?.Headers);
        WriteFields(line, "trailers", IsWebSocket ? null : Response?.Trailers);
        ReadOnlyMemory<byte> body = Chunks is not null ? Chunks.ToArray() : Response?.Body ?? default;
        line.WriteBase64String("body", body.Span);
    }

    private void WritePieces(Utf8JsonWriter line)
    {
        line.WriteStartArray("events");
        foreach (StreamEvent part in Events)
        {
            line.WriteStartObject();
            line.WriteString("type", part.Type);
            line.WriteString("data", part.Data);
            line.WriteString("id", part.Id);
            line.WriteNumber("retry_ms", Milliseconds(part.Retry));
            line.WriteEndObject();
        }
        line.WriteEndArray();
        line.WriteStartArray("lines");
        foreach (string text in Lines) line.WriteStringValue(text);
        line.WriteEndArray();
        line.WriteStartArray("messages");
        foreach (WebSocketMessage message in Messages)
        {
            line.WriteStartArray();
            line.WriteStringValue(message.Kind.ToString().ToLowerInvariant());
            if (message.Kind == MessageKind.Text) line.WriteStringValue(message.Text);
            else line.WriteBase64StringValue(message.Data.Span);
            line.WriteEndArray();
        }
        line.WriteEndArray();
    }

    private static void WriteFields(Utf8JsonWriter line, string member, HeaderCollection? fields)
    {
        line.WriteStartArray(member);
        foreach (KeyValuePair<string, string> field in fields ?? (IEnumerable<KeyValuePair<string, string>>)[])
        {
            line.WriteStartArray();
            line.WriteStringValue(field.Key);
            line.WriteStringValue(field.Value);
            line.WriteEndArray();
        }
        line.WriteEndArray();
    }

    private static long Milliseconds(TimeSpan? time) => time is { } span ? (long)span.TotalMilliseconds : -1;
}
