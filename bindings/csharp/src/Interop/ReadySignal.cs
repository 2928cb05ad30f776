// A hint from an I/O thread that wakes one waiter. Waiting allocates nothing, and the waiter goes on on the thread pool; one that
// blocks its thread needs no other thread, so that the pool may be full of those.
using System;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace PepperPy.Network.Interop;

internal sealed class ReadySignal : IReadyTarget, IValueTaskSource
{
    private const int Nothing = 0, Hinted = 1, Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;
    private int _waiters;
    private ManualResetEventSlim? _woken;

    public void OnReady()
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            if (state == Hinted) return;
            if (state == Nothing && Interlocked.CompareExchange(ref _state, Hinted, Nothing) == Nothing) return;
            if (state == Waiting && Interlocked.CompareExchange(ref _state, Nothing, Waiting) == Waiting)
            {
                _core.SetResult(true);
                _woken?.Set();
                return;
            }
        }
    }

    /// <summary>Ends with the next hint, or at once when one came since the last wait. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.Exchange(ref _waiters, 1) != 0)
        {
            throw Failures.Usage(ErrorCode.InvalidState, "another call waits here already");
        }
        if (Interlocked.CompareExchange(ref _state, Nothing, Hinted) != Hinted)
        {
            _core.Reset();
            if (Interlocked.CompareExchange(ref _state, Waiting, Nothing) == Nothing) return new ValueTask(this, _core.Version);
            // A hint came in between.
            Volatile.Write(ref _state, Nothing);
        }
        Volatile.Write(ref _waiters, 0);
        return default;
    }

    /// <summary>As WaitAsync. A thread that is interrupted leaves a waiter behind: the signal is of no use any more then.</summary>
    public void Wait()
    {
        ManualResetEventSlim woken = _woken ??= new ManualResetEventSlim();
        ValueTask wait = WaitAsync();
        while (!wait.IsCompleted)
        {
            woken.Wait();
            // What was set may be that of the wait before; of this one the result comes first.
            woken.Reset();
        }
        wait.GetAwaiter().GetResult();
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        Volatile.Write(ref _waiters, 0);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
