// A hint from an I/O thread that wakes one waiter. Waiting allocates nothing, and the waiter goes on on the thread pool.
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
                return;
            }
        }
    }

    /// <summary>Ends with the next hint, or at once when one came since the last wait. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Nothing, Hinted) == Hinted) return default;
        _core.Reset();
        int before = Interlocked.CompareExchange(ref _state, Waiting, Nothing);
        if (before == Hinted)
        {
            Volatile.Write(ref _state, Nothing);
            return default;
        }
        if (before == Waiting) throw Failures.Usage(ErrorCode.InvalidState, "another call waits here already");
        return new ValueTask(this, _core.Version);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
