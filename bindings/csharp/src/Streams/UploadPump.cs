// Brings a body to the library while it is sent: the user's code writes to a stream whose writes wait until there is room.
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

internal sealed class UploadPump
{
    private readonly Func<Stream, CancellationToken, Task> _copy;
    private readonly Action? _rewind;
    private readonly ReadySignal _room = new();
    private readonly object _gate = new();
    private UploadHandle _handle = null!;
    private CancellationTokenSource? _cancel;
    private long _generation;
    private bool _runs;
    private bool _ended;
    private Exception? _thrown;

    private UploadPump(Func<Stream, CancellationToken, Task> copy, Action? rewind)
    {
        _copy = copy;
        _rewind = rewind;
    }

    public static unsafe UploadPump Open(Request request, Func<Stream, CancellationToken, Task> copy, Action? rewind, long length)
    {
        var pump = new UploadPump(copy, rewind);
        long token = Tokens.Add(new Target(pump));
        nint made = 0, error = 0;
        try
        {
            using NativeHandle.Borrowed of = request.Handle.Borrow();
            Failures.Check(Native.ppnb_upload_open(of.Value, length, rewind is null ? 0 : 1, token, &made, &error), error);
        }
        catch
        {
            Tokens.Remove(token);
            throw;
        }
        pump._handle = new UploadHandle(made, token);
        return pump;
    }

    /// <summary>The request has ended, or is never started. Returns what the user's code threw.</summary>
    public Exception? End()
    {
        CancellationTokenSource? cancel;
        Exception? thrown;
        lock (_gate)
        {
            _ended = true;
            cancel = _cancel;
            thrown = _thrown;
        }
        _handle.Dispose();
        _room.OnReady();
        if (cancel is not null) CancelElsewhere(cancel);
        return thrown;
    }

    /// <summary>An I/O thread asks for bytes.</summary>
    private void OnWritable(long generation)
    {
        CancellationTokenSource? cancel = null;
        bool start;
        lock (_gate)
        {
            if (generation > _generation)
            {
                _generation = generation;
                cancel = _cancel;
            }
            start = !_runs && !_ended;
            _runs = true;
        }
        if (start) ThreadPool.UnsafeQueueUserWorkItem(static pump => _ = pump.RunAsync(), this, preferLocal: false);
        _room.OnReady();
        if (cancel is not null) CancelElsewhere(cancel);
    }

    /// <summary>What listens to the token is code of a user.</summary>
    private static void CancelElsewhere(CancellationTokenSource source) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static of =>
            {
                try
                {
                    of.Cancel();
                }
                catch (Exception)
                {
                    // It has ended meanwhile, or what listens throws: nobody waits for this.
                }
            },
            source, preferLocal: false);

    private async Task RunAsync()
    {
        for (long current = 0; ;)
        {
            try
            {
                using var cancel = new CancellationTokenSource();
                lock (_gate)
                {
                    if (_ended) return;
                    _cancel = cancel;
                }
                try
                {
                    if (current > 0) _rewind!();
                    await _copy(new UploadStream(this, current), cancel.Token).ConfigureAwait(false);
                }
                finally
                {
                    lock (_gate) _cancel = null;
                }
                Finish(current);
            }
            catch (Exception exception)
            {
                if (Fail(current, exception)) return;
            }
            while (true)
            {
                lock (_gate)
                {
                    if (_ended) return;
                    if (_generation != current)
                    {
                        current = _generation;
                        break;
                    }
                }
                await _room.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    private void Finish(long generation)
    {
        using NativeHandle.Borrowed upload = _handle.Borrow();
        Native.ppnb_upload_finish(upload.Value, generation);
    }

    /// <summary>Whether the body can not be had; an exception that only says that a generation is over is none.</summary>
    private bool Fail(long generation, Exception exception)
    {
        lock (_gate)
        {
            if (_ended) return true;
            if (_generation != generation || exception is SupersededException) return false;
            _thrown = exception;
        }
        try
        {
            using NativeHandle.Borrowed upload = _handle.Borrow();
            Native.ppnb_upload_fail(upload.Value);
        }
        catch (ObjectDisposedException)
        {
            // The request has ended meanwhile.
        }
        return true;
    }

    private async ValueTask WriteAsync(long generation, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = Offer(generation, bytes.Span);
            bytes = bytes[taken..];
            if (taken == 0) await _room.WaitAsync().ConfigureAwait(false);
        }
        Check(generation);
    }

    private void Write(long generation, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = Offer(generation, bytes);
            bytes = bytes[taken..];
            if (taken == 0) _room.Wait();
        }
        Check(generation);
    }

    /// <summary>How many bytes there was room for.</summary>
    private unsafe int Offer(long generation, ReadOnlySpan<byte> bytes)
    {
        Check(generation);
        using NativeHandle.Borrowed upload = _handle.Borrow();
        fixed (byte* data = bytes)
        {
            long taken = Native.ppnb_upload_write(upload.Value, generation, data, (nuint)bytes.Length);
            return taken < 0 ? throw new SupersededException() : (int)taken;
        }
    }

    private void Check(long generation)
    {
        lock (_gate)
        {
            if (_ended || _generation != generation) throw new SupersededException();
        }
    }

    /// <summary>These bytes are of no use any more.</summary>
    private sealed class SupersededException : IOException
    {
        public SupersededException() : base("the request has ended, or begins anew")
        {
        }
    }

    /// <summary>What the library calls. It does not keep the pump alive: that does the request.</summary>
    private sealed class Target(UploadPump pump) : IUploadTarget
    {
        private readonly WeakReference<UploadPump> _pump = new(pump);

        public void OnWritable(long generation)
        {
            if (_pump.TryGetTarget(out UploadPump? pump)) pump.OnWritable(generation);
        }
    }

    private sealed class UploadStream(UploadPump pump, long generation) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Write(byte[] buffer, int offset, int count) => pump.Write(generation, buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => pump.Write(generation, buffer);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            pump.WriteAsync(generation, buffer);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            pump.WriteAsync(generation, buffer.AsMemory(offset, count)).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
