// Chunks, lines and events.
using System.Runtime.CompilerServices;
using System.Text;

namespace PepperPy.Network.Tests;

public class StreamTests
{
    private static AiServer Server => AiServer.Shared;

    /// <summary>Sends events in the smallest chunks there are, and tells when its client has gone.</summary>
    private static FaultServer Endless(TaskCompletionSource gone, TaskCompletionSource? begun = null) => new(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.WriteAsync(FaultServer.EventStreamHead);
        await connection.WriteChunkAsync("data: first\n\n");
        begun?.TrySetResult();
        try
        {
            await connection.ReadToEndAsync();
        }
        finally
        {
            gone.TrySetResult();
        }
    });

    [Fact]
    public async Task events_survive_one_byte_chunks()
    {
        const string Body = "id: 7\nevent: token\ndata: caf\u00e9 \u20ac\ndata: two\nretry: 250\n\n: note\n\ndata: [DONE]\n\n";
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync(FaultServer.EventStreamHead);
            foreach (byte one in Encoding.UTF8.GetBytes(Body)) await connection.WriteAsync([.. "1\r\n"u8, one, .. "\r\n"u8]);
            await connection.WriteAsync("0\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        using HTTPClient client = FaultServer.Client();
        var events = new List<StreamEvent>();
        EventStream stream = client.Events(server.Url);
        await foreach (StreamEvent part in stream) events.Add(part);
        Assert.Equal(2, events.Count);
        Assert.Equal(("token", "caf\u00e9 \u20ac\ntwo", "7", 0L), (events[0].Type, events[0].Data, events[0].Id, events[0].Index));
        Assert.Equal(TimeSpan.FromMilliseconds(250), events[0].Retry);
        Assert.Equal(("message", "[DONE]", "7", 1L), (events[1].Type, events[1].Data, events[1].Id, events[1].Index));
        Assert.Null(events[1].Retry);
        Assert.True(stream.Ended);
    }

    [Fact]
    public async Task a_completion_is_streamed_over_tls()
    {
        using NetworkConfig config = Server.ApiConfig();
        await using var client = new APIClient(config);
        var text = new StringBuilder();
        bool done = false;
        Request request = client.CreateRequest("POST", "/v1/chat/completions?ms=0")
            .Json("""{"stream": true, "messages": [{"role": "user", "content": "pepper"}]}""");
        await foreach (StreamEvent part in request.Events())
        {
            if (part.Data == "[DONE]") done = true;
            else if (part.Json().GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out var token)) text.Append(token.GetString());
        }
        Assert.True(done);
        Assert.NotEmpty(text.ToString());
    }

    [Fact]
    public async Task chunks_are_as_large_as_asked_at_most()
    {
        await using StreamingClient client = new(Server.Config());
        var body = new MemoryStream();
        await foreach (ReadOnlyMemory<byte> chunk in client.Stream(Server.Url + "/bytes?n=100000", chunkSize: 1024))
        {
            Assert.InRange(chunk.Length, 1, 1024);
            body.Write(chunk.Span);
        }
        Assert.Equal(Enumerable.Range(0, 100000).Select(i => (byte)(i % 251)), body.ToArray());
        Assert.Throws<ConfigException>(() => client.Stream(Server.Url + "/bytes", chunkSize: 0));
    }

    [Fact]
    public async Task lines_come_without_their_ends()
    {
        await using var server = FaultServer.Answering(FaultServer.Ok("{\"a\":1}\n\r\n{\"a\":2}\r\nlast", "application/x-ndjson"));
        using HTTPClient client = FaultServer.Client();
        var lines = new List<string>();
        await foreach (string line in client.Lines(server.Url)) lines.Add(line);
        Assert.Equal(["{\"a\":1}", "{\"a\":2}", "last"], lines);
    }

    [Fact]
    public async Task a_piece_larger_than_the_buffer_comes_whole()
    {
        string large = new('x', 1_000_000);
        await using var server = FaultServer.Answering(FaultServer.Ok($"data: small\n\ndata: {large}\n\ndata: end\n\n", "text/event-stream"));
        using HTTPClient client = FaultServer.Client();
        var sizes = new List<int>();
        await foreach (StreamEvent part in client.Events(server.Url)) sizes.Add(part.Data.Length);
        Assert.Equal([5, 1_000_000, 3], sizes);
    }

    [Fact]
    public async Task the_head_is_there_before_the_pieces()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        await using EventStream stream = client.Events(server.Url);
        Response head = await Wait.For(stream.GetResponseAsync().AsTask());
        Assert.Equal(200, head.Status);
        Assert.Equal("text/event-stream", head.Headers["content-type"]);
        Assert.True(await Wait.For(stream.MoveNextAsync().AsTask()));
        Assert.Equal("first", stream.Current.Data);
    }

    [Fact]
    public async Task leaving_a_loop_closes_the_connection()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        await foreach (StreamEvent _ in client.Events(server.Url)) break;
        await Wait.For(gone.Task);
    }

    [Fact]
    public async Task what_the_loop_throws_closes_the_connection()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        async Task Read()
        {
            await foreach (StreamEvent _ in client.Events(server.Url)) throw new FormatException("mine");
        }
        Assert.Equal("mine", (await Wait.Throws<FormatException>(Read())).Message);
        await Wait.For(gone.Task);
    }

    [Fact]
    public async Task a_stream_is_cancelled_from_inside_its_loop()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        async Task Read()
        {
            EventStream stream = client.Events(server.Url);
            await foreach (StreamEvent _ in stream) stream.Cancel();
        }
        Assert.Equal(ErrorCode.Cancelled, (await Wait.Throws<CancelledException>(Read())).Code);
        await Wait.For(gone.Task);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_token_ends_a_stream_that_waits(bool ofTheCall)
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        using var source = new CancellationTokenSource();
        var first = new TaskCompletionSource();
        async Task Read()
        {
            EventStream stream = client.Events(server.Url, null, ofTheCall ? source.Token : default);
            await foreach (StreamEvent _ in stream.WithCancellation(ofTheCall ? default : source.Token)) first.SetResult();
        }
        Task reading = Read();
        await Wait.For(first.Task);
        await source.CancelAsync();
        var exception = await Wait.Throws<OperationCanceledException>(reading);
        Assert.IsType<CancelledException>(exception.InnerException);
        await Wait.For(gone.Task);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_stream_that_nobody_has_any_more_is_collected_and_closed(bool tokenLives)
    {
        using var source = new CancellationTokenSource();
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        await Begin(client, server.Url, tokenLives ? source.Token : default);
        await Wait.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return gone.Task.IsCompleted;
            },
            "the connection of a lost stream is closed");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task Begin(HTTPClient client, string url, CancellationToken token)
        {
            EventStream stream = client.Events(url, cancellationToken: token);
            Assert.True(await stream.MoveNextAsync());
        }
    }

    [Fact]
    public async Task collections_during_a_stream_take_nothing_from_it()
    {
        using HTTPClient client = Server.Client();
        int count = 0;
        await foreach (string line in client.Lines(Server.PlainUrl + "/drip?n=200&ms=0"))
        {
            Assert.StartsWith("drip", line);
            ++count;
            if (count % 10 == 0) GC.Collect();
        }
        Assert.True(count > 0);
    }

    [Fact]
    public async Task a_reader_that_is_kept_alive_by_its_own_wait_alone_is_not_collected()
    {
        var release = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync(FaultServer.EventStreamHead);
            await release.Task;
            await connection.WriteChunkAsync("data: late\n\n");
            await connection.WriteAsync("0\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        using HTTPClient client = FaultServer.Client();
        var got = new TaskCompletionSource<string>();
        Begin(client, server.Url, got);
        for (int i = 0; i < 5; ++i)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        release.SetResult();
        Assert.Equal("late", await Wait.For(got.Task));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Begin(HTTPClient client, string url, TaskCompletionSource<string> got) => _ = Task.Run(async () =>
        {
            await foreach (StreamEvent part in client.Events(url)) got.TrySetResult(part.Data);
        });
    }

    [Fact]
    public async Task a_stream_that_is_cut_gives_its_pieces_first()
    {
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync(FaultServer.EventStreamHead);
            await connection.WriteChunkAsync("data: one\n\ndata: tw");
        });
        using HTTPClient client = FaultServer.Client();
        EventStream stream = client.Events(server.Url);
        Assert.True(await Wait.For(stream.MoveNextAsync().AsTask()));
        Assert.Equal("one", stream.Current.Data);
        var exception = await Wait.Throws<StreamException>(stream.MoveNextAsync().AsTask());
        Assert.Equal(ErrorCode.StreamTruncated, exception.Code);
        Assert.Equal(200, exception.Response!.Status);
        // The same again, also after it was disposed of.
        Assert.Equal(ErrorCode.StreamTruncated, (await Wait.Throws<StreamException>(stream.MoveNextAsync().AsTask())).Code);
        stream.Dispose();
        stream.Dispose();
    }

    [Fact]
    public async Task a_stream_of_events_that_is_refused_has_the_body()
    {
        using HTTPClient client = Server.Client();
        EventStream stream = client.CreateRequest("POST", Server.Url + "/v1/chat/completions").Json("{}").Events();
        var exception = await Wait.Throws<AuthenticationException>(stream.MoveNextAsync().AsTask());
        Assert.Equal("invalid_api_key", exception.ProviderCode);
        Assert.Contains("invalid_api_key", exception.Response!.Text);
    }

    [Fact]
    public async Task a_stream_that_was_disposed_of_says_so()
    {
        using HTTPClient client = Server.Client();
        ChunkStream stream = client.Stream(Server.Url + "/drip?n=1000&ms=10");
        Task<bool> waiting = Wait.For(stream.MoveNextAsync().AsTask());
        await waiting;
        stream.Dispose();
        stream.Dispose();
        await Wait.Throws<ObjectDisposedException>(stream.MoveNextAsync().AsTask());
        await Wait.Throws<ObjectDisposedException>(stream.GetResponseAsync().AsTask());
        stream.Cancel();
    }

    [Fact]
    public async Task who_waits_when_a_stream_is_disposed_of_hears_of_it()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        EventStream stream = client.Events(server.Url);
        Assert.True(await Wait.For(stream.MoveNextAsync().AsTask()));
        Task<bool> waiting = stream.MoveNextAsync().AsTask();
        stream.Dispose();
        await Wait.Throws<ObjectDisposedException>(waiting);
        await Wait.For(gone.Task);
    }

    [Fact]
    public async Task a_slow_reader_stops_the_server()
    {
        const int Pieces = 2000;
        byte[] piece = new byte[64 * 1024];
        int written = 0;
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {(long)Pieces * piece.Length}\r\n\r\n");
            for (int i = 0; i < Pieces; ++i)
            {
                await connection.WriteAsync(piece);
                Interlocked.Increment(ref written);
            }
            await connection.ReadToEndAsync();
        }, tls: false);
        using HTTPClient client = FaultServer.Client();
        await using ChunkStream stream = client.Stream(server.Url);
        Assert.True(await Wait.For(stream.MoveNextAsync().AsTask()));
        // Until nothing moves any more. On a slow machine that is seen early, which only makes the number smaller.
        for (int before = -1; before != Volatile.Read(ref written);)
        {
            before = Volatile.Read(ref written);
            await Task.Delay(100);
        }
        Assert.InRange(Volatile.Read(ref written), 0, Pieces / 2);
        long length = stream.Current.Length;
        while (await Wait.For(stream.MoveNextAsync().AsTask())) length += stream.Current.Length;
        Assert.Equal((long)Pieces * piece.Length, length);
    }

    [Fact]
    public async Task two_readers_at_once_are_told_that_they_are()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Endless(gone);
        using HTTPClient client = FaultServer.Client();
        await using EventStream stream = client.Events(server.Url);
        Assert.True(await Wait.For(stream.MoveNextAsync().AsTask()));
        Task<bool> first = stream.MoveNextAsync().AsTask();
        Assert.Equal(ErrorCode.InvalidState, (await Wait.Throws<UsageException>(stream.MoveNextAsync().AsTask())).Code);
        stream.Cancel();
        await Wait.Throws<CancelledException>(first);
    }
}
