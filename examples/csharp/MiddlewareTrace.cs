// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Middleware: one around each request, which answers some of them itself; one around each attempt, which another thread completes
// with a signature; and the built-in one that names the trace (W3C Trace Context).
using System.Text.Json;
using PepperPy.Network;

internal static class MiddlewareTrace
{
    public static async Task RunAsync(Settings settings)
    {
        using NetworkConfig config = NetworkConfig.APIClient(settings.Url, settings.Key).Set("ca_file", settings.CaFile);
        await using var client = new APIClient(config);
        client.AddMiddleware(new RequestMiddleware("cache").BeforeRequest(BeforeRequest).AfterResponse(AfterResponse));
        client.AddMiddleware(new RequestMiddleware("signer").BeforeAttempt(SignAsync));
        using Middleware trace = Middleware.TraceContext();
        client.AddMiddleware(trace);

        await AskAsync(client, "echo");
        await AskAsync(client, "cached");
    }

    private static void BeforeRequest(MiddlewareContext context)
    {
        Console.WriteLine("  request: before");
        if (!context.Url.Contains("/cached")) return;
        // Nothing inside runs, nothing is sent.
        Console.WriteLine("  request: answered here");
        context.Respond(200, """{"from": "memory"}"""u8);
    }

    private static void AfterResponse(MiddlewareContext context) =>
        Console.WriteLine($"  request: after, status {context.Response!.Status}");

    private static async Task SignAsync(MiddlewareContext context)
    {
        Console.WriteLine($"  attempt: number {context.Attempt} waits for its signature");
        string signature = await Task.Run(() =>
        {
            Console.WriteLine("  attempt: signed by another thread");
            return "1234";
        });
        context.SetHeader("X-Signature", signature);
    }

    private static async Task AskAsync(NetworkClient client, string path)
    {
        Console.WriteLine($"GET {path}");
        Response response = (await client.GetAsync(path)).RaiseForStatus();
        // What /echo says that it got.
        if (response.Json().TryGetProperty("headers", out JsonElement headers))
        {
            foreach (JsonElement header in headers.EnumerateArray())
            {
                string? name = header[0].GetString();
                if (name is "traceparent" or "X-Signature") Console.WriteLine($"  the server got {name}: {header[1]}");
            }
        }
        Console.WriteLine($"  attempts: {response.Attempts}");
    }
}
