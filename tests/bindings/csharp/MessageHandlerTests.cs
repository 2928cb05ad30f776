// What HttpClient and its users expect of a handler beside the everyday calls: tokens, versions, bodies that are not there, threads
// that block.
using System.Net;

namespace PepperPy.Network.Tests;

public class MessageHandlerTests
{
    private static HttpClient Over(NetworkClient client) => new(new PepperPyHttpMessageHandler(client));

    /// <summary>Sends a head and a first chunk, then what `rest` does; `gone` ends when the client has closed the connection.</summary>
    private static FaultServer Slow(Func<Connection, Task> rest, TaskCompletionSource gone) => new(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        await connection.WriteChunkAsync("one");
        try
        {
            await rest(connection);
            await connection.ReadToEndAsync();
        }
        finally
        {
            gone.TrySetResult();
        }
    });

    [Fact]
    public async Task a_token_of_one_read_does_not_end_the_next()
    {
        var release = new TaskCompletionSource();
        await using FaultServer server = Slow(
            async connection =>
            {
                await release.Task;
                await connection.WriteChunkAsync("two");
                await connection.WriteAsync("0\r\n\r\n");
            },
            new());
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead));
        using Stream stream = await response.Content.ReadAsStreamAsync();
        using var first = new CancellationTokenSource();
        byte[] buffer = new byte[3];
        await stream.ReadExactlyAsync(buffer, first.Token);
        await first.CancelAsync();
        await Wait.Throws<OperationCanceledException>(stream.ReadAsync(buffer, first.Token).AsTask());
        release.SetResult();
        await Wait.For(stream.ReadExactlyAsync(buffer).AsTask());
        Assert.Equal("two"u8.ToArray(), buffer);
        Assert.Equal(0, await stream.ReadAsync(buffer));
    }

    [Fact]
    public async Task a_token_ends_the_read_that_it_was_given_to()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Slow(_ => Task.CompletedTask, gone);
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead));
        using Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[3];
        await stream.ReadExactlyAsync(buffer);
        using var source = new CancellationTokenSource();
        Task<int> reading = stream.ReadAsync(buffer, source.Token).AsTask();
        await source.CancelAsync();
        var exception = await Wait.Throws<OperationCanceledException>(reading);
        Assert.Equal(source.Token, exception.CancellationToken);
        await Wait.For(gone.Task);
    }

    [Fact]
    public async Task the_token_of_a_call_ends_with_the_head()
    {
        var release = new TaskCompletionSource();
        await using FaultServer server = Slow(
            async connection =>
            {
                await release.Task;
                await connection.WriteAsync("0\r\n\r\n");
            },
            new());
        using HTTPClient client = FaultServer.Client();
        using var invoker = new HttpMessageInvoker(new PepperPyHttpMessageHandler(client));
        using var source = new CancellationTokenSource();
        using HttpResponseMessage response =
            await Wait.For(invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, server.Url), source.Token));
        await source.CancelAsync();
        release.SetResult();
        Assert.Equal("one", await Wait.For(response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task the_timeout_of_http_client_covers_a_body_that_it_collects()
    {
        var gone = new TaskCompletionSource();
        await using FaultServer server = Slow(_ => Task.CompletedTask, gone);
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        http.Timeout = TimeSpan.FromMilliseconds(300);
        await Wait.Throws<TaskCanceledException>(http.GetAsync(server.Url));
        await Wait.For(gone.Task);
    }

    [Theory]
    [InlineData("HEAD", "200 OK", "Content-Length: 100\r\n", 100)]
    [InlineData("GET", "204 No Content", "", null)]
    [InlineData("GET", "304 Not Modified", "Content-Length: 100\r\n", 100)]
    public async Task a_body_that_is_not_there_is_empty(string method, string status, string fields, int? length)
    {
        await using FaultServer server = FaultServer.Answering($"HTTP/1.1 {status}\r\n{fields}\r\n");
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        for (int i = 0; i < 2; ++i)
        {
            using HttpResponseMessage response = await Wait.For(http.SendAsync(new HttpRequestMessage(new HttpMethod(method), server.Url)));
            if (length is not null) Assert.Equal(length, response.Content.Headers.ContentLength);
            Assert.Empty(await Wait.For(response.Content.ReadAsByteArrayAsync()));
        }
        Assert.Equal(1, client.Count(PoolCount.Connections));
    }

    [Theory]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionExact, true)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrLower, true)]
    [InlineData("1.0", HttpVersionPolicy.RequestVersionOrHigher, true)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionExact, false)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrHigher, false)]
    public async Task a_version_that_is_insisted_on_is_spoken_or_refused(string version, HttpVersionPolicy policy, bool fits)
    {
        await using FaultServer server = FaultServer.Answering(FaultServer.Ok("x"));
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Url) { Version = Version.Parse(version), VersionPolicy = policy };
        Task<HttpResponseMessage> call = http.SendAsync(request);
        if (fits) Assert.Equal(HttpVersion.Version11, (await Wait.For(call)).Version);
        else Assert.Equal(HttpRequestError.VersionNegotiationError, (await Wait.Throws<HttpRequestException>(call)).HttpRequestError);
    }

    [Fact]
    public async Task headers_that_others_allow_are_no_error()
    {
        var got = new TaskCompletionSource<ServerRequest>();
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } sent)
            {
                got.TrySetResult(sent);
                await connection.WriteAsync(FaultServer.Ok("x"));
            }
        });
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("X-Padded", " value ");
        using HttpResponseMessage response = await Wait.For(http.SendAsync(request));
        ServerRequest sent = await got.Task;
        Assert.Equal("value", sent.Header("X-Padded"));
        // A POST without a body says so (RFC 9110 8.6).
        Assert.Equal("0", sent.Header("Content-Length"));
    }

    [Theory]
    [InlineData(false, 503, 1)]
    [InlineData(true, 200, 2)]
    public async Task a_body_is_sent_anew_when_it_can_be_read_anew(bool seeks, int status, int attempts)
    {
        int requests = 0;
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                Assert.Equal(100_000, request.Body.Length);
                await connection.WriteAsync(Interlocked.Increment(ref requests) == 1
                    ? "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" : FaultServer.Ok("x"));
            }
        });
        using HTTPClient client = FaultServer.Client(config => config.Set("backoff_factor", 0.001));
        using HttpClient http = Over(client);
        Stream body = new MemoryStream(new byte[100_000]);
        if (!seeks) body = new System.IO.Compression.BrotliStream(Packed(100_000), System.IO.Compression.CompressionMode.Decompress);
        using var content = new StreamContent(body) { Headers = { ContentLength = 100_000 } };
        using HttpResponseMessage response = await Wait.For(http.PutAsync(server.Url, content));
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(attempts, requests);

        static MemoryStream Packed(int length)
        {
            var packed = new MemoryStream();
            using (var to = new System.IO.Compression.BrotliStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            {
                to.Write(new byte[length]);
            }
            packed.Position = 0;
            return packed;
        }
    }

    [Fact]
    public async Task connect_is_refused()
    {
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        var exception = await Wait.Throws<HttpRequestException>(
            http.SendAsync(new HttpRequestMessage(HttpMethod.Connect, "https://localhost:1/")));
        Assert.IsType<UsageException>(exception.InnerException);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task an_interrupted_thread_cancels_what_it_waits_for(bool reading)
    {
        var begun = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            if (reading) await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            else begun.SetResult();
            try
            {
                await connection.ReadToEndAsync();
            }
            finally
            {
                gone.SetResult();
            }
        });
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        Exception? thrown = null;
        var caller = new Thread(() =>
        {
            try
            {
                var request = new HttpRequestMessage(HttpMethod.Get, server.Url);
                HttpResponseMessage response = http.Send(request, HttpCompletionOption.ResponseHeadersRead);
                Stream body = response.Content.ReadAsStream();
                begun.SetResult();
                body.ReadByte();
            }
            catch (Exception exception)
            {
                thrown = exception;
            }
        });
        caller.Start();
        await Wait.For(begun.Task);
        caller.Interrupt();
        Assert.True(caller.Join(Wait.Deadline));
        Assert.IsType<ThreadInterruptedException>(thrown);
        await Wait.For(gone.Task);
    }

    [Fact]
    public async Task two_hundred_threads_of_the_pool_may_block()
    {
        using HTTPClient client = AiServer.Shared.Client();
        using HttpClient http = Over(client);
        await Wait.For(Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() =>
        {
            using HttpResponseMessage response = http.Send(new HttpRequestMessage(HttpMethod.Get, AiServer.Shared.Url + $"/bytes?n={i}"));
            Assert.Equal(i, response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult().Length);
        }))));
    }

    [Fact]
    public async Task threads_that_block_read_every_byte()
    {
        using HTTPClient client = AiServer.Shared.Client();
        using HttpClient http = Over(client);
        await Wait.For(Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, AiServer.Shared.PlainUrl + "/bytes?n=1000000");
                using HttpResponseMessage response = http.Send(request, HttpCompletionOption.ResponseHeadersRead);
                using Stream stream = response.Content.ReadAsStream();
                byte[] buffer = new byte[10_000];
                int count, total = 0;
                while ((count = stream.Read(buffer)) > 0) total += count;
                Assert.Equal(1_000_000, total);
            },
            TaskCreationOptions.LongRunning))));
    }
}
