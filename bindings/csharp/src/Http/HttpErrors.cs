// Errors of this library in the terms of System.Net.Http.
using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace PepperPy.Network;

internal static class HttpErrors
{
    /// <summary>Of a request that has no response.</summary>
    public static Exception Request(NetworkException exception)
    {
        if (exception.IsTimeout)
        {
            return new TaskCanceledException(exception.Message, new TimeoutException(exception.Message, exception));
        }
        // What the user's own content threw is the cause.
        return new HttpRequestException(Of(exception), exception.Message, exception,
                                        exception.Status == 0 ? null : (HttpStatusCode)exception.Status);
    }

    /// <summary>Of a body that is read.</summary>
    public static Exception Body(NetworkException exception) => new HttpIOException(Of(exception), exception.Message, exception);

    private static HttpRequestError Of(NetworkException exception) => exception.Code switch
    {
        ErrorCode.DnsFailed or ErrorCode.DnsTimeout => HttpRequestError.NameResolutionError,
        ErrorCode.ProxyFailed or ErrorCode.ProxyAuth or ErrorCode.ProxyStatus => HttpRequestError.ProxyTunnelError,
        ErrorCode.BodyTruncated or ErrorCode.ConnectionClosed => HttpRequestError.ResponseEnded,
        ErrorCode.HeadersTooLarge or ErrorCode.BodyTooLarge or ErrorCode.DecodeLimit => HttpRequestError.ConfigurationLimitExceeded,
        _ => exception switch
        {
            TlsException => HttpRequestError.SecureConnectionError,
            ConnectionException => HttpRequestError.ConnectionError,
            ProtocolException => HttpRequestError.InvalidResponse,
            _ => HttpRequestError.Unknown,
        },
    };
}

/// <summary>The body of a response as .NET reads it.</summary>
internal sealed class ResponseBody(ChunkStream chunks, HttpResponseMessage answer) : Stream
{
    private ReadOnlyMemory<byte> _rest;
    private bool _ended;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        // Ends before it returns, for it waits on this thread.
        if (buffer.IsEmpty || _rest.IsEmpty && !FillAsync(blocks: true, default).GetAwaiter().GetResult()) return 0;
        return Take(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty || _rest.IsEmpty && !await FillAsync(blocks: false, cancellationToken).ConfigureAwait(false)) return 0;
        return Take(buffer.Span);
    }

    private int Take(Span<byte> buffer)
    {
        int length = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..length].CopyTo(buffer);
        _rest = _rest[length..];
        return length;
    }

    private async ValueTask<bool> FillAsync(bool blocks, CancellationToken cancellationToken)
    {
        if (_ended) return false;
        try
        {
            // A token that is cancelled after its read must not end the next one.
            using CancellationTokenRegistration registration = chunks.CancelDuring(cancellationToken);
            if (blocks ? chunks.Next() : await chunks.NextAsync().ConfigureAwait(false))
            {
                _rest = chunks.CurrentBytes;
                return true;
            }
            _ended = true;
            TakeTrailers(await chunks.GetResponseAsync().ConfigureAwait(false));
        }
        catch (NetworkException exception)
        {
            throw HttpErrors.Body(exception);
        }
        catch (ThreadInterruptedException)
        {
            chunks.Cancel();
            throw;
        }
        // Responses that were read to their end are often not disposed of.
        chunks.Dispose();
        return false;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) chunks.Dispose();
        base.Dispose(disposing);
    }

    private void TakeTrailers(Response response)
    {
        foreach (System.Collections.Generic.KeyValuePair<string, string> field in response.Trailers)
        {
            answer.TrailingHeaders.TryAddWithoutValidation(field.Key, field.Value);
        }
    }
}
