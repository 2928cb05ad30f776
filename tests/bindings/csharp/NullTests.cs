// Null for every parameter that does not take it, found by reflection: what is added later is tested, too.
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PepperPy.Network.Tests;

public class NullTests
{
    private static readonly NullabilityInfoContext s_nullability = new();
    private static readonly List<IDisposable> s_made = [];

    private static T Made<T>(T made) where T : IDisposable
    {
        s_made.Add(made);
        return made;
    }

    /// <summary>A value for a parameter that is not under test.</summary>
    private static object? Sample(Type type, string name)
    {
        if (type == typeof(string)) return name == "method" ? "GET" : name.Contains("rl", StringComparison.OrdinalIgnoreCase) ? "http://127.0.0.1:1/" : "x";
        if (type.IsValueType) return Activator.CreateInstance(type);
        if (type.IsAssignableTo(typeof(Delegate))) return null;
        if (type == typeof(Stream)) return new MemoryStream();
        if (type == typeof(NetworkConfig)) return Made(new NetworkConfig());
        if (type == typeof(NetworkClient)) return Made(new HTTPClient());
        if (type == typeof(Response)) return null;
        if (type == typeof(NetworkException)) return NetworkException.FromCode(new ErrorDetails());
        return null;
    }

    private static IEnumerable<object> Objects()
    {
        HTTPClient client = Made(new HTTPClient());
        yield return client;
        yield return Made(client.CreateRequest("GET", "http://127.0.0.1:1/"));
        yield return Made(new NetworkConfig());
        yield return Made(new RateLimiter(60));
        yield return Made(new RetryHandler());
        yield return Made(new Batch());
        yield return new RequestMiddleware("x");
        yield return Made(new WebSocketClient(client, "ws://127.0.0.1:1/"));
    }

    [Fact]
    public void null_is_named_as_what_is_wrong()
    {
        int tried = 0;
        foreach (object of in Objects())
        {
            foreach (MethodInfo method in of.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance))
            {
                if (method.DeclaringType!.Namespace == "PepperPy.Network") tried += Try(method, of);
            }
        }
        foreach (Type type in typeof(HTTPClient).Assembly.GetExportedTypes())
        {
            foreach (ConstructorInfo made in type.GetConstructors()) tried += Try(made, null);
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Static)) tried += Try(method, null);
        }
        s_made.ForEach(made => made.Dispose());
        s_made.Clear();
        Assert.True(tried > 80, $"only {tried}");
    }

    private static int Try(MethodBase method, object? of)
    {
        if (method.DeclaringType!.Name is "BatchResult" or "RetryDecision" or "OptionInfo" or "ResponseTimings" or "StreamPace" or "WebSocketClose" or "UnsentMessage") return 0;
        if (method.Name.StartsWith("op_") || method.Name is "Equals" or "PrintMembers" || method.Name.StartsWith("set_")) return 0;
        MethodBase target = method is MethodInfo { IsGenericMethodDefinition: true } generic ? generic.MakeGenericMethod(typeof(string)) : method;
        ParameterInfo[] parameters = target.GetParameters();
        if (parameters.Any(p => p.ParameterType.IsByRefLike)) return 0;
        int tried = 0;
        for (int i = 0; i < parameters.Length; ++i)
        {
            ParameterInfo parameter = parameters[i];
            ParameterInfo declared = method.GetParameters()[i];
            if (parameter.ParameterType.IsValueType || declared.ParameterType.IsGenericParameter || parameter.HasDefaultValue && parameter.DefaultValue is null) continue;
            if (s_nullability.Create(declared).WriteState != NullabilityState.NotNull) continue;
            object?[] arguments = [.. parameters.Select(p => p == parameter ? null : Sample(p.ParameterType, p.Name!))];
            // Of two that are null either may be named.
            Exception? thrown = Record(() => target is ConstructorInfo made ? made.Invoke(arguments) : target.Invoke(of, arguments));
            Assert.True(thrown is ArgumentNullException, $"{method.DeclaringType.Name}.{method} with {parameter.Name} = null: {thrown?.GetType().Name ?? "nothing"} {thrown?.Message}");
            ++tried;
        }
        return tried;
    }

    private static Exception? Record(Func<object?> call)
    {
        try
        {
            if (call() is Task task) task.Wait(Wait.Deadline);
            return null;
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException;
        }
        catch (AggregateException exception)
        {
            return exception.InnerException;
        }
    }
}

public class DisposedTests
{
    [Fact]
    public async Task after_dispose_each_object_says_so()
    {
        var client = new HTTPClient();
        Request request = client.CreateRequest("GET", "http://127.0.0.1:1/");
        var config = new NetworkConfig();
        var limiter = new RateLimiter(60);
        var retry = new RetryHandler();
        var batch = new Batch();
        Middleware trace = Middleware.TraceContext();
        var handler = new PepperPyHttpMessageHandler();
        foreach (IDisposable of in new IDisposable[] { request, config, limiter, retry, batch, trace, handler, client })
        {
            of.Dispose();
            of.Dispose();
        }
        await client.DisposeAsync();
        Action[] uses =
        [
            () => client.CreateRequest("GET", "http://127.0.0.1:1/"), () => client.Close(), () => client.Count(PoolCount.Idle),
            () => client.GetAsync("http://127.0.0.1:1/"), () => client.Stream("http://127.0.0.1:1/"), () => client.MetricsJson(),
            () => client.Preconnect("http://127.0.0.1:1/"), () => client.AddMiddleware(new RequestMiddleware("x").BeforeRequest(_ => { })),
            () => client.OnCallEvent(_ => { }), () => client.DrainAsync().GetAwaiter().GetResult(), () => client.UseRateLimiter(new RateLimiter(60)),
            () => client.AddMiddleware(trace), () => new WebSocketClient(client, "ws://127.0.0.1:1/"),
            () => request.Header("a", "b"), () => request.Body("x"), () => request.Json("{}"), () => request.Option("timeout_ms", 1),
            () => request.Body(new MemoryStream()), () => request.BodyFile("/etc/hostname"), () => request.Events(),
            () => config.Set("timeout_ms", 1), () => config.Get("timeout_ms"), () => config.Dump(), () => config.SetJson("{}"),
            () => _ = new HTTPClient(config), () => _ = new RateLimiter(config),
            () => limiter.WaitAsync(), () => limiter.TryAcquire(), () => limiter.Count(RateCount.Waiting),
            () => retry.Set("max_retries", 1), () => retry.Decide(NetworkException.FromCode(new ErrorDetails())),
            () => batch.Add(request), () => batch.ResultsAsync(), () => batch.Cancel(), () => batch.SetConcurrency(1),
            () => trace.SetToken("x"),
        ];
        foreach (Action use in uses) Assert.Throws<ObjectDisposedException>(use);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => retry.RunAsync(() => Task.CompletedTask));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => batch.RunAsync());
        Assert.Equal(nameof(NetworkConfig), config.ToString());
        request.Cancel();
        Assert.Equal(nameof(HTTPClient), client.ToString());
    }

    [Fact]
    public void finalizers_and_dispose_meet_without_harm()
    {
        for (int i = 0; i < 50; ++i)
        {
            Lose();
            if (i % 10 == 0) GC.Collect();
        }
        GC.Collect();
        GC.WaitForPendingFinalizers();

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Lose()
        {
            var client = new HTTPClient();
            var lost = new Lost(client, client.CreateRequest("GET", "http://127.0.0.1:1/"), new WebSocketClient(client, "ws://127.0.0.1:1/"));
            GC.KeepAlive(lost);
        }
    }

    /// <summary>Disposes of what it has in its finalizer, when that may have been finalized before it.</summary>
    private sealed class Lost(HTTPClient client, Request request, WebSocketClient socket)
    {
        ~Lost()
        {
            request.Dispose();
            socket.Dispose();
            client.Dispose();
        }
    }
}
