// One request, from its description to its start.
using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>One request: describe it, then start it once, by <see cref="SendAsync"/>, <see cref="Chunks"/>, <see cref="Lines"/>,
/// <see cref="Events"/> or a <see cref="Batch"/>. What can be wrong with it is found while it is described, before anything is sent.
/// <para>Thread: one at a time, except <see cref="Cancel"/>. Blocks: never, unless said. After its start it has nothing to dispose
/// of.</para></summary>
public sealed partial class Request : IDisposable
{
    private UploadPump? _upload;
    private int _started;

    internal unsafe Request(ClientHandle client, string method, string url)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(url);
        nint made = 0, error = 0;
        using NativeHandle.Borrowed of = client.Borrow();
        using var methodText = new Utf8Text(method, stackalloc byte[64]);
        using var urlText = new Utf8Text(url, stackalloc byte[3 * Utf8Text.Scratch]);
        fixed (byte* methodBytes = methodText, urlBytes = urlText)
        {
            Failures.Check(
                Native.ppn_request_new(of.Value, methodBytes, methodText.Length, urlBytes, urlText.Length, &made, &error), error);
        }
        Handle = new RequestHandle(made);
    }

    internal RequestHandle Handle { get; }

    internal bool KeepsResponse { get; private set; }

    /// <summary>Set a header; occurrences of the same name are replaced.</summary>
    /// <param name="name">A token. Host, Content-Length, Transfer-Encoding, Connection and others belong to the library.</param>
    /// <param name="value">No CR, LF, NUL or other control character, no space at either end (RFC 9110 5.5).</param>
    /// <exception cref="UsageException">INVALID_HEADER, whose text never holds the value.</exception>
    public unsafe Request Header(string name, string value)
    {
        NamedValue.Put(Handle, &Native.ppn_request_set_header, name, value);
        return this;
    }

    /// <summary>Add a header beside those of the same name.</summary>
    /// <exception cref="UsageException">As <see cref="Header"/>.</exception>
    public unsafe Request AddHeader(string name, string value)
    {
        NamedValue.Put(Handle, &Native.ppn_request_add_header, name, value);
        return this;
    }

    /// <summary>Set several headers.</summary>
    /// <exception cref="UsageException">As <see cref="Header"/>.</exception>
    public Request Headers(IEnumerable<KeyValuePair<string, string>>? headers)
    {
        if (headers is null) return this;
        foreach (KeyValuePair<string, string> field in headers) Header(field.Key, field.Value);
        return this;
    }

    /// <summary>Set an option of the table for this request alone.</summary>
    /// <exception cref="ConfigException">No such option, one of the client, or out of range.</exception>
    public unsafe Request Option(string name, string value)
    {
        NamedValue.Put(Handle, &Native.ppn_request_set_option, name, value);
        return this;
    }

    /// <inheritdoc cref="Option(string, string)"/>
    public Request Option(string name, bool value) => Option(name, OptionText.Of(value));

    /// <inheritdoc cref="Option(string, string)"/>
    public Request Option(string name, long value) => Option(name, OptionText.Of(value));

    /// <inheritdoc cref="Option(string, string)"/>
    public Request Option(string name, double value) => Option(name, OptionText.Of(value));

    /// <summary>Set an option in milliseconds; zero, and an infinite time, mean no limit.</summary>
    /// <exception cref="ConfigException">As the others.</exception>
    public Request Option(string name, TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Option(name, OptionText.Of(name, value));
    }

    /// <summary>The whole of the call may take so long; zero, and an infinite time, mean no limit.</summary>
    /// <exception cref="ConfigException">Out of range.</exception>
    public Request Timeout(TimeSpan limit) => Option("timeout_ms", limit);

    /// <summary>Let the retries of this request follow the rules of a handler, which are copied, instead of the options of its client;
    /// its timeout and its hooks do not count.</summary>
    public unsafe Request Retry(RetryHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        using NativeHandle.Borrowed request = Handle.Borrow();
        using NativeHandle.Borrowed policy = handler.Handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_request_set_retry_policy(request.Value, policy.Value, &error), error);
        return this;
    }

    /// <summary>Let the response keep its native half, for <see cref="RateLimiter.Observe"/>; costs a little more.</summary>
    public Request KeepResponse()
    {
        KeepsResponse = true;
        return this;
    }

    /// <summary>Start the request and collect the whole response. A status of 400 or more is a response like another: see
    /// <see cref="Response.RaiseForStatus"/>. What waits for the task runs on the thread pool, never on an I/O thread.</summary>
    /// <param name="cancellationToken">Cancels the call itself; the task is cancelled then.</param>
    /// <exception cref="NetworkException">By the task: every error of a transfer.</exception>
    /// <exception cref="OperationCanceledException">By the task: the token was cancelled.</exception>
    public Task<Response> SendAsync(CancellationToken cancellationToken = default) => new PendingCall(this, cancellationToken).Start();

    /// <summary>Start the request and read the body as it arrives.</summary>
    /// <param name="chunkSize">At most so many bytes at a time; null for the option chunk_bytes.</param>
    /// <param name="cancellationToken">Cancels the stream.</param>
    /// <exception cref="ConfigException">A size outside the range of chunk_bytes.</exception>
    public ChunkStream Chunks(int? chunkSize = null, CancellationToken cancellationToken = default)
    {
        if (chunkSize is { } size) Option("chunk_bytes", size);
        return new ChunkStream(Open(Native.PPN_STREAM_CHUNKS, cancellationToken));
    }

    /// <summary>Start the request and read the body line by line (NDJSON).</summary>
    /// <param name="cancellationToken">Cancels the stream.</param>
    public LineStream Lines(CancellationToken cancellationToken = default) => new(Open(Native.PPN_STREAM_LINES, cancellationToken));

    /// <summary>Start the request and read the body as events. Sends Accept: text/event-stream unless Accept is set; a status other
    /// than 200 (204 is an empty stream) or another media type makes reading fail.</summary>
    /// <param name="cancellationToken">Cancels the stream.</param>
    public EventStream Events(CancellationToken cancellationToken = default) => new(Open(Native.PPN_STREAM_EVENTS, cancellationToken));

    /// <summary>End the request with <see cref="CancelledException"/> unless it has ended before; one that is not started can not be
    /// started afterwards. Thread: any. Blocks: never.</summary>
    public void Cancel()
    {
        try
        {
            using NativeHandle.Borrowed request = Handle.Borrow();
            Native.ppn_request_cancel(request.Value);
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>Release a request that will not be started. One that is under way goes on, and is released at its end.</summary>
    public void Dispose()
    {
        if (Volatile.Read(ref _started) == 0) End();
    }

    /// <summary>False when it was started before, or given to a batch.</summary>
    internal bool TryBegin() => Interlocked.Exchange(ref _started, 1) == 0;

    internal static NetworkException StartedBefore() => Failures.Usage(ErrorCode.InvalidState, "the request was started before");

    /// <summary>Nothing of it is needed any more; returns what reading its body threw.</summary>
    internal Exception? End()
    {
        Handle.Dispose();
        return _upload?.End();
    }

    private StreamCore Open(int kind, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!TryBegin()) throw StartedBefore();
        return new StreamCore(this, kind, _upload, cancellationToken);
    }
}
