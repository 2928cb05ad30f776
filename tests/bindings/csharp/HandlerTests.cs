// HttpClient over a client of this library.
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace PepperPy.Network.Tests;

public class HandlerTests
{
    private static AiServer Server => AiServer.Shared;

    private static HttpClient Over(NetworkClient client) => new(new PepperPyHttpMessageHandler(client));

    [Fact]
    public async Task texts_go_and_come()
    {
        using HTTPClient client = Server.Client();
        using HttpClient http = Over(client);
        string echo = await Wait.For(http.GetStringAsync(Server.Url + "/echo?a=1"));
        Assert.Contains("\"query\":\"a=1\"", echo);
        using HttpResponseMessage response = await Wait.For(http.PostAsync(Server.Url + "/echo", new StringContent("caf\u00e9", Encoding.UTF8, "text/plain")));
        Assert.Contains("caf\u00e9", await response.Content.ReadAsStringAsync());
        Assert.Equal(new Version(1, 1), response.Version);
    }

    [Fact]
    public async Task headers_land_where_they_belong()
    {
        var got = new TaskCompletionSource<ServerRequest>();
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                got.TrySetResult(request);
                await connection.WriteAsync("HTTP/1.1 201 Made\r\nContent-Type: text/plain; charset=utf-8\r\nX-A: 1\r\nX-A: 2\r\nETag: \"7\"\r\n" +
                                            "Expires: never\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        using HTTPClient client = FaultServer.Client(config => config.Set("expect_continue_timeout_ms", 20));
        using HttpClient http = Over(client);
        using var request = new HttpRequestMessage(HttpMethod.Put, server.Url + "/p?q=%20#fragment");
        request.Headers.UserAgent.ParseAdd("a/1 b/2");
        request.Headers.Accept.ParseAdd("text/plain, text/html");
        request.Headers.Add("X-B", ["3", "4"]);
        request.Headers.ExpectContinue = true;
        request.Headers.TransferEncodingChunked = false;
        request.Content = new ByteArrayContent([0, 0x80, 0xff]) { Headers = { ContentType = new MediaTypeHeaderValue("a/b") } };
        using HttpResponseMessage response = await Wait.For(http.SendAsync(request));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Same(request, response.RequestMessage);
        Assert.Equal(["1", "2"], response.Headers.GetValues("X-A"));
        Assert.Equal("\"7\"", response.Headers.ETag!.Tag);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(2, response.Content.Headers.ContentLength);
        Assert.True(response.Content.Headers.Contains("Expires"));
        ServerRequest sent = await Wait.For(got.Task);
        Assert.StartsWith("PUT /p?q=%20 HTTP/1.1", sent.Head);
        Assert.Equal("a/1 b/2", sent.Header("User-Agent"));
        Assert.Equal("100-continue", sent.Header("Expect"));
        Assert.Equal("text/plain, text/html", sent.Header("Accept"));
        Assert.Equal("3, 4", sent.Header("X-B"));
        Assert.Equal("a/b", sent.Header("Content-Type"));
        Assert.Equal("3", sent.Header("Content-Length"));
        Assert.Equal([0, 0x80, 0xff], sent.Body);
    }

    [Fact]
    public async Task large_bodies_are_streamed_both_ways()
    {
        byte[] body = [.. Enumerable.Range(0, 2_000_000).Select(i => (byte)(i % 253))];
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {request.Body.Length}\r\n\r\n");
                await connection.WriteAsync(request.Body);
            }
        });
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.PostAsync(server.Url, new StreamContent(new MemoryStream(body))));
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage pushed = await Wait.For(http.PostAsync(server.Url, new Pushed(body)));
        Assert.Equal(body, await pushed.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage blocking = await Wait.For(http.PostAsync(server.Url, new Pushed(body, blocks: true)));
        Assert.Equal(body, await blocking.Content.ReadAsByteArrayAsync());
    }

    /// <summary>A content that does not know its length.</summary>
    private sealed class Pushed(byte[] bytes, Exception? end = null, bool blocks = false) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (int at = 0; at < bytes.Length; at += 70_000)
            {
                int length = Math.Min(70_000, bytes.Length - at);
                if (blocks) stream.Write(bytes, at, length);
                else await stream.WriteAsync(bytes.AsMemory(at, length));
            }
            if (end is not null) throw end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    [Fact]
    public async Task what_a_content_throws_is_inside_the_error()
    {
        await using var server = FaultServer.Answering(FaultServer.Ok("x"));
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        var mine = new FormatException("mine");
        var exception = await Wait.Throws<HttpRequestException>(http.PostAsync(server.Url, new Pushed(new byte[100], mine)));
        Assert.Same(mine, Assert.IsType<CancelledException>(exception.InnerException).InnerException);
    }

    [Fact]
    public async Task a_response_is_there_before_its_body()
    {
        var release = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            await connection.WriteChunkAsync("one");
            await release.Task;
            await connection.WriteChunkAsync("two");
            await connection.WriteAsync("0\r\nX-Trailer: t\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead));
        using Stream stream = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[100];
        Assert.Equal(3, await stream.ReadAsync(buffer));
        release.SetResult();
        Assert.Equal("two", await new StreamReader(stream).ReadToEndAsync());
        Assert.Equal("t", Assert.Single(response.TrailingHeaders.GetValues("X-Trailer")));
    }

    [Fact]
    public async Task disposing_of_a_response_closes_its_connection()
    {
        var gone = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
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
        (await Wait.For(http.GetAsync(server.Url, HttpCompletionOption.ResponseHeadersRead))).Dispose();
        await Wait.For(gone.Task);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/", HttpRequestError.ConnectionError, typeof(ConnectionException))]
    [InlineData("http://name.invalid/", HttpRequestError.NameResolutionError, typeof(ConnectionException))]
    public async Task errors_are_those_of_http_client(string url, HttpRequestError error, Type inner)
    {
        using HTTPClient client = FaultServer.Client(config => config.Set("max_retries", 0));
        using HttpClient http = Over(client);
        var exception = await Wait.Throws<HttpRequestException>(http.GetAsync(url));
        Assert.Equal(error, exception.HttpRequestError);
        Assert.Equal(inner, exception.InnerException!.GetType());
    }

    [Fact]
    public async Task certificates_of_strangers_are_refused()
    {
        await using var server = FaultServer.Answering(FaultServer.Ok("x"));
        using HTTPClient client = Server.Client();
        using HttpClient http = Over(client);
        var exception = await Wait.Throws<HttpRequestException>(http.GetAsync(server.Url));
        Assert.Equal(HttpRequestError.SecureConnectionError, exception.HttpRequestError);
        Assert.IsType<TlsException>(exception.InnerException);
    }

    [Fact]
    public async Task a_limit_of_time_is_a_cancelled_task_with_its_reason()
    {
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.ReadToEndAsync();
        });
        using HTTPClient client = FaultServer.Client(config => config.Set("stream_first_byte_timeout_ms", 30).Set("max_retries", 0));
        using HttpClient http = Over(client);
        var exception = await Wait.Throws<TaskCanceledException>(http.GetAsync(server.Url));
        var reason = Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.Equal(ErrorCode.FirstByteTimeout, Assert.IsType<NetworkTimeoutException>(reason.InnerException).Code);
    }

    [Fact]
    public async Task timeout_and_token_of_http_client_reach_the_call()
    {
        using HTTPClient client = Server.Client();
        using HttpClient http = Over(client);
        http.Timeout = TimeSpan.FromMilliseconds(50);
        var late = await Wait.Throws<TaskCanceledException>(http.GetAsync(Server.Url + "/slow?ms=60000"));
        Assert.IsType<TimeoutException>(late.InnerException);
        using HttpClient other = Over(client);
        using var source = new CancellationTokenSource();
        Task<HttpResponseMessage> call = other.GetAsync(Server.Url + "/slow?ms=60000", source.Token);
        await source.CancelAsync();
        await Wait.Throws<OperationCanceledException>(call);
        Assert.True(call.IsCanceled);
    }

    [Fact]
    public async Task a_body_that_is_cut_is_an_error_of_reading()
    {
        using HTTPClient client = Server.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(Server.Url + "/truncate", HttpCompletionOption.ResponseHeadersRead));
        using Stream stream = await response.Content.ReadAsStreamAsync();
        var exception = await Wait.Throws<HttpIOException>(stream.CopyToAsync(Stream.Null));
        Assert.Equal(HttpRequestError.ResponseEnded, exception.HttpRequestError);
        Assert.Equal(ErrorCode.BodyTruncated, Assert.IsType<ProtocolException>(exception.InnerException).Code);
    }

    [Fact]
    public async Task policies_of_the_client_hold()
    {
        using HTTPClient client = FaultServer.Client(config => config.Set("ca_file", Server.CaFile).Set("backoff_factor", 0.001));
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(Server.Url + "/flaky?fail=2&retry-after=0&key=handler-policies"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public void calls_can_block()
    {
        using HTTPClient client = Server.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = http.Send(new HttpRequestMessage(HttpMethod.Get, Server.Url + "/bytes?n=10"));
        using Stream stream = response.Content.ReadAsStream();
        Assert.Equal(10, stream.Read(new byte[20], 0, 20));
    }

    [Fact]
    public async Task compressed_bodies_come_as_they_are()
    {
        using var packed = new MemoryStream();
        using (var zip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write(Encoding.UTF8.GetBytes(new string('p', 1000)));
        }
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n");
                await connection.WriteAsync(packed.ToArray());
            }
        });
        using HTTPClient client = FaultServer.Client();
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(server.Url));
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        Assert.Equal(packed.ToArray(), await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task a_redirect_is_followed_and_told()
    {
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                await connection.WriteAsync(request.Head.StartsWith("GET /from ")
                    ? "HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n"
                    : FaultServer.Ok("there"));
            }
        });
        using HTTPClient client = FaultServer.Client(config => config.Set("max_redirects", 5));
        using HttpClient http = Over(client);
        using HttpResponseMessage response = await Wait.For(http.GetAsync(server.Url + "/from"));
        Assert.Equal("there", await response.Content.ReadAsStringAsync());
        Assert.Equal("/to", response.RequestMessage!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task a_handler_can_own_its_client()
    {
        HTTPClient client = Server.Client();
        new PepperPyHttpMessageHandler(client).Dispose();
        Assert.Equal(200, (await Wait.For(client.GetAsync(Server.Url + "/echo"))).Status);
        new PepperPyHttpMessageHandler(client, disposeClient: true).Dispose();
        Assert.Throws<ObjectDisposedException>(() => client.CreateRequest("GET", Server.Url));
        using var own = new PepperPyHttpMessageHandler();
    }
}
