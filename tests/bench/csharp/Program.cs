// PepperPy.Network beside .NET's own HttpClient: the same work by the one or the other.
//
// usage: bench_csharp get|events ours|peer URL CA_FILE COUNT SECONDS
//   get     keep-alive GET, COUNT tasks that each call in sequence, for SECONDS
//   events  COUNT streams of events at once, each read to its end
using System.Diagnostics;
using System.Globalization;

if (args.Length != 6 || args[0] is not ("get" or "events") || args[1] is not ("ours" or "peer"))
{
    Console.Error.WriteLine("usage: bench_csharp get|events ours|peer URL CA_FILE COUNT SECONDS");
    return 1;
}
int count = int.Parse(args[4], CultureInfo.InvariantCulture);
double seconds = double.Parse(args[5], CultureInfo.InvariantCulture);
using IBench bench = args[1] == "ours" ? new Ours(args[2], args[3], count) : new Peer(args[2], args[3], count);

// The compilers translate while the program runs, and the first requests open the connections.
await RunAsync();
if (args[0] == "get") await RunAsync();
GC.Collect();

using Process self = Process.GetCurrentProcess();
TimeSpan cpu = self.TotalProcessorTime;
long allocated = GC.GetTotalAllocatedBytes(precise: true);
long began = Stopwatch.GetTimestamp();
Figures all = await RunAsync();
double took = Stopwatch.GetElapsedTime(began).TotalSeconds;
allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
self.Refresh();
cpu = self.TotalProcessorTime - cpu;

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""
    {"operations":{{all.Operations}},"errors":{{all.Errors}},"body_bytes":{{all.BodyBytes}},"seconds":{{took:F6}},"cpu_s":{{cpu.TotalSeconds:F6}},"cpu_us_per_request":{{cpu.TotalMicroseconds / Math.Max(1, all.Operations):F3}},"allocated_bytes":{{allocated}}}
    """));
return all.Errors > 0 || all.Operations == 0 ? 1 : 0;

async Task<Figures> RunAsync()
{
    long end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
    var parts = new Task<Figures>[count];
    for (int i = 0; i < count; ++i) parts[i] = Task.Run(() => args[0] == "get" ? GetUntilAsync(end) : bench.EventsAsync());
    Figures sum = default;
    foreach (Figures part in await Task.WhenAll(parts)) sum += part;
    return sum;
}

async Task<Figures> GetUntilAsync(long end)
{
    Figures figures = default;
    while (figures.Errors == 0 && (figures.Operations == 0 || Stopwatch.GetTimestamp() < end)) figures += await bench.GetAsync();
    return figures;
}

/// <summary>What was done.</summary>
internal readonly record struct Figures(long Operations, long Errors, long BodyBytes)
{
    public static Figures operator +(Figures a, Figures b) => new(a.Operations + b.Operations, a.Errors + b.Errors, a.BodyBytes + b.BodyBytes);
}

internal interface IBench : IDisposable
{
    Task<Figures> GetAsync();

    Task<Figures> EventsAsync();
}
