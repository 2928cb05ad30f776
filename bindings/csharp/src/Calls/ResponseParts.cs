// What else is known of a response, read from its description when somebody asks.
using System;
using System.Collections.Generic;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>How long the parts of a call took; null for a part that did not happen.</summary>
/// <param name="Pool">Waiting for a connection of the pool.</param>
/// <param name="Dns">Resolving the name.</param>
/// <param name="Connect">TCP connect.</param>
/// <param name="Tls">TLS handshake.</param>
/// <param name="Send">Writing the request.</param>
/// <param name="FirstByte">Request written to response head complete.</param>
/// <param name="Body">Response head to end.</param>
/// <param name="Total">Start to end.</param>
public sealed record ResponseTimings(TimeSpan? Pool, TimeSpan? Dns, TimeSpan? Connect, TimeSpan? Tls, TimeSpan? Send,
                                     TimeSpan? FirstByte, TimeSpan? Body, TimeSpan? Total);

/// <summary>How the pieces of a stream came; null where there were too few of them.</summary>
/// <param name="First">Start of the request to the first piece.</param>
/// <param name="Shortest">The shortest time between two of them.</param>
/// <param name="Mean">The mean of these times.</param>
/// <param name="Longest">The longest.</param>
public sealed record StreamPace(TimeSpan? First, TimeSpan? Shortest, TimeSpan? Mean, TimeSpan? Longest);

internal sealed class ResponseParts
{
    public required bool IsReused { get; init; }
    public required bool TlsResumed { get; init; }
    public required bool TlsVerified { get; init; }
    public required int Attempts { get; init; }
    public required int Redirects { get; init; }
    public required StopReason StopReason { get; init; }
    public required long BodyBytes { get; init; }
    public required TimeSpan? Retry { get; init; }
    public required long Pieces { get; init; }
    public required ResponseTimings Timings { get; init; }
    public required StreamPace Pace { get; init; }
    public required string HttpVersion { get; init; }
    public required string Remote { get; init; }
    public required string TlsVersion { get; init; }
    public required string TlsCipher { get; init; }
    public required string Url { get; init; }
    public required string LastEventId { get; init; }
    public required HeaderCollection Headers { get; init; }
    public required HeaderCollection Trailers { get; init; }
    public required IReadOnlyList<Attempt> AttemptLog { get; init; }

    /// <summary>A record of ppnb_describe_response.</summary>
    public static ResponseParts Read(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        reader.Int32();  // the status, which Response has read
        int flags = reader.Int32();
        return new ResponseParts
        {
            IsReused = (flags & 1) != 0,
            TlsResumed = (flags & 2) != 0,
            TlsVerified = (flags & 4) != 0,
            Attempts = reader.Int32(),
            Redirects = reader.Int32(),
            StopReason = (StopReason)reader.Int32(),
            BodyBytes = reader.Int64(),
            Retry = Span(reader.Int64()),
            Pieces = reader.Int64(),
            Timings = new ResponseTimings(Span(ref reader), Span(ref reader), Span(ref reader), Span(ref reader), Span(ref reader),
                                          Span(ref reader), Span(ref reader), Span(ref reader)),
            Pace = new StreamPace(Span(ref reader), Span(ref reader), Span(ref reader), Span(ref reader)),
            HttpVersion = reader.Text(),
            Remote = reader.Text(),
            TlsVersion = reader.Text(),
            TlsCipher = reader.Text(),
            Url = reader.Text(),
            LastEventId = reader.Text(),
            Headers = Fields(ref reader),
            Trailers = Fields(ref reader),
            AttemptLog = Failures.ReadAttempts(ref reader),
        };
    }

    private static HeaderCollection Fields(ref RecordReader reader)
    {
        int count = reader.Int32();
        if (count == 0) return HeaderCollection.Empty;
        var fields = new KeyValuePair<string, string>[count];
        for (int i = 0; i < count; ++i) fields[i] = new(reader.Text(), reader.Text());
        return new HeaderCollection(fields);
    }

    private static TimeSpan? Span(ref RecordReader reader) => Span(reader.Float64());

    private static TimeSpan? Span(double milliseconds) => milliseconds < 0 ? null : TimeSpan.FromMilliseconds(milliseconds);
}

public sealed partial class Response
{
    /// <summary>The header fields.</summary>
    public HeaderCollection Headers => Parts.Headers;

    /// <summary>The trailer fields (RFC 9110 6.5); they are kept apart from the headers.</summary>
    public HeaderCollection Trailers => Parts.Trailers;

    /// <summary>How many attempts were made, the first included.</summary>
    public int Attempts => Parts.Attempts;

    /// <summary>Each attempt, oldest first, at most 16.</summary>
    public IReadOnlyList<Attempt> AttemptLog => Parts.AttemptLog;

    /// <summary>Why a response whose status is an error was not followed by another attempt.</summary>
    public StopReason StopReason => Parts.StopReason;

    /// <summary>"HTTP/1.1" or "HTTP/1.0".</summary>
    public string HttpVersion => Parts.HttpVersion;

    /// <summary>The URL that gave the response, after redirects; the whole of it, secrets in its query included.</summary>
    public string Url => Parts.Url;

    /// <summary>How many redirects were followed.</summary>
    public int Redirects => Parts.Redirects;

    /// <summary>The address that answered, such as "127.0.0.1:443".</summary>
    public string Remote => Parts.Remote;

    /// <summary>Whether the connection had carried a request before.</summary>
    public bool IsReused => Parts.IsReused;

    /// <summary>Such as "TLSv1.3"; empty without TLS.</summary>
    public string TlsVersion => Parts.TlsVersion;

    /// <summary>The cipher suite by its name in OpenSSL; empty without TLS.</summary>
    public string TlsCipher => Parts.TlsCipher;

    /// <summary>Whether the handshake resumed a session.</summary>
    public bool TlsResumed => Parts.TlsResumed;

    /// <summary>Whether the server proved who it is.</summary>
    public bool TlsVerified => Parts.TlsVerified;

    /// <summary>Bytes of the body that arrived, collected or delivered.</summary>
    public long BodyBytes => Parts.BodyBytes;

    /// <summary>How long the parts of the call took.</summary>
    public ResponseTimings Timings => Parts.Timings;

    /// <summary>How many events, lines or chunks of a stream were handed out.</summary>
    public long Pieces => Parts.Pieces;

    /// <summary>How the pieces of a stream came.</summary>
    public StreamPace Pace => Parts.Pace;

    /// <summary>The last event id of a stream of events (WHATWG HTML 9.2.6); empty when there is none.</summary>
    public string LastEventId => Parts.LastEventId;

    /// <summary>The reconnection time that the server set with a retry field; null when it set none.</summary>
    public TimeSpan? Retry => Parts.Retry;

    // Two threads may both read it: they read the same.
    private ResponseParts Parts => _parts ??= ResponseParts.Read(_description);
}
