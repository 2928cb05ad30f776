// What users see of a stream: chunks, lines or events.
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>A response that is read while it arrives, once, by <c>await foreach</c> or by <see cref="MoveNextAsync"/>. A slow reader
/// holds the socket up. Leaving the loop early, and disposing, cancel a stream that has not ended and close its connection.
/// <para>Reading throws, after the pieces that arrived before it, what ended the stream: <see cref="StreamException"/>,
/// <see cref="StatusException"/> (of events), every other <see cref="NetworkException"/> of a transfer, and
/// <see cref="OperationCanceledException"/> when a token was cancelled.</para>
/// <para>Thread: one at a time, except <see cref="Cancel"/>; the code of the reader runs on its own threads or on the thread
/// pool.</para></summary>
/// <typeparam name="T">What a piece is.</typeparam>
public abstract class ResponseStream<T> : IAsyncEnumerable<T>, IAsyncDisposable, IDisposable
{
    private protected readonly StreamCore Core;

    private protected ResponseStream(StreamCore core) => Core = core;

    /// <summary>The piece that MoveNextAsync found.</summary>
    public T Current { get; private protected set; } = default!;

    /// <summary>Whether the stream was read to its end.</summary>
    public bool Ended => Core.Ended;

    /// <summary>Go to the next piece; false at the end.</summary>
    public ValueTask<bool> MoveNextAsync()
    {
        try
        {
            if (Core.TryNext(out ReadOnlySpan<byte> record))
            {
                Current = Read(record);
                return new ValueTask<bool>(true);
            }
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<bool>(exception);
        }
        return WaitAsync();
    }

    /// <summary>Status and headers, when they have arrived. Asking for them ends the attempts that may still be made before the first
    /// piece.</summary>
    public ValueTask<Response> GetResponseAsync() => Core.ResponseAsync();

    /// <summary>End the stream: whoever reads gets <see cref="CancelledException"/>. Without effect on one that was read to its end.
    /// Thread: any. Blocks: never.</summary>
    public void Cancel() => Core.Cancel();

    /// <summary>Of one enumeration; its end disposes of the stream.</summary>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Core.CancelBy(cancellationToken);
        return new Enumerator(this);
    }

    /// <summary>As <see cref="DisposeAsync"/>.</summary>
    public void Dispose() => Core.Dispose();

    /// <summary>End the stream if it has not ended. Blocks: never.</summary>
    public ValueTask DisposeAsync()
    {
        Core.Dispose();
        return default;
    }

    private protected abstract T Read(ReadOnlySpan<byte> record);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync()
    {
        if (Core.Ended || !await Core.WaitAsync().ConfigureAwait(false)) return false;
        Take();
        return true;
    }

    private void Take()
    {
        Core.TryNext(out ReadOnlySpan<byte> record);
        Current = Read(record);
    }

    private sealed class Enumerator(ResponseStream<T> stream) : IAsyncEnumerator<T>
    {
        public T Current => stream.Current;

        public ValueTask<bool> MoveNextAsync() => stream.MoveNextAsync();

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}

/// <summary>The bytes of a body as they arrive. Each chunk is the reader's own.</summary>
public sealed class ChunkStream : ResponseStream<ReadOnlyMemory<byte>>
{
    internal ChunkStream(StreamCore core) : base(core)
    {
    }

    /// <summary>Of NextAsync; lives until its next call.</summary>
    internal ReadOnlyMemory<byte> CurrentBytes { get; private set; }

    internal CancellationTokenRegistration CancelDuring(CancellationToken token) => Core.CancelDuring(token);

    internal void LeaveCall() => Core.LeaveCall();

    /// <summary>The head, waited for on this thread.</summary>
    internal Response WaitForResponse() => Core.Response();

    /// <summary>As MoveNextAsync, without a copy of the bytes.</summary>
    internal async ValueTask<bool> NextAsync()
    {
        while (!TryNext())
        {
            if (Core.Ended || !await Core.WaitAsync().ConfigureAwait(false)) return false;
        }
        return true;
    }

    /// <summary>As NextAsync, on this thread.</summary>
    internal bool Next()
    {
        while (!TryNext())
        {
            if (Core.Ended || !Core.Wait()) return false;
        }
        return true;
    }

    private bool TryNext()
    {
        if (!Core.TryNext(out ReadOnlyMemory<byte> record)) return false;
        CurrentBytes = record[^Piece.Data(record.Span).Length..];
        return true;
    }

    private protected override ReadOnlyMemory<byte> Read(ReadOnlySpan<byte> record) => Piece.Data(record).ToArray();
}

/// <summary>Lines (NDJSON), without their ends; blank ones are skipped.</summary>
public sealed class LineStream : ResponseStream<string>
{
    internal LineStream(StreamCore core) : base(core)
    {
    }

    private protected override string Read(ReadOnlySpan<byte> record) => NativeText.Decode(Piece.Data(record));
}

/// <summary>Events of a text/event-stream (WHATWG HTML 9.2).</summary>
public sealed class EventStream : ResponseStream<StreamEvent>
{
    // Most events of a stream have the type and the id of the one before.
    private string _type = "message";
    private string _id = "";

    internal EventStream(StreamCore core) : base(core)
    {
    }

    /// <summary>The last event id (WHATWG HTML 9.2.6); empty when there is none.</summary>
    public string LastEventId => Core.LastEventId();

    /// <summary>The reconnection time that the server set; null when it set none.</summary>
    public TimeSpan? Retry => Core.Retry();

    private protected override StreamEvent Read(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        long index = reader.Int64();
        long retry = reader.Int64();
        string type = _type = Piece.Same(reader.Bytes(), _type);
        string id = _id = Piece.Same(reader.Bytes(), _id);
        return new StreamEvent(type, reader.Text(), id, retry, index);
    }
}

internal static class Piece
{
    /// <summary>Of a record without its length: two numbers, type, id, data.</summary>
    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record[(2 * sizeof(long))..]);
        reader.Bytes();
        reader.Bytes();
        return reader.Bytes();
    }

    /// <summary>The text of bytes, which is mostly one that there is already.</summary>
    public static string Same(ReadOnlySpan<byte> bytes, string before)
    {
        if (bytes.Length == before.Length && Ascii.Equals(bytes, before)) return before;
        return NativeText.Decode(bytes);
    }
}

/// <summary>An event of a stream.</summary>
public readonly struct StreamEvent
{
    private readonly long _retry;

    internal StreamEvent(string type, string data, string id, long retry, long index)
    {
        Type = type;
        Data = data;
        Id = id;
        _retry = retry;
        Index = index;
    }

    /// <summary>"message" unless the server named another.</summary>
    public string Type { get; }

    /// <summary>Its data.</summary>
    public string Data { get; }

    /// <summary>The last event id as of this event; empty when there is none.</summary>
    public string Id { get; }

    /// <summary>The reconnection time that came with it; null when none did.</summary>
    public TimeSpan? Retry => _retry < 0 ? null : TimeSpan.FromMilliseconds(_retry);

    /// <summary>Its number in the stream, from 0.</summary>
    public long Index { get; }

    /// <summary>The data as JSON.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: it is no JSON.</exception>
    public JsonElement Json() => JsonText.Parse(Data);

    /// <summary>The data as an object that System.Text.Json makes of its JSON.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: it is no JSON of this type.</exception>
    public T? Json<T>(JsonTypeInfo<T> type) => JsonText.Parse(Data, type);

    /// <summary>Its data.</summary>
    public override string ToString() => Data;
}

internal static class JsonText
{
    public static JsonElement Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw Failure(exception);
        }
    }

    public static T? Parse<T>(string text, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException exception)
        {
            throw Failure(exception);
        }
    }

    private static NetworkException Failure(JsonException exception) => Failures.Make(
        new ErrorDetails { Code = ErrorCode.JsonParse, Message = "the text is not JSON of the wanted shape", Phase = "deliver" }, exception);
}
