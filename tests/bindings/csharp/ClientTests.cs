// HTTPClient, RequestManager, APIClient.
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PepperPy.Network.Tests;

public partial class ClientTests
{
    private static AiServer Server => AiServer.Shared;

    internal sealed record Message(string Text, int Number);

    [JsonSerializable(typeof(Message))]
    internal sealed partial class Shapes : JsonSerializerContext;

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task bodies_keep_nul_and_high_bytes(string method)
    {
        using HTTPClient client = Server.Client();
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i), 0, 0, 255];
        Response response = await Wait.For(client.CreateRequest(method, Server.Url + "/echo").Body(body).SendAsync());
        JsonElement echo = response.RaiseForStatus().Json();
        Assert.Equal(method, echo.GetProperty("method").GetString());
        Assert.Equal(body, echo.GetProperty("body_base64").GetBytesFromBase64());
    }

    [Fact]
    public async Task response_bodies_keep_nul_and_high_bytes()
    {
        using HTTPClient client = Server.Client();
        Response response = await Wait.For(client.GetAsync(Server.Url + "/bytes?n=600"));
        Assert.Equal(Enumerable.Range(0, 600).Select(i => (byte)(i % 251)), response.Body.ToArray());
        Assert.Equal(600, response.BodyBytes);
    }

    [Fact]
    public async Task each_verb_sends_its_method()
    {
        using HTTPClient client = Server.Client();
        string url = Server.Url + "/echo?a=1";
        async Task<string?> Method(Task<Response> sent) => (await Wait.For(sent)).RaiseForStatus().Json().GetProperty("method").GetString();
        Assert.Equal("GET", await Method(client.GetAsync(url)));
        Assert.Equal("DELETE", await Method(client.DeleteAsync(url)));
        Assert.Equal("POST", await Method(client.PostAsync(url, "x"u8.ToArray())));
        Assert.Equal("PUT", await Method(client.PutAsync(url, "x"u8.ToArray())));
        Assert.Equal("PATCH", await Method(client.PatchAsync(url, "x"u8.ToArray())));
        Assert.Equal("POST", await Method(client.PostJsonAsync(url, "{}")));
        Assert.Equal("PUT", await Method(client.PutJsonAsync(url, "{}")));
        Assert.Equal("PATCH", await Method(client.PatchJsonAsync(url, "{}")));
        Response head = await Wait.For(client.HeadAsync(url));
        Assert.Equal(200, head.Status);
        Assert.Equal(0, head.Body.Length);
    }

    [Fact]
    public async Task user_agent_names_dotnet_unless_the_program_sets_it()
    {
        using var config = new NetworkConfig { CaFile = Server.CaFile };
        Assert.EndsWith($" dotnet/{Environment.Version}", config.UserAgent);
        config.UserAgent = "mine/1";
        using var client = new HTTPClient(config);
        JsonElement echo = (await Wait.For(client.GetAsync(Server.Url + "/echo"))).RaiseForStatus().Json();
        Assert.Contains(echo.GetProperty("headers").EnumerateArray(), header => header[0].GetString() == "User-Agent" && header[1].GetString() == "mine/1");
    }

    [Fact]
    public async Task json_goes_and_comes_in_generated_shapes()
    {
        using HTTPClient client = Server.Client();
        var sent = new Message("pepper \u00e9 \u0000", 7);
        Response response = await Wait.For(client.PostJsonAsync(Server.Url + "/echo", sent, Shapes.Default.Message));
        string? body = response.Json().GetProperty("body").GetString();
        Assert.Equal(sent, JsonSerializer.Deserialize(body!, Shapes.Default.Message));
        await using var server = FaultServer.Answering(FaultServer.Ok(body!, "application/json"));
        using HTTPClient other = FaultServer.Client();
        Assert.Equal(sent, (await Wait.For(other.GetAsync(server.Url))).Json(Shapes.Default.Message));
    }

    [Fact]
    public async Task any_object_goes_as_json()
    {
        using HTTPClient client = Server.Client();
        Response response = await Wait.For(client.CreateRequest("POST", Server.Url + "/echo").JsonObject(new { message = "Hello" }).SendAsync());
        Assert.Equal("""{"message":"Hello"}""", response.Json().GetProperty("body").GetString());
        Assert.Contains("application/json", response.Text);
    }

    [Fact]
    public async Task json_that_is_none_says_so()
    {
        using HTTPClient client = FaultServer.Client();
        await using var server = FaultServer.Answering(FaultServer.Ok("{no", "application/json"));
        Response response = await Wait.For(client.GetAsync(server.Url));
        Assert.Equal(ErrorCode.JsonParse, Assert.Throws<ProtocolException>(() => response.Json()).Code);
        Assert.Equal(ErrorCode.JsonParse, Assert.Throws<ProtocolException>(() => client.CreateRequest("POST", server.Url).Json("{no")).Code);
    }

    [Fact]
    public async Task headers_keep_their_order_and_spelling()
    {
        const string Answer = "HTTP/1.1 200 OK\r\nX-Two: a\r\nx-two: b\r\nX-Latin: caf\u00e9\r\nContent-Length: 0\r\n\r\n";
        var got = new TaskCompletionSource<ServerRequest>();
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                got.TrySetResult(request);
                await connection.WriteAsync(Encoding.Latin1.GetBytes(Answer));
            }
        });
        using HTTPClient client = FaultServer.Client();
        Response response = await Wait.For(client.CreateRequest("GET", server.Url).Header("X-A", "1").Header("X-A", "2").AddHeader("X-A", "3").SendAsync());
        Assert.Equal([new("X-Two", "a"), new("x-two", "b"), new("X-Latin", "caf\u00e9"), new("Content-Length", "0")], response.Headers);
        Assert.Equal(["a", "b"], response.Headers.GetValues("X-TWO"));
        Assert.Null(response.Headers["absent"]);
        string head = (await Wait.For(got.Task)).Head;
        Assert.Contains("X-A: 2\r\nX-A: 3", head);
        Assert.DoesNotContain("X-A: 1", head);
    }

    [Theory]
    [InlineData("a b", "1")]
    [InlineData("X-A", "1\r\nX-B: 2")]
    [InlineData("Host", "elsewhere")]
    public void headers_that_break_the_head_are_refused(string name, string value)
    {
        using var client = new HTTPClient();
        using Request request = client.CreateRequest("GET", "http://127.0.0.1:1/");
        Assert.Equal(ErrorCode.InvalidHeader, Assert.Throws<UsageException>(() => request.Header(name, value)).Code);
    }

    [Theory]
    [InlineData("no url", ErrorCode.InvalidUrl)]
    [InlineData("ftp://localhost/", ErrorCode.UnsupportedScheme)]
    [InlineData("http://user:secret@localhost/", ErrorCode.InvalidUrl)]
    public void addresses_are_checked_before_anything_is_sent(string url, ErrorCode code)
    {
        using var client = new HTTPClient();
        var exception = Assert.Throws<UsageException>(() => client.CreateRequest("GET", url));
        Assert.Equal(code, exception.Code);
        Assert.DoesNotContain("secret", exception.ToString());
    }

    [Fact]
    public async Task a_request_manager_appends_paths_to_its_base()
    {
        using NetworkConfig config = Server.Config().Set("max_retries", 0);
        await using var manager = new RequestManager(Server.Url + "/v1", config);
        Assert.Equal(Server.Url + "/v1", manager.BaseUrl);
        Assert.Equal(200, (await Wait.For(manager.GetAsync("/models"))).Status);
        Assert.Equal(200, (await Wait.For(manager.GetAsync("models"))).Status);
        Assert.Equal(200, (await Wait.For(manager.GetAsync(Server.Url + "/echo"))).Status);
    }

    [Fact]
    public async Task an_api_client_sends_its_key_to_its_origin_alone()
    {
        var seen = new List<string?>();
        await using var stranger = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                seen.Add(request.Header("Authorization"));
                await connection.WriteAsync(FaultServer.Ok("x"));
            }
        }, tls: false);
        using NetworkConfig config = Server.ApiConfig();
        await using var client = new APIClient(config);
        Response response = await Wait.For(client.PostJsonAsync("/v1/chat/completions", """{"messages": [{"role": "user", "content": "hi"}]}"""));
        Assert.Equal(200, response.Status);
        await Wait.For(client.GetAsync(stranger.Url));
        Assert.Equal([null], seen);
    }

    [Fact]
    public async Task a_timeout_is_an_exception_of_its_own()
    {
        using HTTPClient client = Server.Client();
        Request request = client.CreateRequest("GET", Server.Url + "/slow?ms=60000").Timeout(TimeSpan.FromMilliseconds(50));
        var exception = await Wait.Throws<NetworkTimeoutException>(request.SendAsync());
        Assert.Equal(ErrorCode.Timeout, exception.Code);
        Assert.True(exception.IsTimeout);
    }

    [Fact]
    public async Task a_cancelled_token_reaches_the_call()
    {
        var arrived = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            await connection.ReadRequestAsync();
            arrived.SetResult();
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
        using var source = new CancellationTokenSource();
        Task<Response> call = client.GetAsync(server.Url, null, source.Token);
        await Wait.For(arrived.Task);
        await source.CancelAsync();
        var exception = await Wait.Throws<OperationCanceledException>(call);
        Assert.True(call.IsCanceled);
        Assert.Equal(source.Token, exception.CancellationToken);
        // Not the task alone: the connection is closed.
        await Wait.For(gone.Task);
    }

    [Fact]
    public async Task a_token_that_was_cancelled_sends_nothing()
    {
        int requests = 0;
        await using var server = new FaultServer(async connection =>
        {
            if (await connection.ReadRequestAsync() is not null) Interlocked.Increment(ref requests);
        });
        using HTTPClient client = FaultServer.Client();
        Task<Response> call = client.GetAsync(server.Url, null, new CancellationToken(canceled: true));
        await Wait.Throws<OperationCanceledException>(call);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task a_cancelled_request_is_no_cancelled_task()
    {
        using HTTPClient client = Server.Client();
        Request request = client.CreateRequest("GET", Server.Url + "/slow?ms=60000");
        Task<Response> call = request.SendAsync();
        request.Cancel();
        request.Cancel();
        Assert.Equal(ErrorCode.Cancelled, (await Wait.Throws<CancelledException>(call)).Code);
        request.Cancel();
        request.Dispose();
    }

    [Fact]
    public async Task calls_in_flight_end_when_their_client_is_disposed_of()
    {
        HTTPClient client = Server.Client();
        Task<Response>[] calls = [.. Enumerable.Range(0, 20).Select(_ => client.GetAsync(Server.Url + "/slow?ms=60000"))];
        ChunkStream stream = client.Stream(Server.Url + "/drip?n=1000&ms=10");
        Assert.True(await Wait.For(stream.MoveNextAsync().AsTask()));
        client.Dispose();
        client.Dispose();
        foreach (Task<Response> call in calls) await Wait.Throws<CancelledException>(call);
        await Wait.Throws<CancelledException>(Drain(stream));
        Assert.Throws<ObjectDisposedException>(() => client.CreateRequest("GET", Server.Url));

        static async Task Drain(ChunkStream of)
        {
            while (await of.MoveNextAsync())
            {
            }
        }
    }

    [Fact]
    public async Task a_client_can_be_drained()
    {
        using HTTPClient client = Server.Client();
        Task<Response> call = client.GetAsync(Server.Url + "/slow?ms=50");
        Task<bool> drained = client.DrainAsync(Wait.Deadline);
        Assert.True(await Wait.For(drained));
        Assert.Equal(200, (await call).Status);
        Assert.Equal(ErrorCode.ClientClosed, Assert.Throws<UsageException>(() => client.CreateRequest("GET", Server.Url)).Code);
    }

    [Fact]
    public async Task a_token_ends_a_drain()
    {
        HTTPClient client = Server.Client();
        Task<Response> call = client.GetAsync(Server.Url + "/slow?ms=60000");
        using var source = new CancellationTokenSource();
        Task<bool> draining = client.DrainAsync(null, source.Token);
        await source.CancelAsync();
        await Wait.Throws<OperationCanceledException>(draining);
        await Wait.Throws<CancelledException>(call);
    }

    [Fact]
    public async Task a_request_is_sent_once()
    {
        using HTTPClient client = Server.Client();
        Request request = client.CreateRequest("GET", Server.Url + "/slow?ms=30");
        Task<Response> first = request.SendAsync();
        Assert.Equal(ErrorCode.InvalidState, (await Wait.Throws<UsageException>(request.SendAsync())).Code);
        Assert.Throws<UsageException>(() => request.Events());
        Assert.Equal(200, (await Wait.For(first)).Status);
        Assert.Equal(ErrorCode.InvalidState, (await Wait.Throws<UsageException>(request.SendAsync())).Code);
        Assert.Throws<ObjectDisposedException>(() => request.Header("a", "b"));
    }

    [Fact]
    public async Task two_hundred_tasks_share_a_client()
    {
        using HTTPClient client = Server.Client();
        async Task<int> Call(int i)
        {
            Response response = await client.GetAsync($"{Server.Url}/echo?i={i}");
            Assert.Equal($"i={i}", response.Json().GetProperty("query").GetString());
            return response.Status;
        }
        int[] statuses = await Wait.For(Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => Call(i)))));
        Assert.All(statuses, status => Assert.Equal(200, status));
    }

    [Fact]
    public async Task continuations_run_on_the_thread_pool()
    {
        using HTTPClient client = Server.Client();
        // It begins there, too: what has ended before it is waited for goes on where it is.
        await Task.Run(async () =>
        {
            for (int i = 0; i < 20; ++i)
            {
                await client.GetAsync(Server.PlainUrl + "/echo").ConfigureAwait(false);
                Assert.True(Thread.CurrentThread.IsThreadPoolThread);
            }
        });
    }

    [Fact]
    public async Task connections_are_made_ahead_and_counted()
    {
        using HTTPClient client = Server.Client();
        client.Preconnect(Server.Url, 2);
        await Wait.Until(() => client.Count(PoolCount.Idle) == 2, "two idle connections");
        Assert.Equal(2, client.Count(PoolCount.Connections));
        Response response = await Wait.For(client.GetAsync(Server.Url + "/echo"));
        Assert.Null(response.Timings.Tls);
        Assert.Equal(2, client.Count(PoolCount.Connections));
    }

    [Fact]
    public async Task a_response_tells_how_it_came()
    {
        using HTTPClient client = Server.Client();
        Response response = await Wait.For(client.GetAsync(Server.Url + "/v1/models"));
        Assert.Equal("TLSv1.3", response.TlsVersion);
        Assert.True(response.TlsVerified);
        Assert.Equal("HTTP/1.1", response.HttpVersion);
        Assert.EndsWith("/v1/models", response.Url);
        Assert.NotNull(response.Timings.Total);
        Assert.NotNull(response.Timings.Tls);
        Assert.Equal("success", Assert.Single(response.AttemptLog).Outcome);
        Response again = await Wait.For(client.GetAsync(Server.Url + "/v1/models"));
        Assert.True(again.IsReused);
        Assert.Null(again.Timings.Tls);
    }

    [Fact]
    public async Task a_body_that_is_cut_comes_with_what_arrived()
    {
        using HTTPClient client = Server.Client();
        var exception = await Wait.Throws<ProtocolException>(
            client.CreateRequest("GET", Server.Url + "/truncate").Option("max_retries", 0).SendAsync());
        Assert.Equal(ErrorCode.BodyTruncated, exception.Code);
        Assert.Equal(200, exception.Status);
        Assert.Equal(200, exception.Response!.Status);
        Assert.Equal(50, exception.Details.ReceivedBytes);
    }
}
