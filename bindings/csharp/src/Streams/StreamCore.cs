// A response that is read while it arrives. Many pieces cross at once, into one rented buffer; the pieces are read from there.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

internal sealed class StreamCore
{
    private readonly ReaderHandle _handle;
    private readonly ReadySignal _ready;
    private readonly UploadPump? _upload;
    private CancellationToken _cancellationToken;
    private CancellationToken _second;
    private PieceBuffer _pieces;
    private bool _ended;
    private Exception? _failure;

    public unsafe StreamCore(Request request, int kind, UploadPump? upload, CancellationToken cancellationToken)
    {
        _ready = new ReadySignal();
        _upload = upload;
        _cancellationToken = cancellationToken;
        long token = Tokens.Add(_ready);
        nint made = 0, error = 0;
        try
        {
            using NativeHandle.Borrowed of = request.Handle.Borrow();
            Failures.Check(Native.ppnb_reader_open(of.Value, kind, token, &made, &error), error);
        }
        catch
        {
            Tokens.Remove(token);
            request.End();
            throw;
        }
        _handle = new ReaderHandle(made, token);
        // The stream has all of it.
        request.Handle.Dispose();
        _handle.CancelByCall(cancellationToken);
    }

    public bool Ended => _ended;

    /// <summary>A second token, of the enumeration.</summary>
    public void CancelBy(CancellationToken token)
    {
        if (!token.CanBeCanceled || token == _cancellationToken) return;
        _second = token;
        _handle.CancelByReader(token);
    }

    /// <summary>A token that counts for one wait: until what is returned is disposed of.</summary>
    public CancellationTokenRegistration CancelDuring(CancellationToken token)
    {
        _second = token;
        return token.UnsafeRegister(static handle => ((ReaderHandle)handle!).Cancel(), _handle);
    }

    /// <summary>From here on the token of the start cancels nothing.</summary>
    public void LeaveCall()
    {
        _handle.LeaveCall();
        _cancellationToken = default;
    }

    public void Cancel() => _handle.Cancel();

    /// <summary>Whether there is a piece; `false` says nothing: the end, or nothing yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryNext(out ReadOnlySpan<byte> record)
    {
        if (!_pieces.HasNext && !TryFill())
        {
            record = default;
            return false;
        }
        record = _pieces.Next().Span;
        return true;
    }

    /// <summary>The same, of a piece that is read in parts before the next call.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> record)
    {
        if (!_pieces.HasNext && !TryFill())
        {
            record = default;
            return false;
        }
        record = _pieces.Next();
        return true;
    }

    /// <summary>Waits until TryNext may find something; false at the end. Throws what ended the stream.</summary>
    public async ValueTask<bool> WaitAsync()
    {
        while (!_ended)
        {
            await _ready.WaitAsync().ConfigureAwait(false);
            if (TryFill()) return true;
        }
        return false;
    }

    /// <summary>As WaitAsync, on this thread.</summary>
    public bool Wait()
    {
        while (!_ended)
        {
            _ready.Wait();
            if (TryFill()) return true;
        }
        return false;
    }

    /// <summary>As ResponseAsync, on this thread.</summary>
    public Response Response()
    {
        while (true)
        {
            if (TryResponse() is { } head) return head;
            _ready.Wait();
        }
    }

    /// <summary>The head of the response.</summary>
    public async ValueTask<Response> ResponseAsync()
    {
        while (true)
        {
            if (TryResponse() is { } head) return head;
            await _ready.WaitAsync().ConfigureAwait(false);
        }
    }

    public unsafe string LastEventId()
    {
        using NativeHandle.Borrowed reader = _handle.Borrow();
        return NativeText.TakeText(Native.ppnb_reader_last_event_id(reader.Value)) ?? "";
    }

    public TimeSpan? Retry()
    {
        using NativeHandle.Borrowed reader = _handle.Borrow();
        long milliseconds = Native.ppnb_reader_retry_ms(reader.Value);
        return milliseconds < 0 ? null : TimeSpan.FromMilliseconds(milliseconds);
    }

    public void Dispose()
    {
        if (_handle.IsClosed) return;
        _handle.Dispose();
        _upload?.End();
        // A reader on another thread, which should not be, must not find another's bytes: the buffer is left to the collector then.
        if (_ended || _failure is not null) _pieces.Return();
        // Whoever waits finds the handle closed.
        _ready.OnReady();
    }

    private unsafe bool TryFill()
    {
        if (_ended) return false;
        if (_failure is not null) throw _failure;
        using NativeHandle.Borrowed reader = _handle.Borrow();
        nint error = 0;
        long taken = _pieces.Fill(reader.Value, &Native.ppnb_reader_take, &Native.ppnb_reader_needed, &error);
        if (taken > 0) return true;
        if (taken == Native.PPNB_NOTHING) return false;
        _pieces.Return();
        if (taken == Native.PPNB_END)
        {
            _ended = true;
            _upload?.End();
            return false;
        }
        _failure = Failure((int)-taken, error, reader.Value);
        throw _failure;
    }

    private unsafe Response? TryResponse()
    {
        if (_failure is not null) throw _failure;
        using NativeHandle.Borrowed reader = _handle.Borrow();
        nint response = 0, error = 0;
        int code = Native.ppnb_reader_response(reader.Value, &response, &error);
        if (code == Native.PPN_OK) return Network.Response.Take(response, head: true);
        Native.ppn_response_release(response);
        if (code == Native.PPN_PENDING)
        {
            Native.ppn_error_release(error);
            return null;
        }
        _failure = Failure(code, error, 0);
        throw _failure;
    }

    private unsafe Exception Failure(int code, nint error, nint reader)
    {
        Exception? thrown = _upload?.End();
        if (code == Native.PPN_E_CANCELLED && thrown is null)
        {
            CancellationToken token = _cancellationToken.IsCancellationRequested ? _cancellationToken : _second;
            if (token.IsCancellationRequested)
            {
                return new OperationCanceledException("the stream was cancelled", Failures.Take(code, error), token);
            }
        }
        // What had arrived of the response; of a stream of events that was refused its body, too.
        Response? partial = null;
        nint head = 0, ignored = 0;
        if (reader != 0 && Native.ppnb_reader_response(reader, &head, &ignored) == Native.PPN_OK && head != 0)
        {
            partial = Network.Response.Take(head);
            head = 0;
        }
        Native.ppn_response_release(head);
        Native.ppn_error_release(ignored);
        return Failures.Take(code, error, partial, thrown);
    }
}
