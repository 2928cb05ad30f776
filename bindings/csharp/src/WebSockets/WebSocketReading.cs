// The messages of a WebSocket, and what else can be read of it.
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

public sealed partial class WebSocketClient
{
    /// <summary>The message that MoveNextAsync found.</summary>
    public WebSocketMessage Current { get; private set; }

    /// <summary>What the server answered to the last handshake.</summary>
    /// <exception cref="UsageException">INVALID_STATE: no answer yet.</exception>
    public unsafe Response HandshakeResponse
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            nint response = 0, error = 0;
            Failures.Check(Native.ppn_websocket_response(Native.ppnb_socket_websocket(socket.Value), &response, &error), error);
            return Response.Take(response);
        }
    }

    /// <summary>The subprotocol that the server chose; empty when it chose none.</summary>
    public string ChosenSubprotocol
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            return NativeText.TakeText(Native.ppnb_socket_subprotocol(socket.Value)) ?? "";
        }
    }

    /// <summary>The code that the last connection ended with, as <see cref="WebSocketClose.Code"/>; 0 when none has ended.</summary>
    public int CloseCode
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            return Native.ppn_websocket_close_code(Native.ppnb_socket_websocket(socket.Value));
        }
    }

    /// <summary>The reason that came with it.</summary>
    public string CloseReason
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            return NativeText.TakeText(Native.ppnb_socket_close_reason(socket.Value)) ?? "";
        }
    }

    /// <summary>The time between the last ping and its pong; null when no pong has come.</summary>
    public TimeSpan? PingTime
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            long microseconds = Native.ppn_websocket_ping_us(Native.ppnb_socket_websocket(socket.Value));
            return microseconds < 0 ? null : TimeSpan.FromMicroseconds(microseconds);
        }
    }

    /// <summary>How many bytes of messages wait to be sent.</summary>
    public long QueuedBytes
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            return Native.ppn_websocket_queued_bytes(Native.ppnb_socket_websocket(socket.Value));
        }
    }

    /// <summary>How many messages will never be sent.</summary>
    public int UnsentCount
    {
        get
        {
            using NativeHandle.Borrowed socket = _handle.Borrow();
            return (int)Native.ppn_websocket_unsent_count(Native.ppnb_socket_websocket(socket.Value));
        }
    }

    /// <summary>Take the oldest message that will never be sent; null when there is none.</summary>
    public unsafe UnsentMessage? TakeUnsent()
    {
        using NativeHandle.Borrowed socket = _handle.Borrow();
        int kind = 0;
        nint data = 0, error = 0;
        int code = Native.ppn_websocket_take_unsent(Native.ppnb_socket_websocket(socket.Value), &kind, &data, &error);
        if (code == Native.PPN_END)
        {
            Native.ppn_error_release(error);
            return null;
        }
        Failures.Check(code, error);
        return new UnsentMessage((MessageKind)kind, NativeText.TakeBytes(data));
    }

    /// <summary>Go to the next message; false when the WebSocket was closed as it should be: by this side, or with code 1000, 1001 or
    /// none. Messages that came before an error are given before it is thrown.</summary>
    /// <param name="cancellationToken">Ends the waiting for this message; the WebSocket stays.</param>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            if (TryNext()) return new ValueTask<bool>(true);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<bool>(exception);
        }
        if (_ended) return new ValueTask<bool>(false);
        return cancellationToken.CanBeCanceled ? NextAsync(cancellationToken) : NextAsync();
    }

    /// <summary>Of one enumeration; leaving it leaves the WebSocket as it is.</summary>
    public IAsyncEnumerator<WebSocketMessage> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(this, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> NextAsync()
    {
        while (!_ended)
        {
            await _session.Ready.WaitAsync().ConfigureAwait(false);
            if (TryNext()) return true;
        }
        return false;
    }

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A hint without a message: who waits looks, and sees why.
        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static session => ((Session)session!).OnReady(), _session);
        while (!_ended)
        {
            await _session.Ready.WaitAsync().ConfigureAwait(false);
            if (TryNext()) return true;
            cancellationToken.ThrowIfCancellationRequested();
        }
        return false;
    }

    private bool TryNext()
    {
        if (!_pieces.HasNext && !TryFill()) return false;
        var reader = new RecordReader(_pieces.Next().Span[(2 * sizeof(long))..]);
        MessageKind kind = reader.Bytes().SequenceEqual("text"u8) ? MessageKind.Text : MessageKind.Binary;
        reader.Bytes();
        Current = new WebSocketMessage(kind, reader.Bytes().ToArray());
        return true;
    }

    private unsafe bool TryFill()
    {
        if (_ended) return false;
        using NativeHandle.Borrowed socket = _handle.Borrow();
        nint error = 0;
        long taken = _pieces.Fill(socket.Value, &Native.ppnb_socket_take, &Native.ppnb_socket_needed, &error);
        if (taken > 0) return true;
        if (taken == Native.PPNB_NOTHING) return false;
        if (taken == Native.PPNB_END)
        {
            _pieces.Return();
            _ended = true;
            return false;
        }
        Response? answer = null;
        nint response = 0, ignored = 0;
        if (Native.ppn_websocket_response(Native.ppnb_socket_websocket(socket.Value), &response, &ignored) == Native.PPN_OK && response != 0)
        {
            answer = Response.Take(response);
        }
        Native.ppn_error_release(ignored);
        throw Failures.Take((int)-taken, error, answer, _session.Thrown);
    }

    private sealed class Enumerator(WebSocketClient socket, CancellationToken cancellationToken) : IAsyncEnumerator<WebSocketMessage>
    {
        public WebSocketMessage Current => socket.Current;

        public ValueTask<bool> MoveNextAsync() => socket.MoveNextAsync(cancellationToken);

        public ValueTask DisposeAsync() => default;
    }
}
