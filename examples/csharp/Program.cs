// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// One project for all examples, which keeps building them short: the first argument says which. Each file beside this one is a
// program; the part of it that is of interest is RunAsync.
using PepperPy.Network;

var programs = new Dictionary<string, Func<Settings, Task>>
{
    ["quickstart"] = Quickstart.RunAsync,
    ["chat_stream"] = ChatStream.RunAsync,
    ["ws_chat"] = WsChat.RunAsync,
    ["retry"] = Retry.RunAsync,
    ["rate_limited_batch"] = RateLimitedBatch.RunAsync,
    ["middleware_trace"] = MiddlewareTrace.RunAsync,
};

if (args.Length == 0 || !programs.TryGetValue(args[0], out Func<Settings, Task>? run))
{
    Console.Error.WriteLine($"usage: examples {string.Join('|', programs.Keys)} [URL [KEY [CA_FILE]]]");
    return 1;
}
string name = args[0];
string usage = $"""
    usage: {name} [URL [KEY [CA_FILE]]]
      URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
      KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
      CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
    """;
if (args.Length > 1 && args[1] == "--help")
{
    Console.WriteLine(usage);
    return 0;
}
if (args.Length > 4 || (args.Length > 1 && args[1].StartsWith('-')))
{
    Console.Error.WriteLine(usage);
    return 1;
}

string Setting(int index, string variable, string otherwise) =>
    args.Length > index ? args[index] : Environment.GetEnvironmentVariable(variable) ?? otherwise;

try
{
    await run(new Settings(Setting(1, "PEPPERPY_DEMO_URL", "https://localhost:8443"), Setting(2, "PEPPERPY_DEMO_KEY", "demo-key"),
                           Setting(3, "PEPPERPY_DEMO_CA", "")));
    return 0;
}
catch (NetworkException exception)
{
    Console.Error.WriteLine($"{name}: {exception.Message}");
    return 1;
}

/// <summary>Where the API is, its key, and whom to trust.</summary>
internal sealed record Settings(string Url, string Key, string CaFile);
