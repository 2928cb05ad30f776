// What an error knows.
using System;
using System.Collections.Generic;

namespace PepperPy.Network;

/// <summary>What an error knows. A program fills one to make an error of its own for a test.</summary>
public sealed record ErrorDetails
{
    /// <summary>What went wrong.</summary>
    public ErrorCode Code { get; init; } = ErrorCode.Internal;

    /// <summary>One line for people; empty stands for the text of the code.</summary>
    public string Message { get; init; } = "";

    /// <summary>"dns", "connect", "tls", "send", "first_byte", "body" and others.</summary>
    public string Phase { get; init; } = "none";

    /// <summary>Without its secrets; empty when the call had none.</summary>
    public string Url { get; init; } = "";

    /// <summary>The HTTP status that came with the error; 0 when there was no response.</summary>
    public int Status { get; init; }

    /// <summary>Whether the same request may succeed when it is sent again.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>The delay that the server asked for.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Attempts that were made, the first included.</summary>
    public int AttemptCount { get; init; }

    /// <summary>Each attempt of the call, oldest first, at most 16.</summary>
    public IReadOnlyList<Attempt> Attempts { get; init; } = [];

    /// <summary>How much of the request had been handed to the kernel.</summary>
    public SentState Sent { get; init; }

    /// <summary>Bytes of the response body that had arrived.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The errno of the operating system; 0 when there is none.</summary>
    public int OsErrno { get; init; }

    /// <summary>The OpenSSL error, or the X509_V_ERR number of a certificate that was refused; 0 when there is none.</summary>
    public long TlsError { get; init; }

    /// <summary>Why there was no further attempt.</summary>
    public StopReason StopReason { get; init; }

    /// <summary>Of a JSON error body, such as "insufficient_quota".</summary>
    public string ProviderCode { get; init; } = "";

    /// <summary>Of a JSON error body or error event, such as "rate_limit_error".</summary>
    public string ProviderType { get; init; } = "";

    /// <summary>Of a JSON error body, without keys.</summary>
    public string ProviderMessage { get; init; } = "";

    /// <summary>The name that the server gave the request.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>The HTTP status that an error inside a stream stands for; 0 when there is none.</summary>
    public int StreamStatus { get; init; }

    /// <summary>Of a stream that was cut: 1 when the connection ended, 0 when the end marker is missing; else -1.</summary>
    public int StreamFraming { get; init; } = -1;

    /// <summary>The begin of a line that was cut.</summary>
    public ReadOnlyMemory<byte> StreamPartial { get; init; }

    /// <summary>What had arrived of the response; null when no head had.</summary>
    public Response? Response { get; init; }
}
