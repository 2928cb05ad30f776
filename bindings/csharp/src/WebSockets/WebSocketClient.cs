// Messages both ways over one connection.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>A WebSocket (RFC 6455), kept alive by pings and opened again after it was lost (option websocket_reconnect). Describe it,
/// then connect once. It is enumerated once, by one reader; any thread may send.
/// <para>Waiting and reading throw what terminated it: <see cref="WebSocketException"/> (the Response of WS_HANDSHAKE is what the server
/// answered), <see cref="ConnectionException"/>, <see cref="TlsException"/>, <see cref="NetworkTimeoutException"/>,
/// <see cref="CancelledException"/>, whose InnerException is what a hook threw, if one did. Blocks: never.</para></summary>
/// <example><code>
/// await using var socket = new WebSocketClient("wss://localhost:8443/v1/realtime");
/// await socket.ConnectAsync();
/// await socket.SendJsonAsync("""{"type": "subscribe"}""");
/// await foreach (WebSocketMessage message in socket) Console.WriteLine($"Received: {message.Text}");
/// </code></example>
public sealed partial class WebSocketClient : IAsyncEnumerable<WebSocketMessage>, IAsyncDisposable, IDisposable
{
    private readonly SocketHandle _handle;
    private readonly Session _session = new();
    private readonly HTTPClient? _own;
    private PieceBuffer _pieces;
    private bool _ended;
    private bool _connected;

    /// <summary>With the options, TLS, resolver and key of a client.</summary>
    /// <param name="client">Its key goes along when the origin is that of its base URL.</param>
    /// <param name="url">Absolute ws or wss URL without fragment, or a path below the base URL of the client.</param>
    /// <exception cref="UsageException">INVALID_URL, UNSUPPORTED_SCHEME, CLIENT_CLOSED.</exception>
    public WebSocketClient(NetworkClient client, string url)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(url);
        _handle = Make(client.Handle, url, _session);
        _session.Use(_handle);
    }

    /// <summary>With a client of its own.</summary>
    /// <exception cref="UsageException">As the other one.</exception>
    public WebSocketClient(string url, NetworkConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        _own = config is null ? new HTTPClient() : new HTTPClient(config);
        try
        {
            _handle = Make(_own.Handle, url, _session);
        }
        catch
        {
            _own.Dispose();
            throw;
        }
        _session.Use(_handle);
    }

    /// <summary>Where it is.</summary>
    public WebSocketState State
    {
        get
        {
            if (_handle.IsClosed) return WebSocketState.Closed;
            using NativeHandle.Borrowed socket = _handle.Borrow();
            return (WebSocketState)Native.ppn_websocket_state(Native.ppnb_socket_websocket(socket.Value));
        }
    }

    /// <summary>Set a header of the handshake.</summary>
    /// <exception cref="UsageException">INVALID_HEADER, whose text never holds the value; INVALID_STATE: started.</exception>
    public unsafe WebSocketClient Header(string name, string value)
    {
        Put(_handle, &Native.ppn_websocket_set_header, name, value);
        return this;
    }

    /// <summary>Use another URL.</summary>
    public WebSocketClient Url(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        SetUrl(_handle, url);
        return this;
    }

    /// <summary>Offer a subprotocol, after those offered before.</summary>
    public unsafe WebSocketClient Subprotocol(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using NativeHandle.Borrowed socket = _handle.Borrow();
        using var text = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            nint websocket = Native.ppnb_socket_websocket(socket.Value);
            Failures.Check(Native.ppn_websocket_add_subprotocol(websocket, bytes, text.Length, &error), error);
        }
        return this;
    }

    /// <summary>Set an option for this WebSocket alone: one whose name begins with websocket_.</summary>
    /// <exception cref="ConfigException">Another one, or out of range.</exception>
    public unsafe WebSocketClient Option(string name, string value)
    {
        Put(_handle, &Native.ppn_websocket_set_option, name, value);
        return this;
    }

    /// <inheritdoc cref="Option(string, string)"/>
    public WebSocketClient Option(string name, bool value) => Option(name, OptionText.Of(value));

    /// <inheritdoc cref="Option(string, string)"/>
    public WebSocketClient Option(string name, long value) => Option(name, OptionText.Of(value));

    /// <inheritdoc cref="Option(string, string)"/>
    public WebSocketClient Option(string name, TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Option(name, OptionText.Of(name, value));
    }

    /// <summary>Set what hears of each connection that opens. The hooks run one after another, on the thread pool. One that throws drops
    /// the connection.</summary>
    public WebSocketClient OnOpen(Action<Response> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        _session.OpenHook = answer => Run(hook, answer);
        return this;
    }

    /// <summary>Set what hears of the end of each connection that was open.</summary>
    public WebSocketClient OnClose(Action<WebSocketClose> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        _session.CloseHook = how => Run(hook, how);
        return this;
    }

    /// <summary>Set what is asked before another connection is tried; the try waits for it, up to websocket_open_timeout_ms: the place to
    /// get a new token.</summary>
    public WebSocketClient OnReconnecting(Func<ReconnectAttempt, Task> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        _session.ReconnectHook = hook;
        return this;
    }

    /// <summary>Set what hears of the end, exactly once, unless it is disposed of before; null when it was closed as it should
    /// be.</summary>
    public WebSocketClient OnTerminated(Action<NetworkException?> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        _session.TerminatedHook = error => Run(hook, error);
        return this;
    }

    /// <summary>Start connecting, and wait until it is open.</summary>
    /// <param name="cancellationToken">Drops it.</param>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Connect();
        await WaitAsync(_session.Opened.Task, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Send a text. The task ends when the kernel has taken its last byte, which does not mean that the server has read it.
    /// Messages are written in the order in which they were given, also before the connection is open.</summary>
    /// <param name="text">Without half surrogate pairs.</param>
    /// <param name="cancellationToken">Ends the waiting; a message that was queued is sent all the same.</param>
    /// <exception cref="WebSocketException">WS_QUEUE_FULL (nothing was queued, the connection goes on), WS_MESSAGE_TOO_BIG,
    /// WS_CLOSED.</exception>
    /// <exception cref="UsageException">INVALID_STATE: not started.</exception>
    public Task SendTextAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        using var utf8 = new Utf8Text(text, stackalloc byte[2 * Utf8Text.Scratch]);
        return Send(Native.PPN_WEBSOCKET_TEXT, ref utf8.GetPinnableReference(), utf8.Length, cancellationToken);
    }

    /// <summary>Send bytes; the rest is as SendTextAsync.</summary>
    public Task SendBinaryAsync(ReadOnlySpan<byte> bytes, CancellationToken cancellationToken = default)
    {
        byte none = 0;
        return Send(Native.PPN_WEBSOCKET_BINARY,
                    ref bytes.IsEmpty ? ref none : ref System.Runtime.InteropServices.MemoryMarshal.GetReference(bytes),
                    (nuint)bytes.Length, cancellationToken);
    }

    /// <summary>Send a JSON text, checked first (RFC 8259); the rest is as SendTextAsync.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: it is no JSON.</exception>
    public Task SendJsonAsync(string json, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(json);
        using var utf8 = new Utf8Text(json, stackalloc byte[2 * Utf8Text.Scratch]);
        return Send(Native.PPN_WEBSOCKET_JSON, ref utf8.GetPinnableReference(), utf8.Length, cancellationToken);
    }

    /// <summary>Send an object as JSON; safe for trimming.</summary>
    public Task SendJsonAsync<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
                                 CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(type);
        return SendJsonAsync(System.Text.Json.JsonSerializer.Serialize(value, type), cancellationToken);
    }

    /// <summary>Close: what was queued is sent, then a Close frame, and the answer of the server is awaited.</summary>
    /// <param name="code">1000 to 1003, 1007 to 1014 or 3000 to 4999.</param>
    /// <param name="reason">UTF-8, at most 123 bytes.</param>
    /// <param name="cancellationToken">Drops the connection.</param>
    public async Task CloseAsync(int code = 1000, string reason = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Close(code, reason);
        await WaitAsync(_session.Terminated.Task, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begin to close, and do not wait: for the reader, which goes on to the end.</summary>
    /// <param name="code">As in CloseAsync.</param>
    /// <param name="reason">As in CloseAsync.</param>
    public unsafe void Close(int code = 1000, string reason = "")
    {
        ArgumentNullException.ThrowIfNull(reason);
        using NativeHandle.Borrowed socket = _handle.Borrow();
        using var text = new Utf8Text(reason, stackalloc byte[3 * 128]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            nint websocket = Native.ppnb_socket_websocket(socket.Value);
            Failures.Check(Native.ppn_websocket_close(websocket, code, bytes, text.Length, &error), error);
        }
    }

    /// <summary>Wait until it has terminated, whoever closes it.</summary>
    /// <param name="cancellationToken">Ends the waiting; the WebSocket stays.</param>
    public Task WaitClosedAsync(CancellationToken cancellationToken = default)
    {
        if (!_connected) throw Failures.Usage(ErrorCode.InvalidState, "the WebSocket was not started");
        return _session.Terminated.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Drop the connection without a Close frame. Thread: any.</summary>
    public void Cancel() => _session.Cancel();

    /// <summary>Drop the connection, unless it was closed, and release it. Twice is no error.</summary>
    public void Dispose()
    {
        _handle.Dispose();
        _session.OnDisposed();
        _own?.Dispose();
    }

    /// <summary>Close as it should be, wait for the end, and release it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connected && !_handle.IsClosed)
        {
            try
            {
                await CloseAsync().ConfigureAwait(false);
            }
            catch (NetworkException)
            {
                // How it ended has no meaning for who does not want it any more.
            }
            catch (ObjectDisposedException)
            {
                // Another thread was faster.
            }
        }
        Dispose();
    }

    private static Task Run<T>(Action<T> hook, T argument)
    {
        hook(argument);
        return Task.CompletedTask;
    }

    private static unsafe SocketHandle Make(ClientHandle client, string url, Session session)
    {
        using NativeHandle.Borrowed of = client.Borrow();
        using var text = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        long token = Tokens.Add(session);
        nint made = 0, error = 0;
        int code;
        // It holds its reconnects always: a hook may be set later, and without one it goes on at once.
        fixed (byte* bytes = text) code = Native.ppnb_socket_new(of.Value, bytes, text.Length, 1, token, &made, &error);
        if (code != Native.PPN_OK) Tokens.Remove(token);
        Failures.Check(code, error);
        return new SocketHandle(made, token);
    }

    private unsafe void Connect()
    {
        using NativeHandle.Borrowed socket = _handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_websocket_connect(Native.ppnb_socket_websocket(socket.Value), &error), error);
        _connected = true;
    }

    private unsafe Task Send(int kind, ref byte data, nuint length, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        using NativeHandle.Borrowed socket = _handle.Borrow();
        var message = new PendingMessage();
        long token = Tokens.Add(message);
        nint error = 0;
        int code;
        fixed (byte* bytes = &data) code = Native.ppnb_socket_send(socket.Value, kind, bytes, length, token, &error);
        if (code == Native.PPN_OK)
        {
            Native.ppn_error_release(error);
            return cancellationToken.CanBeCanceled ? message.Task.WaitAsync(cancellationToken) : message.Task;
        }
        Tokens.Remove(token);
        return Task.FromException(Failures.Take(code, error, inner: _session.Thrown));
    }

    private async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static session => ((Session)session!).Cancel(), _session);
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (CancelledException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("the WebSocket was dropped", exception, cancellationToken);
        }
    }

    private static unsafe void SetUrl(SocketHandle handle, string url)
    {
        using NativeHandle.Borrowed socket = handle.Borrow();
        using var text = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            nint websocket = Native.ppnb_socket_websocket(socket.Value);
            Failures.Check(Native.ppn_websocket_set_url(websocket, bytes, text.Length, &error), error);
        }
    }

    private static unsafe void Put(SocketHandle handle, delegate*<nint, byte*, nuint, byte*, nuint, nint*, int> function, string name,
                                   string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        using NativeHandle.Borrowed socket = handle.Borrow();
        NamedValue.Put(Native.ppnb_socket_websocket(socket.Value), function, name, value);
    }
}
