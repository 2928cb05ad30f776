// RateLimiter, RetryHandler, Batch.
using System.Diagnostics;

namespace PepperPy.Network.Tests;

public class PolicyTests
{
    private static AiServer Server => AiServer.Shared;

    [Fact]
    public async Task a_permit_is_a_scope()
    {
        using NetworkConfig config = new NetworkConfig().Set("max_in_flight", 1);
        using var limiter = new RateLimiter(config);
        await using (await Wait.For(limiter.WaitAsync()))
        {
            Assert.Equal(1, limiter.Count(RateCount.InFlight));
            Assert.Null(limiter.TryAcquire());
        }
        Assert.Equal(0, limiter.Count(RateCount.InFlight));
        using RatePermit? permit = limiter.TryAcquire();
        Assert.NotNull(permit);
        permit.Settle(3);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<UsageException>(() => permit.Settle(-1)).Code);
        permit.Dispose();
        permit.Dispose();
        Assert.Throws<ObjectDisposedException>(() => permit.Settle(1));
    }

    [Fact]
    public async Task a_wait_that_would_take_too_long_is_refused_with_its_time()
    {
        using var limiter = new RateLimiter(requestsPerMinute: 1, burstSize: 1);
        await using RatePermit first = await Wait.For(limiter.WaitAsync("model"));
        var exception = await Wait.Throws<RateLimitException>(limiter.WaitAsync("model", timeout: TimeSpan.FromSeconds(1)));
        Assert.Equal(ErrorCode.RateLimited, exception.Code);
        Assert.InRange(exception.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(61));
        await using RatePermit other = await Wait.For(limiter.WaitAsync("another model"));
        Assert.Equal(ErrorCode.RateLimitCost, (await Wait.Throws<RateLimitException>(limiter.WaitAsync("x", cost: 5))).Code);
    }

    [Fact]
    public async Task a_cancelled_wait_gives_its_place_back()
    {
        using var limiter = new RateLimiter(requestsPerMinute: 1, burstSize: 1);
        await using RatePermit first = await Wait.For(limiter.WaitAsync());
        using var source = new CancellationTokenSource();
        Task<RatePermit> waiting = limiter.WaitAsync(cancellationToken: source.Token);
        await Wait.Until(() => limiter.Count(RateCount.Waiting) == 1, "one waits");
        await source.CancelAsync();
        await Wait.Throws<OperationCanceledException>(waiting);
        await Wait.Until(() => limiter.Count(RateCount.Waiting) == 0, "nobody waits");
        await Wait.Throws<OperationCanceledException>(limiter.WaitAsync(cancellationToken: source.Token));
    }

    [Fact]
    public async Task clients_share_a_limiter()
    {
        using var limiter = new RateLimiter(requestsPerMinute: 600, burstSize: 100);
        using HTTPClient one = Server.Client(), two = Server.Client();
        one.UseRateLimiter(limiter);
        two.UseRateLimiter(limiter);
        await Wait.For(one.GetAsync(Server.Url + "/echo"));
        await Wait.For(two.GetAsync(Server.Url + "/echo"));
        Assert.Equal(2, limiter.Count(RateCount.Granted));
        Assert.Equal(ErrorCode.InvalidState, Assert.Throws<UsageException>(() => one.UseRateLimiter(limiter)).Code);
    }

    [Fact]
    public async Task a_limiter_follows_a_response_that_was_kept()
    {
        using var limiter = new RateLimiter(requestsPerMinute: 600, burstSize: 100);
        using HTTPClient client = Server.Client();
        string url = Server.Url + "/flaky?fail=9&status=429&retry-after=60&key=observe";
        Response kept = await Wait.For(client.CreateRequest("GET", url).Option("max_retries", 0).KeepResponse().SendAsync());
        limiter.Observe("model", kept);
        Assert.Equal(1, limiter.Count(RateCount.Frozen));
        Response plain = await Wait.For(client.GetAsync(Server.Url + "/echo"));
        Assert.Equal(ErrorCode.InvalidState, Assert.Throws<UsageException>(() => limiter.Observe("model", plain)).Code);
    }

    [Theory]
    [InlineData(-1, -1)]
    [InlineData(2e9, 1)]
    [InlineData(double.NaN, 1)]
    public void limits_have_a_range(double rate, long burst) =>
        Assert.Throws<UsageException>(() => new RateLimiter(rate, burst));

    [Fact]
    public async Task a_function_is_repeated_until_it_succeeds()
    {
        List<TimeSpan> waits = [];
        List<RetryDecision> told = [];
        using var retry = new RetryHandler(maxRetries: 3, retryCodes: [500, 503])
        {
            Sleeper = (delay, _) =>
            {
                waits.Add(delay);
                return Task.CompletedTask;
            },
            Chance = () => 0,
        };
        retry.OnRetry((_, decision) => told.Add(decision));
        int calls = 0;
        string result = await retry.RunAsync(() => ++calls < 3 ? throw Status(503, TimeSpan.FromSeconds(calls)) : Task.FromResult("done"));
        Assert.Equal("done", result);
        Assert.Equal(3, calls);
        Assert.Equal(2, told.Count);
        // The server has the word about the least time.
        Assert.True(waits[0] >= TimeSpan.FromSeconds(1) && waits[1] >= TimeSpan.FromSeconds(2), string.Join(' ', waits));
        Assert.Equal("status_retryable", told[0].Outcome);
    }

    [Fact]
    public async Task what_is_final_is_thrown_as_it_is()
    {
        using var retry = new RetryHandler(maxRetries: 2) { Sleeper = (_, _) => Task.CompletedTask };
        int calls = 0;
        var last = await Assert.ThrowsAsync<ServerException>(() => retry.RunAsync<int>(() =>
        {
            ++calls;
            throw Status(503);
        }));
        Assert.Equal(503, last.Status);
        Assert.Equal(3, calls);
        await Assert.ThrowsAsync<FormatException>(() => retry.RunAsync(() => throw new FormatException()));
        calls = 0;
        await Assert.ThrowsAsync<NotFoundException>(() => retry.RunAsync<int>(() =>
        {
            ++calls;
            throw Status(404);
        }));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task a_post_is_not_repeated_when_the_work_may_be_done()
    {
        using var retry = new RetryHandler(maxRetries: 2) { Sleeper = (_, _) => Task.CompletedTask };
        var error = Status(500);
        Assert.False(retry.Decide(error, "POST").Retry);
        Assert.Equal(StopReason.UnsafeMethod, retry.Decide(error, "POST").Reason);
        Assert.True(retry.Decide(error, "POST", keyed: true).Retry);
        Assert.True(retry.Decide(error, "GET").Retry);
        Assert.Equal(StopReason.MaxRetries, retry.Decide(error, "GET", retriesDone: 2).Reason);
        Assert.Equal(StopReason.Deadline, retry.Decide(Status(503), remaining: TimeSpan.Zero).Reason);
        int calls = 0;
        await Assert.ThrowsAsync<ServerException>(() => retry.RunAsync<int>(() =>
        {
            ++calls;
            throw error;
        }, method: "POST"));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task a_token_ends_the_wait_between_two_calls()
    {
        using var retry = new RetryHandler(maxRetries: 3);
        using var source = new CancellationTokenSource();
        Task run = retry.RunAsync<int>(() =>
        {
            source.CancelAfter(1);
            throw Status(503, TimeSpan.FromSeconds(100));
        }, cancellationToken: source.Token);
        await Wait.Throws<OperationCanceledException>(run);
    }

    [Fact]
    public void retries_have_a_range()
    {
        Assert.Throws<ConfigException>(() => new RetryHandler(maxRetries: 11));
        Assert.Throws<ConfigException>(() => new RetryHandler(retryCodes: [1]));
        using var retry = new RetryHandler();
        Assert.Throws<ConfigException>(() => retry.Set("no_such_option", 1));
    }

    [Fact]
    public async Task a_request_follows_a_handler()
    {
        using HTTPClient client = Server.Client();
        using RetryHandler retry = new RetryHandler(maxRetries: 1).Set("backoff_factor", 0.001);
        Response response = await Wait.For(
            client.CreateRequest("GET", Server.Url + "/flaky?fail=9&retry-after=0&key=handler").Retry(retry).SendAsync());
        Assert.Equal(503, response.Status);
        Assert.Equal(2, response.Attempts);
        Assert.Equal(StopReason.MaxRetries, response.StopReason);
    }

    [Fact]
    public async Task a_batch_gives_each_request_its_own_result()
    {
        using HTTPClient client = Server.Client();
        using var batch = new Batch { Concurrency = 3 };
        for (int i = 0; i < 10; ++i) batch.Add(client.CreateRequest("GET", $"{Server.Url}/echo?i={i}"));
        batch.Add(client.CreateRequest("GET", "http://127.0.0.1:1/").Option("max_retries", 0));
        List<(int, int)> progress = [];
        IReadOnlyList<BatchResult> results = await Wait.For(batch.RunAsync((done, total) => progress.Add((done, total))));
        Assert.Equal(11, results.Count);
        for (int i = 0; i < 10; ++i)
        {
            Assert.Equal(i, results[i].Index);
            Assert.Equal($"i={i}", results[i].Get().Json().GetProperty("query").GetString());
        }
        Assert.Equal(ErrorCode.ConnectFailed, Assert.Throws<ConnectionException>(() => results[10].Get()).Code);
        Assert.Equal(Enumerable.Range(1, 11).Select(i => (i, 11)), progress);
        Assert.Equal(11, batch.Done);
        Assert.Equal(ErrorCode.InvalidState, (await Wait.Throws<UsageException>(batch.RunAsync())).Code);
    }

    [Fact]
    public async Task a_batch_has_one_deadline_and_can_be_cancelled()
    {
        using HTTPClient client = Server.Client();
        using var late = new Batch { Timeout = TimeSpan.FromMilliseconds(30), Concurrency = 1 };
        for (int i = 0; i < 3; ++i) late.Add(client.CreateRequest("GET", Server.Url + "/slow?ms=60000"));
        Assert.All(await Wait.For(late.RunAsync()), result => Assert.Equal(ErrorCode.Timeout, result.Error!.Code));

        using var cancelled = new Batch();
        for (int i = 0; i < 3; ++i) cancelled.Add(client.CreateRequest("GET", Server.Url + "/slow?ms=60000"));
        using var source = new CancellationTokenSource();
        Task<IReadOnlyList<BatchResult>> run = cancelled.RunAsync(null, source.Token);
        await source.CancelAsync();
        Assert.All(await Wait.For(run), result => Assert.IsType<CancelledException>(result.Error));
    }

    [Fact]
    public async Task the_first_failure_can_end_a_batch()
    {
        using HTTPClient client = Server.Client();
        using var batch = new Batch { FailFast = true };
        batch.Add(client.CreateRequest("GET", Server.Url + "/slow?ms=60000"));
        batch.Add(client.CreateRequest("GET", Server.Url + "/nothing"));
        IReadOnlyList<BatchResult> results = await Wait.For(batch.RunAsync());
        Assert.IsType<CancelledException>(results[0].Error);
        Assert.Equal(404, results[1].Get().Status);
    }

    [Fact]
    public async Task leaving_the_results_of_a_batch_cancels_the_rest()
    {
        using HTTPClient client = Server.Client();
        using var batch = new Batch();
        batch.Add(client.CreateRequest("GET", Server.Url + "/echo"));
        Request slow = client.CreateRequest("GET", Server.Url + "/slow?ms=60000");
        batch.Add(slow);
        Assert.Throws<UsageException>(() => batch.Add(slow));
        await Wait.Throws<UsageException>(slow.SendAsync());
        await foreach (BatchResult _ in batch.ResultsAsync()) break;
        await Wait.Until(() => batch.Done == 2, "the slow request is cancelled");
    }

    private static NetworkException Status(int status, TimeSpan? retryAfter = null) => NetworkException.FromCode(new ErrorDetails
    {
        Code = status switch { 404 => ErrorCode.HttpNotFound, 500 => ErrorCode.HttpServerError, _ => ErrorCode.HttpUnavailable },
        Status = status,
        Sent = SentState.Full,
        RetryAfter = retryAfter,
    });

    [Fact]
    public async Task what_hooks_of_policies_throw_reaches_the_caller()
    {
        using HTTPClient client = Server.Client();
        using var batch = new Batch { Concurrency = 1 };
        for (int i = 0; i < 3; ++i) batch.Add(client.CreateRequest("GET", Server.Url + "/echo"));
        var mine = new FormatException("mine");
        Assert.Same(mine, await Wait.Throws<FormatException>(batch.RunAsync((_, _) => throw mine)));
        using RetryHandler retry = new RetryHandler(maxRetries: 3).OnRetry((_, _) => throw mine);
        Assert.Same(mine, await Wait.Throws<FormatException>(
            retry.RunAsync(() => throw NetworkException.FromCode(new ErrorDetails { Code = ErrorCode.ConnectFailed }))));
        Assert.Equal(200, (await Wait.For(client.GetAsync(Server.Url + "/echo"))).Status);
    }
}
