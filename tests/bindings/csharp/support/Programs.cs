// The programs that tests talk to, and how long they wait for anything.
using System.Diagnostics;

namespace PepperPy.Network.Tests;

internal static class Wait
{
    /// <summary>For what happens at once on a quiet machine: a test that fails by it has failed.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static Task<T> For<T>(Task<T> task) => task.WaitAsync(Deadline);

    public static Task For(Task task) => task.WaitAsync(Deadline);

    /// <summary>Until something that has no event is true.</summary>
    public static Task Until(Func<bool> condition, string what) => Until(condition, () => what);

    public static async Task Until(Func<bool> condition, Func<string> what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Deadline) throw new TimeoutException(what());
            await Task.Delay(5);
        }
    }

    public static async Task<TException> Throws<TException>(Task task) where TException : Exception =>
        await Assert.ThrowsAnyAsync<TException>(() => task.WaitAsync(Deadline));
}

/// <summary>The local AI server; one for all tests of a run.</summary>
internal sealed class AiServer
{
    private static readonly Lazy<AiServer> s_shared = new(() => new AiServer());

    private readonly Process _process;

    private AiServer()
    {
        string folder = Directory.CreateTempSubdirectory("ppn-csharp").FullName;
        CaFile = Path.Combine(folder, "ca.pem");
        string ready = Path.Combine(folder, "ready");
        string program = Environment.GetEnvironmentVariable("PPN_AI_SERVER")
            ?? throw new InvalidOperationException("PPN_AI_SERVER names the program ppn-ai-server");
        var start = new ProcessStartInfo(program)
        {
            ArgumentList = { "--port", "0", "--plain-port", "0", "--ca-out", CaFile, "--ready-file", ready, "--api-key", Key },
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            _process.Kill();
            Directory.Delete(folder, recursive: true);
        };
        long began = Stopwatch.GetTimestamp();
        while (!File.Exists(ready))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > Wait.Deadline) throw new TimeoutException("the AI server did not start");
            Thread.Sleep(5);
        }
        Dictionary<string, string> values = File.ReadAllLines(ready).Select(line => line.Split('=', 2)).ToDictionary(f => f[0], f => f[1]);
        Url = $"https://localhost:{values["https_port"]}";
        PlainUrl = $"http://127.0.0.1:{values["http_port"]}";
    }

    public static AiServer Shared => s_shared.Value;

    public const string Key = "test-key";

    public string CaFile { get; }

    public string Url { get; }

    public string PlainUrl { get; }

    public NetworkConfig Config() => new NetworkConfig().Set("ca_file", CaFile);

    public HTTPClient Client()
    {
        using NetworkConfig config = Config();
        return new HTTPClient(config);
    }

    public NetworkConfig ApiConfig() => NetworkConfig.APIClient(Url, Key).Set("ca_file", CaFile);
}

/// <summary>A program of .NET that lives for one test.</summary>
internal static class Probe
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(IEnumerable<string> arguments,
                                                                              Dictionary<string, string?>? environment = null,
                                                                              string? folder = null)
    {
        string assembly = Path.Combine(folder ?? Environment.GetEnvironmentVariable("PPN_CSHARP_PROBE")!, "probe.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(assembly);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment.Remove("PEPPERPY_NETWORK_LIBRARY_PATH");
        foreach ((string name, string? value) in environment ?? []) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Wait.Deadline);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }
        return (process.ExitCode, await output, await error);
    }
}
