// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A batch of requests under a rate limit: so many a second, so many at once, so many under way. The batch hands every request to
// the client, whose limiter lets them pass when their time has come; results are read by their index.
using System.Diagnostics;
using PepperPy.Network;

internal static class RateLimitedBatch
{
    private const int Requests = 12, Burst = 4, PerSecond = 20, InFlight = 3;

    public static async Task RunAsync(Settings settings)
    {
        using NetworkConfig config = NetworkConfig.APIClient(settings.Url, settings.Key)
            .Set("rate_limit", $"{PerSecond}/s:{Burst}")
            .Set("max_in_flight", InFlight)
            .Set("ca_file", settings.CaFile);
        await using var client = new APIClient(config);
        using var batch = new Batch { Concurrency = Requests, Timeout = TimeSpan.FromMinutes(1) };
        for (int i = 0; i < Requests; ++i) batch.Add(client.CreateRequest("GET", $"echo?index={i}"));

        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<BatchResult> results = await batch.RunAsync((done, total) => Console.WriteLine($"{done} of {total} done"));
        double took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;

        // Each request has a result of its own: one that failed is no failure of the others.
        foreach (BatchResult result in results)
        {
            Response response = result.Get().RaiseForStatus();
            Console.WriteLine($"result {result.Index}: status {response.Status}, {response.Json().GetProperty("query")}");
        }
        Console.WriteLine($"{Requests} requests in {took:F0} ms: {Burst} at once, then {PerSecond} a second");
    }
}
