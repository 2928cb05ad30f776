// Log lines, events of calls, metrics, redaction.
using System.Collections.Concurrent;

namespace PepperPy.Network.Tests;

public class ObserveTests
{
    private static AiServer Server => AiServer.Shared;

    [Fact]
    public async Task events_of_a_call_come_in_order()
    {
        using HTTPClient client = FaultServer.Client(config => config.Set("ca_file", Server.CaFile).Set("backoff_factor", 0.001));
        var events = new ConcurrentQueue<CallEvent>();
        var end = new TaskCompletionSource();
        client.OnCallEvent(happened =>
        {
            events.Enqueue(happened);
            if (happened.Type == CallEventType.End) end.SetResult();
            throw new FormatException("of no consequence");
        });
        await Wait.For(client.GetAsync(Server.Url + "/flaky?fail=1&retry-after=0&key=events&token=hush-hush-hush"));
        await Wait.For(end.Task);
        CallEventType[] types = [.. events.Select(e => e.Type)];
        Assert.Equal(CallEventType.Begin, types[0]);
        Assert.Equal(CallEventType.End, types[^1]);
        Assert.Equal(2, types.Count(type => type == CallEventType.Attempt));
        CallEvent retry = Assert.Single(events, e => e.Type == CallEventType.Retry);
        Assert.Equal(503, retry.Status);
        Assert.NotNull(retry.Delay);
        Assert.Equal("retry", retry.Name);
        Assert.All(events, e => Assert.DoesNotContain("hush-hush-hush", e.ToString()));
        Assert.All(events, e => Assert.Equal(1, e.CallId));
    }

    [Fact]
    public async Task another_listener_takes_the_place_of_the_first()
    {
        using HTTPClient client = Server.Client();
        int first = 0;
        var end = new TaskCompletionSource();
        client.OnCallEvent(_ => Interlocked.Increment(ref first));
        client.OnCallEvent(happened =>
        {
            if (happened.Type == CallEventType.End) end.TrySetResult();
        });
        await Wait.For(client.GetAsync(Server.Url + "/echo"));
        await Wait.For(end.Task);
        Assert.Equal(0, first);
    }

    [Fact]
    public async Task metrics_count_calls()
    {
        using HTTPClient client = Server.Client();
        await Wait.For(client.GetAsync(Server.Url + "/echo"));
        Assert.Contains("http.client.request.duration", client.MetricsJson());
        Assert.Contains("http_client_request_duration", client.MetricsPrometheus());
    }

    [Fact]
    public void what_is_shown_holds_no_secret()
    {
        Assert.Equal("https://REDACTED:REDACTED@localhost/?key=REDACTED", Redaction.Url("https://user:word@localhost/?key=abc#f"));
        Assert.DoesNotContain("abcdefgh", Redaction.Text("Authorization: Bearer abcdefghijklmnop"));
        Redaction.RegisterSecret("entirely-harmless");
        Assert.DoesNotContain("harmless", Redaction.Text("it is entirely-harmless"));
        Redaction.ForgetSecret("entirely-harmless");
        Assert.Contains("harmless", Redaction.Text("it is entirely-harmless"));
        Assert.Throws<UsageException>(() => Redaction.ForgetSecret("entirely-harmless"));
        Assert.True(Redaction.IsSensitiveHeader("authorization"));
        Assert.False(Redaction.IsSensitiveHeader("Idempotency-Key"));
    }
}

// The listener is that of the process.
[Collection("alone")]
public class LogTests
{
    [Fact]
    public async Task lines_come_to_the_listener_and_hold_no_secret()
    {
        var lines = new ConcurrentQueue<(NetworkLogLevel Level, string Line)>();
        var some = new TaskCompletionSource();
        NetworkLog.Listen(NetworkLogLevel.Debug, (level, line) =>
        {
            lines.Enqueue((level, line));
            some.TrySetResult();
            throw new FormatException("of no consequence");
        });
        try
        {
            using HTTPClient client = FaultServer.Client(config => config.Set("max_retries", 1).Set("backoff_factor", 0.001));
            await Wait.Throws<ConnectionException>(client.GetAsync("http://127.0.0.1:1/?token=hush-hush-hush",
                                                                   [new("Authorization", "Bearer hush-hush-hush")]));
            await Wait.For(some.Task);
            client.AddMiddleware(new RequestMiddleware("thrower").BeforeRequest(_ => throw new FormatException("mine")));
            await Wait.Throws<NetworkException>(client.GetAsync("http://127.0.0.1:1/"));
        }
        finally
        {
            NetworkLog.Listen(NetworkLogLevel.Error, null);
        }
        Assert.All(lines, line => Assert.True(Enum.IsDefined(line.Level)));
        Assert.All(lines, line => Assert.DoesNotContain("hush-hush-hush", line.Line));
        Assert.All(lines, line => Assert.DoesNotContain("[exception ", line.Line));
        Assert.Throws<UsageException>(() => NetworkLog.Listen((NetworkLogLevel)9, (_, _) => { }));
        Assert.True(NetworkLog.Dropped >= 0);
    }
}
