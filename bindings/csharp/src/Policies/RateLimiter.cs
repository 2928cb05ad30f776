// So many requests, tokens and requests at the same time.
using System;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>A rate limiter, for any work of the user and for any number of clients, which then share one limit. The limit is exact: in
/// any window of time there are no more than the burst and what the rate gives for it. Whoever waits keeps its place. A scope is any
/// text, such as the name of a model; scopes do not know each other.
/// <para>Thread: any, several at once. Blocks: never.</para></summary>
/// <example><code>
/// using var limiter = new RateLimiter(requestsPerMinute: 60, burstSize: 10);
/// await using (await limiter.WaitAsync()) response = await client.GetAsync(url);
/// </code></example>
public sealed class RateLimiter : IDisposable
{
    private readonly RateLimiterHandle _handle;

    /// <summary>Of requests alone; everything else is as the defaults of the options say.</summary>
    /// <param name="requestsPerMinute">From 0.001 to 1e9; 0 and less = no limit.</param>
    /// <param name="burstSize">How many may pass at once; 0 = as many as come in a tenth of a minute, at least 1.</param>
    /// <exception cref="UsageException">INVALID_ARGUMENT: out of range.</exception>
    public unsafe RateLimiter(double requestsPerMinute, long burstSize = 0)
    {
        Library.Ensure();
        nint made = 0, error = 0;
        Failures.Check(Native.ppn_rate_limiter_new(requestsPerMinute, burstSize, &made, &error), error);
        _handle = new RateLimiterHandle(made);
    }

    /// <summary>As the options rate_limit_ of a configuration say: rates, requests in flight, waiting, and what is followed of
    /// responses.</summary>
    public unsafe RateLimiter(NetworkConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        nint made = 0, error = 0;
        using NativeHandle.Borrowed of = config.Handle.Borrow();
        Failures.Check(Native.ppn_rate_limiter_new_with_config(of.Value, &made, &error), error);
        _handle = new RateLimiterHandle(made);
    }

    internal RateLimiterHandle Handle => _handle;

    /// <summary>A permit, when its time has come; dispose of it when the work that it allows has ended.</summary>
    /// <param name="scope">"" is one like another.</param>
    /// <param name="cost">Requests to be counted.</param>
    /// <param name="tokens">Tokens to be reserved, as an estimate; <see cref="RatePermit.Settle"/> says what they were.</param>
    /// <param name="timeout">How long at most, a longer wait is refused at once; null as long as the limiter lets calls wait.</param>
    /// <param name="cancellationToken">Gives the place in the queue back.</param>
    /// <exception cref="RateLimitException">By the task: RATE_LIMITED (with RetryAfter), RATE_LIMIT_QUEUE_FULL, RATE_LIMIT_COST,
    /// RATE_LIMIT_BACKEND.</exception>
    /// <exception cref="OperationCanceledException">By the task: the token was cancelled.</exception>
    public Task<RatePermit> WaitAsync(string scope = "", long cost = 1, long tokens = 0, TimeSpan? timeout = null,
                                      CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scope);
        long milliseconds = timeout is { } limit && limit != Timeout.InfiniteTimeSpan ? Math.Max(0, OptionText.Milliseconds(limit)) : -1;
        return new PendingPermit(cancellationToken).Start(_handle, scope, cost, tokens, milliseconds);
    }

    /// <summary>A permit if there is one now; null when there is none.</summary>
    /// <exception cref="RateLimitException">RATE_LIMIT_COST: more than is ever allowed at once.</exception>
    public unsafe RatePermit? TryAcquire(string scope = "", long cost = 1, long tokens = 0)
    {
        ArgumentNullException.ThrowIfNull(scope);
        using NativeHandle.Borrowed limiter = _handle.Borrow();
        using var text = new Utf8Text(scope, stackalloc byte[Utf8Text.Scratch]);
        nint ticket = 0, error = 0;
        int code;
        fixed (byte* bytes = text)
        {
            code = Native.ppn_rate_limiter_try(limiter.Value, bytes, text.Length, cost, tokens, &ticket, &error);
        }
        if (code == Native.PPN_E_RATE_LIMITED)
        {
            Native.ppn_error_release(error);
            return null;
        }
        Failures.Check(code, error);
        return new RatePermit(ticket);
    }

    /// <summary>Follow what a response says about the limit of its server. Requests of clients that use this limiter do so by
    /// themselves; this is for responses that came another way. Never makes the limit wider than configured.</summary>
    /// <param name="scope">As in <see cref="WaitAsync"/>.</param>
    /// <param name="response">Of a request that was told <see cref="Request.KeepResponse"/>.</param>
    /// <exception cref="UsageException">INVALID_STATE: the response was not kept.</exception>
    public unsafe void Observe(string scope, Response response)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(response);
        if (response.Kept is null)
        {
            throw Failures.Usage(ErrorCode.InvalidState, "the request of this response was not told KeepResponse");
        }
        using NativeHandle.Borrowed limiter = _handle.Borrow();
        using NativeHandle.Borrowed of = response.Kept.Borrow();
        using var text = new Utf8Text(scope, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            Failures.Check(Native.ppn_rate_limiter_observe(limiter.Value, bytes, text.Length, of.Value, &error), error);
        }
    }

    /// <summary>A count over all scopes, as of a moment ago.</summary>
    public long Count(RateCount which)
    {
        using NativeHandle.Borrowed limiter = _handle.Borrow();
        return Native.ppn_rate_limiter_count(limiter.Value, (int)which);
    }

    /// <summary>Release the limiter. Clients and permits keep what they need of it.</summary>
    public void Dispose() => _handle.Dispose();
}

/// <summary>What <see cref="RateLimiter.Count"/> counts.</summary>
public enum RateCount
{
    /// <summary>Those who wait.</summary>
    Waiting = 0,

    /// <summary>Permits that have not ended.</summary>
    InFlight = 1,

    /// <summary>Grants, ever.</summary>
    Granted = 2,

    /// <summary>Refusals, ever.</summary>
    Refused = 3,

    /// <summary>Scopes that stand still because a response said so.</summary>
    Frozen = 4,

    /// <summary>Scopes that are remembered.</summary>
    Scopes = 5,
}

/// <summary>A place in a <see cref="RateLimiter"/>. Disposing of it frees the slot for another.</summary>
public sealed class RatePermit : IDisposable, IAsyncDisposable
{
    private readonly RateTicketHandle _handle;

    internal RatePermit(nint ticket) => _handle = new RateTicketHandle(ticket);

    internal RatePermit(RateTicketHandle handle) => _handle = handle;

    /// <summary>Say what the tokens really were: what was reserved too much is given back, what was too little is charged.</summary>
    /// <exception cref="UsageException">Less than 0.</exception>
    public void Settle(long actualTokens)
    {
        using NativeHandle.Borrowed ticket = _handle.Borrow();
        Failures.Check(Native.ppn_rate_ticket_settle(ticket.Value, actualTokens), 0);
    }

    /// <summary>End the permit. Twice is no error.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>As <see cref="Dispose"/>.</summary>
    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return default;
    }
}

/// <summary>A permit that is waited for.</summary>
internal sealed class PendingPermit(CancellationToken cancellationToken) : TaskCompletionSource<RatePermit>, ICallTarget, IThreadPoolWorkItem
{
    private CancellationTokenRegistration _registration;
    private RateTicketHandle? _ticket;
    private int _open = 2;
    private int _status;
    private nint _error;

    public unsafe Task<RatePermit> Start(RateLimiterHandle limiter, string scope, long cost, long tokens, long milliseconds)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            SetCanceled(cancellationToken);
            return Task;
        }
        using NativeHandle.Borrowed of = limiter.Borrow();
        using var text = new Utf8Text(scope, stackalloc byte[Utf8Text.Scratch]);
        long token = Tokens.Add(this);
        nint ticket = 0, error = 0;
        int code;
        fixed (byte* bytes = text)
        {
            code = Native.ppnb_rate_limiter_start(of.Value, bytes, text.Length, cost, tokens, milliseconds, token, &ticket, &error);
        }
        if (code != Native.PPN_OK)
        {
            Tokens.Remove(token);
            Native.ppn_rate_ticket_release(ticket);
            SetException(Failures.Take(code, error));
            return Task;
        }
        Native.ppn_error_release(error);
        _ticket = new RateTicketHandle(ticket);
        _registration = cancellationToken.UnsafeRegister(static handle => Cancel((RateTicketHandle)handle!), _ticket);
        Leave();
        return Task;
    }

    public void OnComplete(long token, long index, int status, nint response, nint error)
    {
        Tokens.Remove(token);
        Native.ppn_response_release(response);
        _status = status;
        _error = error;
        Leave();
    }

    /// <summary>The wait may end before its start has returned, which hands out the ticket: the later of both goes on.</summary>
    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        _registration.Dispose();
        RateTicketHandle ticket = _ticket!;
        if (_status == Native.PPN_OK)
        {
            Native.ppn_error_release(_error);
            SetResult(new RatePermit(ticket));
            return;
        }
        ticket.Dispose();
        if (_status == Native.PPN_E_CANCELLED && cancellationToken.IsCancellationRequested)
        {
            Native.ppn_error_release(_error);
            SetCanceled(cancellationToken);
            return;
        }
        SetException(Failures.Take(_status, _error));
    }

    private static void Cancel(RateTicketHandle ticket)
    {
        try
        {
            using NativeHandle.Borrowed of = ticket.Borrow();
            Native.ppn_rate_ticket_cancel(of.Value);
        }
        catch (ObjectDisposedException)
        {
            // It was refused.
        }
    }
}
