// One SafeHandle for each kind of native object. Each release function only drops a reference and never blocks, so the
// thread of finalizers may call it.
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace PepperPy.Network.Interop;

internal abstract class NativeHandle : SafeHandle
{
    protected NativeHandle(nint value) : base(0, ownsHandle: true) => SetHandle(value);

    public override bool IsInvalid => handle == 0;

    /// <summary>The class of the public object, for ObjectDisposedException.</summary>
    protected abstract string Owner { get; }

    /// <summary>Keeps the object alive for one call: another thread may dispose it meanwhile.</summary>
    public Borrowed Borrow() => new(this);

    internal readonly ref struct Borrowed
    {
        private readonly NativeHandle _of;

        public Borrowed(NativeHandle of)
        {
            if (of.IsClosed) throw new ObjectDisposedException(of.Owner);
            bool added = false;
            of.DangerousAddRef(ref added);
            _of = of;
        }

        public nint Value => _of.handle;

        public void Dispose() => _of.DangerousRelease();
    }
}

internal sealed class ConfigHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(NetworkConfig);

    protected override bool ReleaseHandle()
    {
        Native.ppn_config_release(handle);
        return true;
    }
}

internal sealed class ClientHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(NetworkClient);

    protected override bool ReleaseHandle()
    {
        Native.ppn_client_release(handle);
        return true;
    }
}

internal sealed class RequestHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(Request);

    protected override bool ReleaseHandle()
    {
        Native.ppn_request_release(handle);
        return true;
    }
}

internal sealed class ResponseHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(Response);

    protected override bool ReleaseHandle()
    {
        Native.ppn_response_release(handle);
        return true;
    }
}

internal sealed class MiddlewareHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(Middleware);

    protected override bool ReleaseHandle()
    {
        Native.ppn_middleware_release(handle);
        return true;
    }
}

internal sealed class ContextHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(MiddlewareContext);

    protected override bool ReleaseHandle()
    {
        Native.ppn_middleware_context_release(handle);
        return true;
    }
}

internal sealed class RateLimiterHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(RateLimiter);

    protected override bool ReleaseHandle()
    {
        Native.ppn_rate_limiter_release(handle);
        return true;
    }
}

internal sealed class RateTicketHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(RatePermit);

    protected override bool ReleaseHandle()
    {
        Native.ppn_rate_ticket_release(handle);
        return true;
    }
}

internal sealed class RetryPolicyHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(RetryHandler);

    protected override bool ReleaseHandle()
    {
        Native.ppn_retry_policy_release(handle);
        return true;
    }
}

internal sealed class BatchHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(Batch);

    protected override bool ReleaseHandle()
    {
        Native.ppn_batch_release(handle);
        return true;
    }
}

/// <summary>A stream, and the token by which the library says that there is something to take.</summary>
internal sealed class ReaderHandle(nint value, long token) : NativeHandle(value)
{
    private CancellationTokenRegistration _ofCall;
    private CancellationTokenRegistration _ofReader;

    protected override string Owner => "stream";

    /// <summary>Cancel the stream by a token of its start. A token may live longer than everything else: it does not keep the
    /// stream, and forgets it when it is released.</summary>
    public void CancelByCall(CancellationToken token) => _ofCall = Register(token);

    /// <summary>Cancel it by a token of its enumeration, instead of the one before.</summary>
    public void CancelByReader(CancellationToken token)
    {
        _ofReader.Unregister();
        _ofReader = Register(token);
    }

    /// <summary>The token of the start is of no meaning any more.</summary>
    public void LeaveCall() => _ofCall.Unregister();

    public void Cancel()
    {
        try
        {
            using Borrowed reader = Borrow();
            Native.ppnb_reader_cancel(reader.Value);
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    protected override bool ReleaseHandle()
    {
        _ofCall.Unregister();
        _ofReader.Unregister();
        Native.ppnb_reader_release(handle);
        Tokens.Remove(token);
        return true;
    }

    private CancellationTokenRegistration Register(CancellationToken token)
    {
        if (!token.CanBeCanceled) return default;
        return token.UnsafeRegister(
            static reference =>
            {
                if (((WeakReference<ReaderHandle>)reference!).TryGetTarget(out ReaderHandle? reader)) reader.Cancel();
            },
            new WeakReference<ReaderHandle>(this));
    }
}

/// <summary>A WebSocket. Nothing but completions of messages, which have tokens of their own, is called after its release.</summary>
internal sealed class SocketHandle(nint value, long token) : NativeHandle(value)
{
    protected override string Owner => nameof(WebSocketClient);

    protected override bool ReleaseHandle()
    {
        Native.ppnb_socket_release(handle);
        Tokens.Remove(token);
        return true;
    }
}

internal sealed class UploadHandle(nint value, long token) : NativeHandle(value)
{
    protected override string Owner => nameof(Request);

    protected override bool ReleaseHandle()
    {
        Native.ppnb_upload_release(handle);
        Tokens.Remove(token);
        return true;
    }
}

internal sealed class EventsHandle(nint value) : NativeHandle(value)
{
    protected override string Owner => nameof(NetworkClient);

    protected override bool ReleaseHandle()
    {
        Native.ppnb_events_release(handle);
        return true;
    }
}
