// RequestMiddleware and the middleware of the library.
using System.Text.Json;

namespace PepperPy.Network.Tests;

public class MiddlewareTests
{
    private static AiServer Server => AiServer.Shared;

    private static string? Echoed(Response response, string name) =>
        response.Json().GetProperty("headers").EnumerateArray()
            .Where(header => header[0].GetString()!.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(header => header[1].GetString()).FirstOrDefault();

    [Fact]
    public async Task steps_run_in_order_and_may_take_their_time()
    {
        using HTTPClient client = Server.Client();
        List<string> steps = [];
        client.AddMiddleware(new RequestMiddleware("outer")
            .BeforeRequest(async context =>
            {
                await Task.Yield();
                steps.Add("outer before");
                Assert.Equal("GET", context.Method);
                Assert.Equal(0, context.Attempt);
                Assert.Null(context.Response);
                context.SetHeader("X-Outer", "1");
                context.SetAttribute("left", "behind");
            })
            .AfterResponse(context =>
            {
                steps.Add($"outer after {context.Response!.Status}");
                Assert.Equal("behind", context.GetAttribute("left"));
            }));
        client.AddMiddleware(new RequestMiddleware("inner")
            .BeforeAttempt(context =>
            {
                steps.Add($"attempt {context.Attempt}");
                Assert.Equal("1", context.GetHeader("X-Outer"));
                context.AddHeader("X-Inner", "2");
                context.RemoveHeader("X-Outer");
            })
            .AfterAttempt(async _ => await Task.Run(() => steps.Add("attempt done"))));
        Response response = await Wait.For(client.GetAsync(Server.Url + "/echo?token=hush-hush"));
        Assert.Equal(["outer before", "attempt 1", "attempt done", "outer after 200"], steps);
        Assert.Equal("2", Echoed(response, "X-Inner"));
        Assert.Null(Echoed(response, "X-Outer"));
    }

    [Fact]
    public async Task what_a_step_throws_is_the_cause_of_the_error()
    {
        using HTTPClient client = Server.Client();
        var mine = new FormatException("mine\nover two lines");
        NetworkException? seen = null;
        client.AddMiddleware(new RequestMiddleware("watcher").OnError(context => seen = context.Error));
        client.AddMiddleware(new RequestMiddleware("thrower").BeforeRequest(async _ =>
        {
            await Task.Yield();
            throw mine;
        }));
        var exception = await Wait.Throws<NetworkException>(client.GetAsync(Server.Url + "/echo"));
        Assert.Equal(ErrorCode.MiddlewareFailed, exception.Code);
        Assert.Same(mine, exception.InnerException);
        Assert.Contains(nameof(what_a_step_throws_is_the_cause_of_the_error), mine.StackTrace);
        Assert.Contains("thrower", exception.Message);
        Assert.EndsWith("FormatException: mine over two lines", exception.Message);
        Assert.Same(mine, seen!.InnerException);
    }

    [Fact]
    public async Task an_error_of_this_library_keeps_its_code()
    {
        using HTTPClient client = Server.Client();
        client.AddMiddleware(new RequestMiddleware("thrower").AfterResponse(context => { context.Response!.RaiseForStatus(); }));
        var exception = await Wait.Throws<NotFoundException>(client.GetAsync(Server.Url + "/nothing"));
        Assert.IsType<NotFoundException>(exception.InnerException);
    }

    [Fact]
    public async Task a_stream_whose_middleware_throws_has_the_cause()
    {
        using HTTPClient client = Server.Client();
        client.AddMiddleware(new RequestMiddleware("thrower").BeforeAttempt(_ => throw new FormatException("mine")));
        var exception = await Wait.Throws<NetworkException>(client.Lines(Server.Url + "/drip").MoveNextAsync().AsTask());
        Assert.IsType<FormatException>(exception.InnerException);
    }

    [Fact]
    public async Task a_step_can_answer_fail_and_try_again()
    {
        using HTTPClient client = Server.Client();
        client.AddMiddleware(new RequestMiddleware("all")
            .BeforeRequest(context =>
            {
                if (context.Url.EndsWith("/cached")) context.Respond(203, [0, 0x80], [new("X-From", "memory")]);
                if (context.Url.EndsWith("/refused")) context.Fail(ErrorCode.CircuitOpen, "not now");
                if (context.Url.EndsWith("/moved")) context.SetUrl(Server.Url + "/echo?moved");
                if (context.Url.EndsWith("/body")) context.SetBody("other"u8);
            })
            .AfterResponse(context =>
            {
                if (context.Response!.Status == 503) context.RetryOnce();
            }));
        Response cached = await Wait.For(client.GetAsync(Server.Url + "/cached"));
        Assert.Equal(203, cached.Status);
        Assert.Equal([0, 0x80], cached.Body.ToArray());
        Assert.Equal("memory", cached.Headers["X-From"]);
        Assert.Contains("not now", (await Wait.Throws<CircuitOpenException>(client.GetAsync(Server.Url + "/refused"))).Message);
        Assert.Equal("moved", (await Wait.For(client.GetAsync(Server.Url + "/moved"))).Json().GetProperty("query").GetString());
        Response again = await Wait.For(client.CreateRequest("GET", Server.Url + "/flaky?fail=2&retry-after=0&key=middleware")
            .Option("backoff_factor", 0.001).Option("max_retries", 2).SendAsync());
        Assert.Equal(200, again.Status);
    }

    [Fact]
    public async Task a_context_ends_with_its_step()
    {
        using HTTPClient client = Server.Client();
        MiddlewareContext? kept = null;
        client.AddMiddleware(new RequestMiddleware("keeper").BeforeRequest(context => kept = context));
        await Wait.For(client.GetAsync(Server.Url + "/echo"));
        Assert.Throws<ObjectDisposedException>(() => kept!.Url);
        Assert.Throws<ObjectDisposedException>(() => kept!.SetHeader("a", "b"));
    }

    [Fact]
    public async Task a_step_that_takes_too_long_fails_the_request()
    {
        using HTTPClient client = FaultServer.Client(config => config.Set("middleware_timeout_ms", 30));
        var release = new TaskCompletionSource();
        client.AddMiddleware(new RequestMiddleware("sleeper").BeforeRequest(_ => release.Task));
        var exception = await Wait.Throws<NetworkException>(client.GetAsync("http://127.0.0.1:1/"));
        Assert.Equal(ErrorCode.MiddlewareFailed, exception.Code);
        Assert.Contains("sleeper", exception.Message);
        release.SetResult();
    }

    [Fact]
    public void a_middleware_does_not_change_once_a_client_has_it()
    {
        using var client = new HTTPClient();
        var middleware = new RequestMiddleware("fixed").BeforeRequest(_ => { });
        client.AddMiddleware(middleware);
        Assert.Equal(ErrorCode.InvalidState, Assert.Throws<UsageException>(() => middleware.OnError(_ => { })).Code);
        Assert.Throws<UsageException>(() => client.AddMiddleware(new RequestMiddleware("").BeforeRequest(_ => { })));
    }

    [Fact]
    public async Task middleware_outlives_the_collector()
    {
        using HTTPClient client = Server.Client();
        client.AddMiddleware(new RequestMiddleware("lone").BeforeRequest(context => context.SetHeader("X-Lone", "1")));
        for (int i = 0; i < 3; ++i)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Equal("1", Echoed(await Wait.For(client.GetAsync(Server.Url + "/echo")), "X-Lone"));
        }
    }

    [Fact]
    public async Task a_call_is_cancelled_from_inside_a_step()
    {
        using HTTPClient client = Server.Client();
        using var source = new CancellationTokenSource();
        client.AddMiddleware(new RequestMiddleware("canceller").BeforeRequest(_ => source.Cancel()));
        await Wait.Throws<OperationCanceledException>(client.GetAsync(Server.Url + "/echo", null, source.Token));
    }

    [Fact]
    public async Task a_client_is_disposed_of_inside_a_step()
    {
        HTTPClient client = Server.Client();
        client.AddMiddleware(new RequestMiddleware("disposer").BeforeRequest(_ => client.Dispose()));
        await Wait.Throws<CancelledException>(client.GetAsync(Server.Url + "/echo"));
    }

    [Fact]
    public async Task a_token_is_refreshed_once_for_all()
    {
        using HTTPClient client = Server.Client();
        int refreshes = 0;
        using Middleware middleware = Middleware.TokenRefresh(Server.Url, "stale", async () =>
        {
            Interlocked.Increment(ref refreshes);
            await Task.Yield();
            return AiServer.Key;
        });
        client.AddMiddleware(middleware);
        Response[] responses = await Wait.For(Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.PostJsonAsync(
            Server.Url + "/v1/chat/completions", """{"messages": [{"role": "user", "content": "hi"}]}"""))));
        Assert.All(responses, response => Assert.Equal(200, response.Status));
        Assert.Equal(1, refreshes);
    }

    [Fact]
    public async Task a_refresh_that_throws_leaves_the_refusal()
    {
        using HTTPClient client = Server.Client();
        using Middleware middleware = Middleware.TokenRefresh(Server.Url, "stale", () => throw new FormatException());
        client.AddMiddleware(middleware);
        Response response = await Wait.For(client.PostJsonAsync(Server.Url + "/v1/chat/completions", "{}"));
        Assert.Equal(401, response.Status);
    }

    [Fact]
    public async Task the_library_signs_and_traces()
    {
        using HTTPClient client = Server.Client();
        using Middleware auth = Middleware.Auth(Server.Url, AiServer.Key), trace = Middleware.TraceContext();
        client.AddMiddleware(auth);
        client.AddMiddleware(trace);
        Response response = await Wait.For(client.GetAsync(Server.Url + "/echo"));
        Assert.Equal($"Bearer {AiServer.Key}", Echoed(response, "Authorization"));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", Echoed(response, "traceparent"));
        Assert.DoesNotContain("hush-hush-hush", Assert.Throws<UsageException>(() => Middleware.Auth("nowhere", "hush-hush-hush")).ToString());
    }
}
