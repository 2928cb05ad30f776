// What is left over: nothing. Each test has the process for itself.
using System.Diagnostics;
using PepperPy.Network.Interop;

namespace PepperPy.Network.Tests;

[Collection("alone")]
public class LeakTests
{
    /// <summary>1 gives 10,000 cycles and 1,000,000 events, which take seconds; smaller for sanitizers and slow machines.</summary>
    private static readonly double s_scale =
        double.Parse(Environment.GetEnvironmentVariable("PPN_TEST_SCALE") ?? "1", System.Globalization.CultureInfo.InvariantCulture);

    private static AiServer Server => AiServer.Shared;

    private static async Task NothingIsLeft(int tokens)
    {
        await Wait.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                NetworkRuntime.Shutdown();
                // Fewer, when what an earlier test left was collected meanwhile.
                return NetworkRuntime.LiveObjects == 0 && Tokens.Count <= tokens;
            },
            () => $"no object is left, but {NetworkRuntime.LiveObjects} and {Tokens.Count - tokens} tokens");
    }

    private static long ResidentKilobytes() =>
        long.Parse(File.ReadAllLines("/proc/self/status").First(line => line.StartsWith("VmRSS:")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    [Fact]
    public async Task everything_that_is_closed_is_gone()
    {
        await NothingIsLeft(Tokens.Count);
        int tokens = Tokens.Count;
        {
            using NetworkConfig config = Server.ApiConfig();
            await using var client = new APIClient(config);
            client.AddMiddleware(new RequestMiddleware("all").BeforeRequest(_ => { }).AfterResponse(_ => { }).BeforeAttempt(_ => { }));
            client.OnCallEvent(_ => { });
            using var limiter = new RateLimiter(6000, 100);
            client.UseRateLimiter(limiter);
            await client.GetAsync("echo");
            await client.CreateRequest("POST", "echo").Body(new MemoryStream(new byte[100_000])).SendAsync();
            await Wait.Throws<OperationCanceledException>(client.GetAsync("slow?ms=60000", null, new CancellationTokenSource(5).Token));
            await Wait.Throws<ConnectionException>(client.CreateRequest("GET", "http://127.0.0.1:1/").Option("max_retries", 0).SendAsync());
            await foreach (ReadOnlyMemory<byte> _ in client.Stream("drip?n=5&ms=0"))
            {
            }
            await foreach (ReadOnlyMemory<byte> _ in client.Stream("drip?n=500&ms=1")) break;
            await using (var socket = new WebSocketClient(client, "/v1/realtime"))
            {
                await socket.ConnectAsync();
                await socket.SendJsonAsync("{}");
                Assert.True(await socket.MoveNextAsync());
            }
            using var batch = new Batch();
            for (int i = 0; i < 5; ++i) batch.Add(client.CreateRequest("GET", "echo"));
            await batch.RunAsync();
            using var unused = new Batch();
            unused.Add(client.CreateRequest("POST", "echo").Body(new MemoryStream([1])));
            await using (await limiter.WaitAsync())
            {
            }
            using var http = new HttpClient(new PepperPyHttpMessageHandler(client));
            await http.GetStringAsync(Server.Url + "/echo");
        }
        await NothingIsLeft(tokens);
    }

    [Fact]
    public async Task objects_that_were_forgotten_are_collected()
    {
        await NothingIsLeft(Tokens.Count);
        int tokens = Tokens.Count;
        await Forget();
        await NothingIsLeft(tokens);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static async Task Forget()
        {
            HTTPClient client = Server.Client();
            Assert.True(await client.Stream(Server.Url + "/drip?n=1000&ms=1").MoveNextAsync());
            client.CreateRequest("POST", Server.Url).Body(new MemoryStream([1]));
            _ = new RateLimiter(60).TryAcquire();
            var socket = new WebSocketClient(client, "wss" + Server.Url[5..] + "/v1/realtime").Header("Authorization", "Bearer " + AiServer.Key);
            await socket.ConnectAsync();
            _ = client.GetAsync(Server.Url + "/slow?ms=20");
        }
    }

    [Fact]
    public async Task responses_of_http_client_that_were_read_need_no_dispose()
    {
        using HTTPClient client = Server.Client();
        using var http = new HttpClient(new PepperPyHttpMessageHandler(client)) { Timeout = Timeout.InfiniteTimeSpan };
        int tokens = Tokens.Count;
        var kept = new List<HttpResponseMessage>();
        for (int i = 0; i < 20; ++i)
        {
            HttpResponseMessage response = await http.GetAsync(Server.Url + "/echo", HttpCompletionOption.ResponseHeadersRead);
            await (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null);
            kept.Add(response);
        }
        Assert.Equal(tokens, Tokens.Count);
        GC.KeepAlive(kept);
    }

    [Fact]
    public async Task permits_that_were_forgotten_are_collected_while_their_token_lives()
    {
        using NetworkConfig config = new NetworkConfig().Set("max_in_flight", 1000);
        using var limiter = new RateLimiter(config);
        using var source = new CancellationTokenSource();
        await Forget(limiter, source.Token);
        await Wait.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return limiter.Count(RateCount.InFlight) == 0;
            },
            "no permit is left");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static async Task Forget(RateLimiter limiter, CancellationToken token)
        {
            for (int i = 0; i < 500; ++i) await limiter.WaitAsync(cancellationToken: token);
        }
    }

    [Fact]
    public async Task cycles_of_create_and_close_keep_memory_flat()
    {
        await NothingIsLeft(Tokens.Count);
        int tokens = Tokens.Count;
        int cycles = (int)(10_000 * s_scale);
        for (int i = 0; i < cycles / 5; ++i) await Cycle(i);
        long before = Settled();
        for (int i = 0; i < cycles; ++i) await Cycle(i);
        long grown = Settled() - before;
        Console.WriteLine($"{cycles} cycles: {grown} kB more, {before} before");
        Assert.InRange(grown, long.MinValue, 20_000 + cycles);
        await NothingIsLeft(tokens);

        static async Task Cycle(int i)
        {
            using HTTPClient client = new();
            Response response = await client.GetAsync(Server.PlainUrl + "/echo");
            Assert.Equal(200, response.Status);
            if (i % 4 == 0)
            {
                await using ChunkStream stream = client.Stream(Server.PlainUrl + "/bytes?n=100");
                Assert.True(await stream.MoveNextAsync());
            }
        }
    }

    [Fact]
    public async Task streamed_events_keep_memory_flat()
    {
        int events = (int)(1_000_000 * s_scale);
        byte[] chunk = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"data: {new string('e', 57)}\n\n", 100)));
        byte[] framed = [.. System.Text.Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"), .. chunk, .. "\r\n"u8];
        await using var server = new FaultServer(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.WriteAsync(FaultServer.EventStreamHead);
                for (int i = 0; i < events / 100; ++i) await connection.WriteAsync(framed);
                await connection.WriteAsync("0\r\n\r\n");
            }
        }, tls: false);
        using HTTPClient client = FaultServer.Client();
        await Read();
        long before = Settled();
        await Read();
        await Read();
        long grown = Settled() - before;
        Console.WriteLine($"2 x {events} events: {grown} kB more, {before} before");
        Assert.InRange(grown, long.MinValue, 30_000);

        async Task Read()
        {
            int count = 0;
            await foreach (StreamEvent part in client.Events(server.Url)) count += part.Data.Length == 57 ? 1 : 0;
            Assert.Equal(events / 100 * 100, count);
        }
    }

    private static long Settled()
    {
        for (int i = 0; i < 3; ++i)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return ResidentKilobytes();
    }
}
