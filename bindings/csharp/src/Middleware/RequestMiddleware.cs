// User code around requests and their attempts.
using System;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>Methods around the requests of a client, once for each request, or for each of its attempts. The "before" methods run in the
/// order in which the client got the middleware, the others in reverse; whoever was entered leaves. They run on the thread pool, for
/// several requests at the same time, and may take their time: the request waits up to middleware_timeout_ms. What one throws ends
/// the request: a <see cref="NetworkException"/> with its code, anything else with MIDDLEWARE_FAILED; the error of the call has what
/// was thrown as its InnerException.
/// <para>Thread: one at a time, before a client gets it.</para></summary>
/// <example><code>
/// client.AddMiddleware(new RequestMiddleware("agent").BeforeRequest(context => context.SetHeader("User-Agent", "PepperPy/1.0")));
/// </code></example>
public sealed class RequestMiddleware
{
    private readonly Func<MiddlewareContext, Task>?[] _request = new Func<MiddlewareContext, Task>?[3];
    private readonly Func<MiddlewareContext, Task>?[] _attempt = new Func<MiddlewareContext, Task>?[3];
    private bool _shared;

    /// <summary>Without methods.</summary>
    /// <param name="name">For messages; 1 to 128 bytes without control characters.</param>
    public RequestMiddleware(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
    }

    /// <summary>For messages.</summary>
    public string Name { get; }

    /// <summary>Before the request: before validation, limits and retries.</summary>
    public RequestMiddleware BeforeRequest(Func<MiddlewareContext, Task> step) => Put(_request, 0, step);

    /// <inheritdoc cref="BeforeRequest(Func{MiddlewareContext, Task})"/>
    public RequestMiddleware BeforeRequest(Action<MiddlewareContext> step) => Put(_request, 0, step);

    /// <summary>After a request that ended with a response, of any status. Of a stream, it has its head only.</summary>
    public RequestMiddleware AfterResponse(Func<MiddlewareContext, Task> step) => Put(_request, 1, step);

    /// <inheritdoc cref="AfterResponse(Func{MiddlewareContext, Task})"/>
    public RequestMiddleware AfterResponse(Action<MiddlewareContext> step) => Put(_request, 1, step);

    /// <summary>After a request that ended with an error.</summary>
    public RequestMiddleware OnError(Func<MiddlewareContext, Task> step) => Put(_request, 2, step);

    /// <inheritdoc cref="OnError(Func{MiddlewareContext, Task})"/>
    public RequestMiddleware OnError(Action<MiddlewareContext> step) => Put(_request, 2, step);

    /// <summary>Before each attempt and each hop of a redirect, close to the wire.</summary>
    public RequestMiddleware BeforeAttempt(Func<MiddlewareContext, Task> step) => Put(_attempt, 0, step);

    /// <inheritdoc cref="BeforeAttempt(Func{MiddlewareContext, Task})"/>
    public RequestMiddleware BeforeAttempt(Action<MiddlewareContext> step) => Put(_attempt, 0, step);

    /// <summary>After an attempt that ended with a response.</summary>
    public RequestMiddleware AfterAttempt(Func<MiddlewareContext, Task> step) => Put(_attempt, 1, step);

    /// <inheritdoc cref="AfterAttempt(Func{MiddlewareContext, Task})"/>
    public RequestMiddleware AfterAttempt(Action<MiddlewareContext> step) => Put(_attempt, 1, step);

    /// <summary>After an attempt that ended with an error.</summary>
    public RequestMiddleware OnAttemptError(Func<MiddlewareContext, Task> step) => Put(_attempt, 2, step);

    /// <inheritdoc cref="OnAttemptError(Func{MiddlewareContext, Task})"/>
    public RequestMiddleware OnAttemptError(Action<MiddlewareContext> step) => Put(_attempt, 2, step);

    internal void Install(ClientHandle client)
    {
        _shared = true;
        Install(client, Native.PPN_MIDDLEWARE_APPLICATION, _request);
        Install(client, Native.PPN_MIDDLEWARE_ATTEMPT, _attempt);
    }

    private unsafe void Install(ClientHandle client, int kind, Func<MiddlewareContext, Task>?[] steps)
    {
        int bits = (steps[0] is null ? 0 : Native.PPNB_STEP_BEFORE) | (steps[1] is null ? 0 : Native.PPNB_STEP_AFTER)
            | (steps[2] is null ? 0 : Native.PPNB_STEP_ON_ERROR);
        if (bits == 0) return;
        using NativeHandle.Borrowed of = client.Borrow();
        using var name = new Utf8Text(Name, stackalloc byte[Utf8Text.Scratch]);
        long token = Tokens.Add(new StepTarget(steps));
        nint made = 0, error = 0;
        int code;
        fixed (byte* bytes = name) code = Native.ppnb_middleware_new(bytes, name.Length, kind, bits, token, &made, &error);
        if (code != Native.PPN_OK) Tokens.Remove(token);
        Failures.Check(code, error);
        using var handle = new MiddlewareHandle(made);
        error = 0;
        Failures.Check(Native.ppn_client_add_middleware(of.Value, made, &error), error);
    }

    private RequestMiddleware Put(Func<MiddlewareContext, Task>?[] steps, int which, Action<MiddlewareContext> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return Put(steps, which, context =>
        {
            step(context);
            return Task.CompletedTask;
        });
    }

    private RequestMiddleware Put(Func<MiddlewareContext, Task>?[] steps, int which, Func<MiddlewareContext, Task> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (_shared) throw Failures.Usage(ErrorCode.InvalidState, "a client has this middleware already");
        steps[which] = step;
        return this;
    }

    /// <summary>Lives until the library says that no further call comes.</summary>
    private sealed class StepTarget(Func<MiddlewareContext, Task>?[] steps) : IMiddlewareTarget
    {
        public void OnStep(int step, nint context)
        {
            Func<MiddlewareContext, Task>? method =
                steps[step == Native.PPNB_STEP_BEFORE ? 0 : step == Native.PPNB_STEP_AFTER ? 1 : 2];
            var of = new MiddlewareContext(context);
            ThreadPool.UnsafeQueueUserWorkItem(static run => _ = RunAsync(run.Of, run.Method), (Of: of, Method: method), preferLocal: false);
        }

        public void OnRefresh(nint middleware) => Native.ppn_middleware_release(middleware);

        public void OnReleased()
        {
        }

        private static async Task RunAsync(MiddlewareContext context, Func<MiddlewareContext, Task>? method)
        {
            try
            {
                if (method is not null) await method(context).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                context.Fail(exception);
            }
            context.Finish();
        }
    }
}
