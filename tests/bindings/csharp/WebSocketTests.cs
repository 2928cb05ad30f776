// Conversations over WebSockets.
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PepperPy.Network.Tests;

public class WebSocketTests
{
    private static AiServer Server => AiServer.Shared;

    private static string RealtimeUrl => "wss" + Server.Url[5..] + "/v1/realtime";

    private static WebSocketClient Realtime(HTTPClient client, string query = "?ms=0") =>
        new WebSocketClient(client, RealtimeUrl + query).Header("Authorization", $"Bearer {AiServer.Key}");

    /// <summary>A WebSocket server under TLS whose conversation is the test's.</summary>
    private static FaultServer Peer(Func<WebSocket, ServerRequest, Task> conversation) => new(async connection =>
    {
        ServerRequest? request = await connection.ReadRequestAsync();
        if (request is null) return;
        string accept = Convert.ToBase64String(
            SHA1.HashData(Encoding.ASCII.GetBytes(request.Header("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        string? subprotocol = request.Header("Sec-WebSocket-Protocol");
        await connection.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                                    $"Sec-WebSocket-Accept: {accept}\r\n" +
                                    (subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n") + "\r\n");
        using WebSocket socket = WebSocket.CreateFromStream(connection.Stream, new WebSocketCreationOptions { IsServer = true });
        try
        {
            await conversation(socket, request);
        }
        catch (System.Net.WebSockets.WebSocketException)
        {
            // The client has gone.
        }
    });

    private static async Task EchoAsync(WebSocket socket, ServerRequest request)
    {
        byte[] buffer = new byte[1 << 20];
        while (true)
        {
            WebSocketReceiveResult part = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, CancellationToken.None);
                return;
            }
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
        }
    }

    [Fact]
    public async Task a_conversation_with_the_ai_server()
    {
        using HTTPClient client = Server.Client();
        await using WebSocketClient socket = Realtime(client);
        await Wait.For(socket.ConnectAsync());
        Assert.Equal(WebSocketState.Open, socket.State);
        Assert.Equal(101, socket.HandshakeResponse.Status);
        await Wait.For(socket.SendJsonAsync("""{"type": "response.create", "input": "pepper"}"""));
        var types = new List<string?>();
        await foreach (WebSocketMessage message in socket)
        {
            types.Add(message.Json().GetProperty("type").GetString());
            if (types[^1] == "response.completed") socket.Close();
        }
        Assert.Equal("session.created", types[0]);
        Assert.Contains("response.output_text.delta", types);
        Assert.Equal("response.completed", types[^1]);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    [Fact]
    public async Task text_and_bytes_are_echoed_as_they_are()
    {
        await using FaultServer server = Peer(EchoAsync);
        using HTTPClient client = FaultServer.Client();
        await using var socket = new WebSocketClient(client, server.WsUrl).Subprotocol("chat");
        await Wait.For(socket.ConnectAsync());
        Assert.Equal("chat", socket.ChosenSubprotocol);
        byte[] bytes = [0, 1, 0x80, 0xff, 0];
        await Wait.For(socket.SendTextAsync("caf\u00e9 \u0000 \u20ac"));
        await Wait.For(socket.SendBinaryAsync(bytes));
        await Wait.For(socket.SendBinaryAsync([]));
        Assert.True(await Wait.For(socket.MoveNextAsync().AsTask()));
        Assert.Equal((MessageKind.Text, "caf\u00e9 \u0000 \u20ac"), (socket.Current.Kind, socket.Current.Text));
        Assert.True(await Wait.For(socket.MoveNextAsync().AsTask()));
        Assert.Equal(MessageKind.Binary, socket.Current.Kind);
        Assert.Equal(bytes, socket.Current.Data.ToArray());
        Assert.True(await Wait.For(socket.MoveNextAsync().AsTask()));
        Assert.Equal(0, socket.Current.Data.Length);
        await Wait.For(socket.CloseAsync(4000, "bye"));
        Assert.False(await Wait.For(socket.MoveNextAsync().AsTask()));
        Assert.Equal(4000, socket.CloseCode);
        Assert.Equal("bye", socket.CloseReason);
    }

    [Fact]
    public async Task many_messages_keep_their_order()
    {
        await using FaultServer server = Peer(EchoAsync);
        using HTTPClient client = FaultServer.Client();
        await using var socket = new WebSocketClient(client, server.WsUrl);
        await Wait.For(socket.ConnectAsync());
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < 2000; ++i) await socket.SendTextAsync($"{i}");
        });
        for (int i = 0; i < 2000; ++i)
        {
            Assert.True(await Wait.For(socket.MoveNextAsync().AsTask()));
            Assert.Equal($"{i}", socket.Current.Text);
        }
        await Wait.For(sending);
    }

    [Fact]
    public async Task a_refused_handshake_says_what_the_server_answered()
    {
        using HTTPClient client = Server.Client();
        await using var socket = new WebSocketClient(client, RealtimeUrl).Option("websocket_reconnect", "off");
        var exception = await Wait.Throws<WebSocketException>(socket.ConnectAsync());
        Assert.Equal(ErrorCode.WsHandshake, exception.Code);
        Assert.Equal(401, exception.Status);
        exception = await Wait.Throws<WebSocketException>(socket.MoveNextAsync().AsTask());
        Assert.Equal(401, exception.Response!.Status);
    }

    [Fact]
    public async Task json_is_checked_before_it_is_sent()
    {
        using HTTPClient client = Server.Client();
        await using WebSocketClient socket = Realtime(client);
        Assert.Equal(ErrorCode.InvalidState, (await Wait.Throws<UsageException>(socket.SendTextAsync("early"))).Code);
        await Wait.For(socket.ConnectAsync());
        Assert.Equal(ErrorCode.JsonParse, (await Wait.Throws<ProtocolException>(socket.SendJsonAsync("{no"))).Code);
        Assert.Throws<UsageException>(() => socket.Header("a", "b"));
        Assert.Throws<UsageException>(() => socket.Close(1005));
    }

    [Fact]
    public async Task another_connection_waits_for_a_new_token()
    {
        List<string?> tokens = [];
        int connections = 0;
        await using FaultServer server = Peer(async (socket, request) =>
        {
            lock (tokens) tokens.Add(request.Header("X-Token"));
            if (Interlocked.Increment(ref connections) == 1)
            {
                // Without a Close frame.
                socket.Abort();
                return;
            }
            await socket.SendAsync("again"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            await EchoAsync(socket, request);
        });
        using HTTPClient client = FaultServer.Client();
        var opened = new List<int>();
        var closed = new List<int>();
        await using var socket = new WebSocketClient(client, server.WsUrl)
            .Header("X-Token", "old")
            .Option("websocket_reconnect", "on")
            .Option("websocket_reconnect_delay_ms", 1)
            .OnOpen(answer => opened.Add(answer.Status))
            .OnClose(how => closed.Add(how.Code))
            .OnReconnecting(async next =>
            {
                await Task.Yield();
                Assert.True(next.Number >= 1);
                next.SetHeader("X-Token", "new");
            });
        await Wait.For(socket.ConnectAsync());
        Assert.True(await Wait.For(socket.MoveNextAsync().AsTask()));
        Assert.Equal("again", socket.Current.Text);
        Assert.Equal(["old", "new"], tokens);
        Assert.Equal([101, 101], opened);
        Assert.Equal([1006], closed);
    }

    [Fact]
    public async Task what_a_hook_throws_is_the_cause_of_the_end()
    {
        await using FaultServer server = Peer(EchoAsync);
        using HTTPClient client = FaultServer.Client();
        var mine = new FormatException("mine");
        var ended = new TaskCompletionSource<NetworkException?>();
        await using var socket = new WebSocketClient(client, server.WsUrl)
            .OnOpen(_ => throw mine)
            .OnTerminated(ended.SetResult);
        Task<bool> reading;
        await Wait.For(socket.ConnectAsync().ContinueWith(_ => { }));
        reading = socket.MoveNextAsync().AsTask();
        var exception = await Wait.Throws<CancelledException>(reading);
        Assert.Same(mine, exception.InnerException);
        Assert.Contains(nameof(what_a_hook_throws_is_the_cause_of_the_end), mine.StackTrace);
        Assert.Same(mine, (await Wait.For(ended.Task))!.InnerException);
    }

    [Fact]
    public async Task a_token_drops_a_connection_that_is_being_made()
    {
        var arrived = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            arrived.SetResult();
            await connection.ReadToEndAsync();
        });
        using HTTPClient client = FaultServer.Client();
        await using var socket = new WebSocketClient(client, server.WsUrl);
        using var source = new CancellationTokenSource();
        Task connecting = socket.ConnectAsync(source.Token);
        await Wait.For(arrived.Task);
        await source.CancelAsync();
        await Wait.Throws<OperationCanceledException>(connecting);
    }

    [Fact]
    public async Task a_token_ends_the_wait_for_a_message_and_not_the_connection()
    {
        await using FaultServer server = Peer(EchoAsync);
        using HTTPClient client = FaultServer.Client();
        await using var socket = new WebSocketClient(client, server.WsUrl);
        await Wait.For(socket.ConnectAsync());
        using var source = new CancellationTokenSource();
        Task<bool> waiting = socket.MoveNextAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Wait.Throws<OperationCanceledException>(waiting);
        await Wait.For(socket.SendTextAsync("still here"));
        Assert.True(await Wait.For(socket.MoveNextAsync().AsTask()));
        Assert.Equal("still here", socket.Current.Text);
        Assert.True(socket.SendTextAsync("never", source.Token).IsCanceled);
    }

    [Fact]
    public async Task after_dispose_everything_says_so()
    {
        await using FaultServer server = Peer(EchoAsync);
        var socket = new WebSocketClient(server.WsUrl, new NetworkConfig().Set("ca_file", FaultServer.CaFile));
        await Wait.For(socket.ConnectAsync());
        Task<bool> waiting = socket.MoveNextAsync().AsTask();
        socket.Dispose();
        socket.Dispose();
        await socket.DisposeAsync();
        await Wait.Throws<ObjectDisposedException>(waiting);
        await Wait.Throws<ObjectDisposedException>(socket.MoveNextAsync().AsTask());
        Assert.Throws<ObjectDisposedException>(() => { socket.SendTextAsync("x"); });
        Assert.Throws<ObjectDisposedException>(() => socket.Close());
        Assert.Equal(WebSocketState.Closed, socket.State);
        socket.Cancel();
    }

    [Fact]
    public async Task a_socket_can_be_disposed_of_inside_its_hook()
    {
        await using FaultServer server = Peer(EchoAsync);
        using HTTPClient client = FaultServer.Client();
        WebSocketClient? socket = null;
        var done = new TaskCompletionSource();
        socket = new WebSocketClient(client, server.WsUrl).OnOpen(_ =>
        {
            socket!.Dispose();
            done.SetResult();
        });
        _ = socket.ConnectAsync();
        await Wait.For(done.Task);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }
}
