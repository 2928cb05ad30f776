// What the runner does for one behaviour.
using System.Text.Json;
using PepperPy.Network;

internal sealed class Replay(JsonElement script, JsonElement request, Outcome outcome, string[] arguments)
{
    public async Task PlayAsync()
    {
        string kind = Text("kind") ?? "unary";
        outcome.IsWebSocket = kind == "websocket";
        using NetworkConfig config = new NetworkConfig().Set("ca_file", arguments[3]);
        foreach ((string name, string value) in Pairs(script, "common_options")) config.Set(name, value);
        foreach ((string name, string value) in Pairs(request, "options")) config.Set(name, value);
        using var client = new StreamingClient(config);
        if (outcome.IsWebSocket)
        {
            await ConverseAsync(client);
            return;
        }
        using Request described = Describe(client);
        switch (kind)
        {
            case "unary":
                outcome.Response = await described.SendAsync();
                if (request.TryGetProperty("raise_for_status", out JsonElement raise) && raise.GetBoolean()) outcome.Response.RaiseForStatus();
                break;
            case "events":
                EventStream events = described.Events();
                await ReadAsync(events, outcome.Events.Add, () =>
                {
                    outcome.LastEventId = events.LastEventId;
                    outcome.Reconnect = events.Retry;
                });
                break;
            case "lines":
                await ReadAsync(described.Lines(), outcome.Lines.Add, () => { });
                break;
            default:
                outcome.Chunks = new MemoryStream();
                await ReadAsync(described.Chunks(), chunk => outcome.Chunks.Write(chunk.Span), () => { });
                break;
        }
    }

    private static IEnumerable<(string, string)> Pairs(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement list)
            ? list.EnumerateArray().Select(pair => (pair[0].GetString()!, pair[1].GetString()!))
            : [];

    private static byte[] Bytes(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? System.Text.Encoding.UTF8.GetBytes(value.GetString()!)
        : value.GetProperty("base64").GetBytesFromBase64();

    private string? Text(string name) => request.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private string Url()
    {
        if (Text("url") is { } whole) return whole;
        string url = Text("base") == "http" ? arguments[2] : arguments[1];
        if (outcome.IsWebSocket) url = "ws" + url[4..];
        return $"{url}/{outcome.Name}/{outcome.Run}{Text("path")}";
    }

    private Request Describe(NetworkClient client)
    {
        Request described = client.CreateRequest(Text("method") ?? "GET", Url());
        try
        {
            foreach ((string name, string value) in Pairs(request, "headers")) described.AddHeader(name, value);
            foreach ((string name, string value) in Pairs(request, "request_options")) described.Option(name, value);
            if (Text("json") is { } json) described.Json(json);
            else if (request.TryGetProperty("body", out JsonElement body)) described.Body(Bytes(body));
            return described;
        }
        catch
        {
            described.Dispose();
            throw;
        }
    }

    private async Task ReadAsync<T>(ResponseStream<T> stream, Action<T> use, Action look)
    {
        using ResponseStream<T> own = stream;
        try
        {
            while (await stream.MoveNextAsync()) use(stream.Current);
        }
        finally
        {
            look();
        }
        outcome.Response = await stream.GetResponseAsync();
    }

    private async Task ConverseAsync(NetworkClient client)
    {
        using var socket = new WebSocketClient(client, Url());
        foreach ((string name, string value) in Pairs(request, "headers")) socket.Header(name, value);
        JsonElement script = request.TryGetProperty("websocket", out JsonElement given) ? given : default;
        foreach (JsonElement name in Elements(script, "subprotocols")) socket.Subprotocol(name.GetString()!);
        try
        {
            await socket.ConnectAsync();
            foreach (JsonElement action in Elements(script, "actions")) await ActAsync(socket, action);
            while (await ReceiveAsync(socket))
            {
            }
            await socket.WaitClosedAsync();
        }
        finally
        {
            Look(socket);
        }
    }

    private static IEnumerable<JsonElement> Elements(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement list) ? list.EnumerateArray() : [];

    private async Task ActAsync(WebSocketClient socket, JsonElement action)
    {
        // The next action does not wait until a message has left.
        if (action.TryGetProperty("send", out JsonElement text)) Begin(socket.SendTextAsync(System.Text.Encoding.UTF8.GetString(Bytes(text))));
        if (action.TryGetProperty("send_binary", out JsonElement bytes)) Begin(socket.SendBinaryAsync(Bytes(bytes)));
        if (action.TryGetProperty("send_json", out JsonElement json)) Begin(socket.SendJsonAsync(json.GetString()!));
        int left = action.TryGetProperty("receive", out JsonElement count) ? count.GetInt32() : 0;
        while (left-- > 0 && await ReceiveAsync(socket))
        {
        }
        if (action.TryGetProperty("close", out JsonElement code))
        {
            socket.Close(code.GetInt32(), action.TryGetProperty("reason", out JsonElement reason) ? reason.GetString()! : "");
        }

        // What can not be sent at all is known at once.
        static void Begin(Task sending)
        {
            if (sending.IsFaulted) sending.GetAwaiter().GetResult();
        }
    }

    private async Task<bool> ReceiveAsync(WebSocketClient socket)
    {
        if (!await socket.MoveNextAsync()) return false;
        outcome.Messages.Add(socket.Current);
        return true;
    }

    private void Look(WebSocketClient socket)
    {
        outcome.CloseCode = socket.CloseCode;
        outcome.CloseReason = socket.CloseReason;
        outcome.Subprotocol = socket.ChosenSubprotocol;
        try
        {
            outcome.Response = socket.HandshakeResponse;
        }
        catch (UsageException)
        {
            // No answer has come.
        }
    }
}
