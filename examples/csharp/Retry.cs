// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Retries against a server that fails a few times: a GET is repeated, a POST without an idempotency key is not when the server
// may have done its work, and with one it is. What was tried, and waited for in between, is told by the response.
using PepperPy.Network;

internal static class Retry
{
    private static int s_number;

    public static async Task RunAsync(Settings settings)
    {
        using NetworkConfig config = NetworkConfig.APIClient(settings.Url, settings.Key)
            .Set("ca_file", settings.CaFile)
            .Set("max_retries", 3)
            .Set("backoff_factor", 0.05);
        await using var client = new APIClient(config);

        // A server that asks for a time by Retry-After gets it; 0 leaves it to the backoff.
        await AskAsync(client, "GET", "fail=2&status=503&retry-after=0", "");
        await AskAsync(client, "POST", "fail=1&status=500", "");
        await AskAsync(client, "POST", "fail=1&status=500", "Idempotency-Key");
    }

    // The server counts the requests of each path and query. With an empty header name no idempotency key is sent.
    private static async Task AskAsync(NetworkClient client, string method, string failures, string keyHeader)
    {
        string key = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}-{Environment.ProcessId}-{++s_number}";
        Request request = client.CreateRequest(method, $"flaky?{failures}&key={key}").Option("idempotency_header", keyHeader);
        Console.WriteLine($"{method} {failures}, {(keyHeader.Length > 0 ? "with an" : "no")} idempotency key");
        Response response = await request.SendAsync();

        foreach (Attempt attempt in response.AttemptLog)
        {
            Console.WriteLine($"  attempt {attempt.Number + 1}: status {attempt.Status}");
            if (attempt.Delay is { } delay) Console.WriteLine($"  another attempt in {(long)delay.TotalMilliseconds} ms");
        }
        if (response.StopReason != StopReason.None) Console.WriteLine($"  no other attempt: {response.StopReason.ToName()}");
    }
}
