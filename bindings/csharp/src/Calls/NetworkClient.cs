// What all clients have: one engine, one handle, the verbs.
using System;
using System.Collections.Generic;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>What <see cref="HTTPClient"/>, <see cref="StreamingClient"/>, <see cref="RequestManager"/> and <see cref="APIClient"/> have in
/// common: options that are fixed when it is made, and a pool of connections that its requests share. What an address is (a whole
/// URL, or a path below a base) is for the class to say. Make one and keep it.
/// <para>The verbs give a status of 400 or more as a response like another: see <see cref="Response.RaiseForStatus"/>. Thread: any,
/// several at once. Blocks: never, unless said.</para></summary>
public abstract partial class NetworkClient : IDisposable, IAsyncDisposable
{
    private readonly ClientHandle _handle;

    private protected unsafe NetworkClient(NetworkConfig? config)
    {
        Library.Ensure();
        nint made = 0, error = 0;
        using NetworkConfig? own = config is null ? new NetworkConfig() : null;
        using NativeHandle.Borrowed of = (config ?? own!).Handle.Borrow();
        Failures.Check(Native.ppn_client_new(of.Value, &made, &error), error);
        _handle = new ClientHandle(made);
    }

    internal ClientHandle Handle => _handle;

    /// <summary>Describe a request, which is started by its own methods or given to a <see cref="Batch"/>.</summary>
    /// <param name="method">A token, such as "GET"; upper and lower case differ (RFC 9110 9.1).</param>
    /// <param name="url">What an address is for this client.</param>
    /// <exception cref="UsageException">INVALID_ARGUMENT (the method), INVALID_URL, UNSUPPORTED_SCHEME, CLIENT_CLOSED.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of.</exception>
    public Request CreateRequest(string method, string url) => new(_handle, method, url);

    /// <summary>GET.</summary>
    public Task<Response> GetAsync(string url, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                   CancellationToken cancellationToken = default) => SendAsync("GET", url, headers, cancellationToken);

    /// <summary>HEAD.</summary>
    public Task<Response> HeadAsync(string url, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                    CancellationToken cancellationToken = default) => SendAsync("HEAD", url, headers, cancellationToken);

    /// <summary>DELETE.</summary>
    public Task<Response> DeleteAsync(string url, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                      CancellationToken cancellationToken = default) =>
        SendAsync("DELETE", url, headers, cancellationToken);

    /// <summary>POST with a body of any bytes; give its Content-Type as a header.</summary>
    public Task<Response> PostAsync(string url, ReadOnlyMemory<byte> body, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                    CancellationToken cancellationToken = default) =>
        SendAsync("POST", url, body, headers, cancellationToken);

    /// <summary>PUT with a body of any bytes; give its Content-Type as a header.</summary>
    public Task<Response> PutAsync(string url, ReadOnlyMemory<byte> body, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                   CancellationToken cancellationToken = default) =>
        SendAsync("PUT", url, body, headers, cancellationToken);

    /// <summary>PATCH with a body of any bytes; give its Content-Type as a header.</summary>
    public Task<Response> PatchAsync(string url, ReadOnlyMemory<byte> body, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                     CancellationToken cancellationToken = default) =>
        SendAsync("PATCH", url, body, headers, cancellationToken);

    /// <summary>POST with a body of JSON, checked first (RFC 8259).</summary>
    public Task<Response> PostJsonAsync(string url, string json, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                        CancellationToken cancellationToken = default) =>
        SendJsonAsync("POST", url, json, headers, cancellationToken);

    /// <summary>POST with an object as JSON; safe for trimming.</summary>
    public Task<Response> PostJsonAsync<T>(string url, T value, JsonTypeInfo<T> type,
                                           IEnumerable<KeyValuePair<string, string>>? headers = null,
                                           CancellationToken cancellationToken = default) =>
        Made("POST", url, headers, request => request.Json(value, type)).SendAsync(cancellationToken);

    /// <summary>PUT with a body of JSON, checked first (RFC 8259).</summary>
    public Task<Response> PutJsonAsync(string url, string json, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                       CancellationToken cancellationToken = default) =>
        SendJsonAsync("PUT", url, json, headers, cancellationToken);

    /// <summary>PATCH with a body of JSON, checked first (RFC 8259).</summary>
    public Task<Response> PatchJsonAsync(string url, string json, IEnumerable<KeyValuePair<string, string>>? headers = null,
                                         CancellationToken cancellationToken = default) =>
        SendJsonAsync("PATCH", url, json, headers, cancellationToken);

    /// <summary>GET, and the body as it arrives.</summary>
    /// <param name="url">What an address is for this client.</param>
    /// <param name="chunkSize">At most so many bytes at a time; null for the option chunk_bytes.</param>
    /// <param name="headers">Optional.</param>
    /// <param name="cancellationToken">Cancels the stream.</param>
    public ChunkStream Stream(string url, int? chunkSize = null, IEnumerable<KeyValuePair<string, string>>? headers = null,
                              CancellationToken cancellationToken = default) =>
        Made("GET", url, headers).Chunks(chunkSize, cancellationToken);

    /// <summary>GET, and the body line by line (NDJSON).</summary>
    public LineStream Lines(string url, IEnumerable<KeyValuePair<string, string>>? headers = null,
                            CancellationToken cancellationToken = default) => Made("GET", url, headers).Lines(cancellationToken);

    /// <summary>GET, and the body as events of a text/event-stream.</summary>
    public EventStream Events(string url, IEnumerable<KeyValuePair<string, string>>? headers = null,
                              CancellationToken cancellationToken = default) => Made("GET", url, headers).Events(cancellationToken);

    /// <summary>Cancel requests under way, refuse later ones with CLIENT_CLOSED, close idle connections. A second call has no
    /// effect.</summary>
    public unsafe void Close()
    {
        using NativeHandle.Borrowed client = _handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_client_close(client.Value, &error), error);
    }

    /// <summary>Close the client gracefully: later requests are refused, those under way may go on for a while, and what is left then
    /// ends with <see cref="CancelledException"/>.</summary>
    /// <param name="timeout">How long; null until the limits of the requests end them.</param>
    /// <param name="cancellationToken">Ends what is under way at once, as <see cref="Dispose()"/>.</param>
    /// <returns>Whether all requests had ended by themselves.</returns>
    public async Task<bool> DrainAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long milliseconds = timeout is { } limit && limit != Timeout.InfiniteTimeSpan ? Math.Max(0, OptionText.Milliseconds(limit)) : -1;
        if (_handle.IsClosed) throw new ObjectDisposedException(GetType().Name);
        // The library waits on the thread that asks.
        Task<bool> drain = Task.Factory.StartNew(() => Drain(milliseconds), CancellationToken.None, TaskCreationOptions.LongRunning,
                                                 TaskScheduler.Default);
        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static client => ((NetworkClient)client!).Dispose(), this);
        bool drained = await drain.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return drained;
    }

    /// <summary>Make connections before they are needed, so that the first requests pay for no handshake. One that can not be made is
    /// reported by the request that needs it.</summary>
    /// <param name="url">Any address of the server.</param>
    /// <param name="count">How many connections to it there should be, idle ones included, 1 to 1000.</param>
    /// <exception cref="UsageException">INVALID_ARGUMENT (count), INVALID_URL, UNSUPPORTED_SCHEME, CLIENT_CLOSED.</exception>
    public unsafe void Preconnect(string url, int count = 1)
    {
        ArgumentNullException.ThrowIfNull(url);
        using NativeHandle.Borrowed client = _handle.Borrow();
        using var text = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            Failures.Check(Native.ppn_client_preconnect(client.Value, bytes, text.Length, count, &error), error);
        }
    }

    /// <summary>A count of the connection pool, as of a moment ago.</summary>
    public long Count(PoolCount which)
    {
        using NativeHandle.Borrowed client = _handle.Borrow();
        return Native.ppn_client_count(client.Value, (int)which);
    }

    /// <summary>Close the client, as <see cref="Close"/>, and release it. Calls under way end with <see cref="CancelledException"/>.
    /// Disposing twice is no error. Blocks: never.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="Dispose()"/>; <see cref="DrainAsync"/> waits.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    /// <summary>The class and nothing of its options.</summary>
    public override string ToString() => GetType().Name;

    private protected virtual void Dispose(bool disposing)
    {
        if (!disposing || _handle.IsClosed) return;
        try
        {
            Close();
        }
        catch (ObjectDisposedException)
        {
            // Another thread was faster.
        }
        _handle.Dispose();
    }

    private unsafe bool Drain(long milliseconds)
    {
        using NativeHandle.Borrowed client = _handle.Borrow();
        nint error = 0;
        int code = Native.ppn_client_drain(client.Value, milliseconds, &error);
        if (code == Native.PPN_PENDING)
        {
            Native.ppn_error_release(error);
            return false;
        }
        Failures.Check(code, error);
        return true;
    }

    private Request Made(string method, string url, IEnumerable<KeyValuePair<string, string>>? headers, Action<Request>? body = null)
    {
        Request request = CreateRequest(method, url);
        if (headers is null && body is null) return request;
        try
        {
            request.Headers(headers);
            body?.Invoke(request);
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    private Task<Response> SendAsync(string method, string url, IEnumerable<KeyValuePair<string, string>>? headers,
                                     CancellationToken cancellationToken) =>
        Made(method, url, headers).SendAsync(cancellationToken);

    private Task<Response> SendAsync(string method, string url, ReadOnlyMemory<byte> body,
                                     IEnumerable<KeyValuePair<string, string>>? headers, CancellationToken cancellationToken) =>
        Made(method, url, headers, request => request.Body(body.Span)).SendAsync(cancellationToken);

    private Task<Response> SendJsonAsync(string method, string url, string json, IEnumerable<KeyValuePair<string, string>>? headers,
                                         CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Made(method, url, headers, request => request.Json(json)).SendAsync(cancellationToken);
    }
}

/// <summary>What <see cref="NetworkClient.Count"/> counts.</summary>
public enum PoolCount
{
    /// <summary>Connections, those being made included.</summary>
    Connections = 0,

    /// <summary>Of these: idle.</summary>
    Idle = 1,

    /// <summary>Of these: being made.</summary>
    Connecting = 2,

    /// <summary>Requests that wait for a place in the pool.</summary>
    Waiting = 3,
}
