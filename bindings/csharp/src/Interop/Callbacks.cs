// Where the library calls in: static functions that find out who is meant, note what happened, and leave. They run on I/O
// threads, so no code of a user runs below them, and nothing is thrown out of them into C. Handles belong to the target as soon
// as it is called, also when it throws: it may have released them before.
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace PepperPy.Network.Interop;

/// <summary>Calls, batches and permits.</summary>
internal interface ICallTarget
{
    /// <summary>Handles are the target's own, which releases them.</summary>
    void OnComplete(long token, long index, int status, nint response, nint error);
}

internal interface IReadyTarget
{
    void OnReady();
}

internal interface IUploadTarget
{
    void OnWritable(long generation);
}

internal interface IWebSocketTarget : IReadyTarget
{
    void OnOpen(nint handshake);

    void OnClose(int code, nint reason, nint error);

    void OnReconnecting(long attempt, long delayMs, int code, nint error);

    void OnTerminated(nint error);
}

internal interface ISentTarget
{
    void OnSent(int status);
}

internal interface IMiddlewareTarget
{
    void OnStep(int step, nint context);

    void OnRefresh(nint middleware);

    void OnReleased();
}

internal interface IEventTarget : IReadyTarget
{
    void OnReleased();
}

internal static unsafe class Callbacks
{
    public static void Open() => Native.ppnb_functions_open(
        (nint)(delegate* unmanaged<long, long, int, nint, nint, void>)&CallComplete,
        (nint)(delegate* unmanaged<long, void>)&Ready,
        (nint)(delegate* unmanaged<long, long, void>)&Writable,
        (nint)(delegate* unmanaged<long, void>)&Ready,
        (nint)(delegate* unmanaged<long, nint, void>)&WebSocketOpen,
        (nint)(delegate* unmanaged<long, int, nint, nint, void>)&WebSocketClose,
        (nint)(delegate* unmanaged<long, long, long, int, nint, void>)&WebSocketReconnecting,
        (nint)(delegate* unmanaged<long, nint, void>)&WebSocketTerminated,
        (nint)(delegate* unmanaged<long, int, void>)&WebSocketSent,
        (nint)(delegate* unmanaged<long, int, nint, void>)&MiddlewareStep,
        (nint)(delegate* unmanaged<long, nint, void>)&MiddlewareRefresh,
        (nint)(delegate* unmanaged<long, void>)&MiddlewareReleased,
        (nint)(delegate* unmanaged<void>)&LogReady,
        (nint)(delegate* unmanaged<long, void>)&Ready,
        (nint)(delegate* unmanaged<long, void>)&EventReleased);

    [UnmanagedCallersOnly]
    private static void CallComplete(long token, long index, int status, nint response, nint error)
    {
        try
        {
            if (Tokens.Find(token) is ICallTarget target)
            {
                target.OnComplete(token, index, status, response, error);
            }
            else
            {
                Native.ppn_response_release(response);
                Native.ppn_error_release(error);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void Ready(long token)
    {
        try
        {
            (Tokens.Find(token) as IReadyTarget)?.OnReady();
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void Writable(long token, long generation)
    {
        try
        {
            (Tokens.Find(token) as IUploadTarget)?.OnWritable(generation);
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void WebSocketOpen(long token, nint handshake)
    {
        try
        {
            if (Tokens.Find(token) is IWebSocketTarget target)
            {
                target.OnOpen(handshake);
            }
            else
            {
                Native.ppn_response_release(handshake);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void WebSocketClose(long token, int code, nint reason, nint error)
    {
        try
        {
            if (Tokens.Find(token) is IWebSocketTarget target)
            {
                target.OnClose(code, reason, error);
            }
            else
            {
                Native.ppn_buffer_release(reason);
                Native.ppn_error_release(error);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void WebSocketReconnecting(long token, long attempt, long delayMs, int code, nint error)
    {
        try
        {
            if (Tokens.Find(token) is IWebSocketTarget target)
            {
                target.OnReconnecting(attempt, delayMs, code, error);
            }
            else
            {
                Native.ppn_error_release(error);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void WebSocketTerminated(long token, nint error)
    {
        try
        {
            if (Tokens.Remove(token) is IWebSocketTarget target)
            {
                target.OnTerminated(error);
            }
            else
            {
                Native.ppn_error_release(error);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void WebSocketSent(long token, int status)
    {
        try
        {
            (Tokens.Remove(token) as ISentTarget)?.OnSent(status);
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void MiddlewareStep(long token, int step, nint context)
    {
        try
        {
            if (Tokens.Find(token) is IMiddlewareTarget target)
            {
                target.OnStep(step, context);
            }
            else
            {
                nint error = 0;
                Native.ppn_middleware_context_finish(context, &error);
                Native.ppn_error_release(error);
                Native.ppn_middleware_context_release(context);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void MiddlewareRefresh(long token, nint middleware)
    {
        try
        {
            if (Tokens.Find(token) is IMiddlewareTarget target)
            {
                target.OnRefresh(middleware);
            }
            else
            {
                nint error = 0;
                Native.ppn_middleware_refresh_failed(middleware, &error);
                Native.ppn_error_release(error);
                Native.ppn_middleware_release(middleware);
            }
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void MiddlewareReleased(long token)
    {
        try
        {
            (Tokens.Remove(token) as IMiddlewareTarget)?.OnReleased();
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void LogReady()
    {
        try
        {
            NetworkLog.OnReady();
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static void EventReleased(long token)
    {
        try
        {
            (Tokens.Remove(token) as IEventTarget)?.OnReleased();
        }
        catch (Exception exception)
        {
            Unexpected(exception);
        }
    }

    /// <summary>Out of memory, or a fault of this layer. There is nobody to be told: the call ends by its timeout.</summary>
    private static void Unexpected(Exception exception)
    {
        try
        {
            // What listens to a trace is code of a user.
            ThreadPool.UnsafeQueueUserWorkItem(
                static thrown => System.Diagnostics.Trace.TraceError("PepperPy.Network: {0}", thrown), exception, preferLocal: false);
        }
        catch (OutOfMemoryException)
        {
            // There is not even memory to say so.
        }
    }
}
