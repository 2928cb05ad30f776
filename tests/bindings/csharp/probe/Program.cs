// What can be seen only of a whole process: how the native library is found, and how a program ends.
using PepperPy.Network;

switch (args[0])
{
    case "version":
        // Says which library it has, or why it has none.
        try
        {
            Console.WriteLine($"{NetworkRuntime.BindingVersion} {NetworkRuntime.LibraryVersion}");
            return 0;
        }
        catch (NativeLibraryException exception)
        {
            Console.WriteLine(exception.Message);
            // A second use says the same.
            try
            {
                using var client = new HTTPClient();
            }
            catch (NativeLibraryException again)
            {
                return again.Message == exception.Message ? 3 : 4;
            }
            return 5;
        }

    case "property":
        NativeLibraryPath.Explicit = args[1];
        Console.WriteLine(NetworkRuntime.LibraryVersion);
        return 0;

    case "switch":
        AppContext.SetData("PepperPy.Network.LibraryPath", args[1]);
        Console.WriteLine(NetworkRuntime.LibraryVersion);
        return 0;

    case "plugin":
        // Is used in a context that can be unloaded, and leaves with that.
        await PluginAsync(args[1]);
        for (int i = 0; i < 10; ++i)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Console.WriteLine("unloaded");
        return 0;

    case "exit":
        // Leaves while streams, calls, WebSockets, middleware and log lines are alive; `how` is the way out.
        await LeaveAsync(args[1], args[2], args[3]);
        return 0;

    default:
        return 2;
}

static async Task PluginAsync(string url)
{
    var context = new System.Runtime.Loader.AssemblyLoadContext("plugin", isCollectible: true);
    System.Reflection.Assembly copy = context.LoadFromAssemblyPath(typeof(HTTPClient).Assembly.Location);
    dynamic client = Activator.CreateInstance(copy.GetType(typeof(HTTPClient).FullName!)!)!;
    object task = client.GetAsync(url + "/echo", null, default(CancellationToken));
    await (Task)task;
    Console.WriteLine(((dynamic)task).Result.Status);
    client.Dispose();
    context.Unload();
}

static async Task LeaveAsync(string url, string caFile, string how)
{
    NetworkLog.Listen(NetworkLogLevel.Debug, (_, _) => { });
    var client = new HTTPClient(new NetworkConfig().Set("ca_file", caFile).Set("timeout_ms", TimeSpan.FromMinutes(1)));
    client.OnCallEvent(_ => { });
    client.AddMiddleware(new RequestMiddleware("slow").AfterResponse(async _ => await Task.Yield()));
    var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    for (int i = 0; i < 20; ++i)
    {
        ChunkStream stream = client.Stream($"{url}/drip?n=1000&ms=1");
        _ = Task.Run(async () =>
        {
            await foreach (ReadOnlyMemory<byte> _ in stream) began.TrySetResult();
        });
        _ = client.GetAsync($"{url}/slow?ms=50000");
    }
    await began.Task;
    Console.WriteLine("live");
    if (how == "Exit") Environment.Exit(0);
    if (how == "throw") throw new InvalidOperationException("the end");
}
