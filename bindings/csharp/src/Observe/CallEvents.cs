// Steps of calls, the hooks of a client, and its metrics.
using System;
using System.Buffers;
using System.Threading;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>Types of a <see cref="CallEvent"/>. Users have to expect types that they do not know.</summary>
public enum CallEventType
{
    /// <summary>The call has reached its I/O thread.</summary>
    Begin = 0,

    /// <summary>An attempt begins.</summary>
    Attempt = 1,

    /// <summary>It has to wait for the rate limiter: Delay, Detail.</summary>
    RateLimitWait = 2,

    /// <summary>The circuit breaker changed or refused: Detail, Code.</summary>
    Breaker = 3,

    /// <summary>There is a connection: Remote, IsReused.</summary>
    Connect = 4,

    /// <summary>The request is written: Bytes.</summary>
    Sent = 5,

    /// <summary>The head of the response is there: Status.</summary>
    FirstByte = 6,

    /// <summary>The first piece of a stream was handed out.</summary>
    FirstEvent = 7,

    /// <summary>Status, Code, Bytes.</summary>
    AttemptEnd = 8,

    /// <summary>Another attempt follows: Delay, DelaySource, Status, Code, Detail.</summary>
    Retry = 9,

    /// <summary>A second request was sent beside a slow one: Delay.</summary>
    Hedge = 10,

    /// <summary>Status, Code, Bytes, Detail (why no attempt followed a failed one).</summary>
    End = 11,
}

/// <summary>A step of a call. It holds no secret.</summary>
public sealed record CallEvent
{
    /// <summary>What happened.</summary>
    public CallEventType Type { get; init; }

    /// <summary>The name of the type, such as "rate_limit_wait".</summary>
    public string Name { get; init; } = "";

    /// <summary>The number of the call among those of its client that were watched, from 1.</summary>
    public long CallId { get; init; }

    /// <summary>When it happened, since the call began.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>The number of the attempt, from 0.</summary>
    public int Attempt { get; init; }

    /// <summary>The method of the request; "_OTHER" for one that HTTP does not define.</summary>
    public string Method { get; init; } = "";

    /// <summary>The URL, redacted.</summary>
    public string Url { get; init; } = "";

    /// <summary>The HTTP status; 0 = no response.</summary>
    public int Status { get; init; }

    /// <summary>What went wrong.</summary>
    public ErrorCode Code { get; init; }

    /// <summary>How long the call waits now; null when this event has no delay.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Where the delay of a retry comes from: "backoff", "retry_after" and others, or "none".</summary>
    public string DelaySource { get; init; } = "";

    /// <summary>What else is to be said.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The address of the peer.</summary>
    public string Remote { get; init; } = "";

    /// <summary>Whether the connection had carried a request before.</summary>
    public bool IsReused { get; init; }

    /// <summary>Bytes of the request with its head, or of the body of the response.</summary>
    public long Bytes { get; init; }

    internal static CallEvent Read(ref RecordReader reader)
    {
        int type = reader.Int32(), attempt = reader.Int32(), status = reader.Int32(), code = reader.Int32(), reused = reader.Int32();
        long id = reader.Int64(), delay = reader.Int64(), bytes = reader.Int64();
        double time = reader.Float64();
        return new CallEvent
        {
            Type = (CallEventType)type,
            Attempt = attempt,
            Status = status,
            Code = (ErrorCode)code,
            IsReused = reused != 0,
            CallId = id,
            Delay = delay < 0 ? null : TimeSpan.FromMilliseconds(delay),
            Bytes = bytes,
            Time = TimeSpan.FromMilliseconds(time),
            Name = reader.Text(),
            Method = reader.Text(),
            Url = reader.Text(),
            DelaySource = reader.Text(),
            Detail = Thrown.Without(reader.Text()),
            Remote = reader.Text(),
        };
    }
}

public abstract partial class NetworkClient
{
    /// <summary>Put middleware around the requests that are started from here on, inside of what was added before.</summary>
    /// <exception cref="UsageException">INVALID_ARGUMENT: its name.</exception>
    public void AddMiddleware(RequestMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        middleware.Install(_handle);
    }

    /// <summary>Put a middleware of the library around the requests that are started from here on.</summary>
    public unsafe void AddMiddleware(Middleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        using NativeHandle.Borrowed client = _handle.Borrow();
        using NativeHandle.Borrowed of = middleware.Handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_client_add_middleware(client.Value, of.Value, &error), error);
    }

    /// <summary>Before the first request: keep to the limit of `limiter`, which others may share, instead of one of its own.</summary>
    /// <exception cref="UsageException">INVALID_STATE: a request was started before.</exception>
    public unsafe void UseRateLimiter(RateLimiter limiter)
    {
        ArgumentNullException.ThrowIfNull(limiter);
        using NativeHandle.Borrowed client = _handle.Borrow();
        using NativeHandle.Borrowed of = limiter.Handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_client_set_rate_limiter(client.Value, of.Value, &error), error);
    }

    /// <summary>Let `listener` hear of the calls that start from now on: each attempt, wait and retry. It replaces the one before. It is
    /// called in order, one event at a time, on the thread pool, a moment after it happened; when it is too slow events are dropped.
    /// What it throws is dropped.</summary>
    public unsafe void OnCallEvent(Action<CallEvent> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        using NativeHandle.Borrowed client = _handle.Borrow();
        var target = new EventTarget(listener);
        long token = Tokens.Add(target);
        nint made = 0, error = 0;
        int code = Native.ppnb_events_open(client.Value, token, &made, &error);
        if (code != Native.PPN_OK) Tokens.Remove(token);
        Failures.Check(code, error);
        target.Begin(new EventsHandle(made));
    }

    /// <summary>What this client has counted, as JSON.</summary>
    public string MetricsJson() => Metrics(Native.PPN_METRICS_JSON);

    /// <summary>What this client has counted, for Prometheus: text/plain; version=0.0.4.</summary>
    public string MetricsPrometheus() => Metrics(Native.PPN_METRICS_PROMETHEUS);

    private unsafe string Metrics(int format)
    {
        using NativeHandle.Borrowed client = _handle.Borrow();
        nint text = 0, error = 0;
        Failures.Check(Native.ppn_client_metrics(client.Value, format, &text, &error), error);
        return NativeText.TakeText(text) ?? "";
    }

    private sealed class EventTarget(Action<CallEvent> listener) : IEventTarget, IThreadPoolWorkItem
    {
        private readonly object _drain = new();
        private readonly object _gate = new();
        private EventsHandle? _handle;
        private int _queued;
        private bool _hinted;
        private volatile bool _released;

        public void Begin(EventsHandle handle)
        {
            bool hinted;
            lock (_gate)
            {
                _handle = handle;
                hinted = _hinted;
            }
            if (hinted) OnReady();
        }

        public void OnReady()
        {
            lock (_gate)
            {
                // It may be told before the queue was handed out.
                if (_handle is null)
                {
                    _hinted = true;
                    return;
                }
            }
            if (Interlocked.Exchange(ref _queued, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void OnReleased()
        {
            _released = true;
            OnReady();
        }

        public void Execute()
        {
            Volatile.Write(ref _queued, 0);
            lock (_drain)
            {
                bool last = _released;
                if (_handle!.IsClosed) return;
                byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
                try
                {
                    while (Take(ref buffer) is var taken && taken > 0) Tell(buffer.AsSpan(0, (int)taken));
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
                if (last) _handle.Dispose();
            }
        }

        private unsafe long Take(ref byte[] buffer)
        {
            using NativeHandle.Borrowed events = _handle!.Borrow();
            while (true)
            {
                long taken;
                fixed (byte* to = buffer) taken = Native.ppnb_events_take(events.Value, to, (nuint)buffer.Length);
                if (taken != Native.PPNB_TOO_SMALL) return taken;
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = ArrayPool<byte>.Shared.Rent((int)Native.ppnb_events_needed(events.Value));
            }
        }

        private void Tell(ReadOnlySpan<byte> records)
        {
            var reader = new RecordReader(records);
            while (!reader.IsEmpty)
            {
                RecordReader record = reader.Record();
                CallEvent found = CallEvent.Read(ref record);
                try
                {
                    listener(found);
                }
                catch (Exception)
                {
                    // A listener that fails must not end what it listens to.
                }
            }
        }
    }
}
