// Replays behaviours.json through PepperPy.Network: one line of JSON for each behaviour. tests/conformance/FORMAT.md says what is
// done and what the lines hold.
using System.Text.Json;
using PepperPy.Network;

if (args.Length != 4)
{
    Console.Error.WriteLine("usage: conformance BEHAVIOURS HTTPS_BASE HTTP_BASE CA_FILE");
    return 2;
}

await Conformance.ReplayAllAsync(args);
NetworkRuntime.Shutdown();
if (NetworkRuntime.LiveObjects == 0) return 0;
Console.Error.WriteLine($"conformance: {NetworkRuntime.LiveObjects} objects are still alive");
return 1;

internal static class Conformance
{
    public static async Task ReplayAllAsync(string[] args)
    {
        using JsonDocument script = JsonDocument.Parse(File.ReadAllBytes(args[0]));
        using Stream output = Console.OpenStandardOutput();
        string? only = Environment.GetEnvironmentVariable("PPN_CONFORMANCE_ONLY");
        int index = 0;
        foreach (JsonElement behaviour in script.RootElement.GetProperty("behaviours").EnumerateArray())
        {
            var outcome = new Outcome(behaviour.GetProperty("name").GetString()!, $"csharp-{Environment.ProcessId}-{index++}");
            if (only is not null && only != outcome.Name) continue;
            try
            {
                await new Replay(script.RootElement, behaviour.GetProperty("request"), outcome, args).PlayAsync();
            }
            catch (NetworkException exception)
            {
                outcome.Failed(exception);
            }
            output.Write(outcome.Line());
        }
    }
}
