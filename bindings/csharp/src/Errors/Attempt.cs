// What was tried, one attempt of a call.
using System;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>How much of a request had been handed to the kernel.</summary>
public enum SentState
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A part.</summary>
    Partial = 1,

    /// <summary>All of it.</summary>
    Full = 2,
}

/// <summary>Why there is no further attempt. Later versions may add values.</summary>
public enum StopReason
{
    /// <summary>It succeeded, or is to be repeated.</summary>
    None = 0,

    /// <summary>Another attempt would fail in the same way.</summary>
    NotRetryable = 1,

    /// <summary>The work may have been done: a POST without an idempotency key.</summary>
    UnsafeMethod = 2,

    /// <summary>All retries were used.</summary>
    MaxRetries = 3,

    /// <summary>Too many calls to this origin fail at the moment.</summary>
    Budget = 4,

    /// <summary>The delay would outlast the time that is left.</summary>
    Deadline = 5,

    /// <summary>The server asked for a longer delay than is allowed or left.</summary>
    RetryAfterTooLong = 6,

    /// <summary>The server said so: x-should-retry: false.</summary>
    Server = 7,

    /// <summary>The error body names a final reason, such as insufficient_quota.</summary>
    ProviderCode = 8,

    /// <summary>The request body can not be sent a second time.</summary>
    BodyNotReplayable = 9,

    /// <summary>A part of the response was handed out.</summary>
    Committed = 10,

    /// <summary>A hook of the user.</summary>
    Decider = 11,

    /// <summary>The call was cancelled, or its client closed.</summary>
    Cancelled = 12,
}

/// <summary>One attempt of a call. Each may have cost money at the other end.</summary>
public sealed record Attempt
{
    /// <summary>From 0; numbers are missing where attempts were left out.</summary>
    public long Number { get; init; }

    /// <summary>What went wrong; <see cref="ErrorCode.None"/> for a response below status 400.</summary>
    public ErrorCode Code { get; init; }

    /// <summary>HTTP status; 0 when there was no response.</summary>
    public int Status { get; init; }

    /// <summary>How much of the request was handed to the kernel.</summary>
    public SentState Sent { get; init; }

    /// <summary>Bytes of the response body.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>When it began, after the start of the call.</summary>
    public TimeSpan Began { get; init; }

    /// <summary>When it ended, after the start of the call; null when that is not known.</summary>
    public TimeSpan? Ended { get; init; }

    /// <summary>How long was waited before the next attempt; null when there was none.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>A number that tells connections apart; 0 when there was none.</summary>
    public long Connection { get; init; }

    /// <summary>"success" (a response that ended the call, whatever its status), "not_sent", "sent_no_response",
    /// "status_retryable", "body_failed", "committed" or "fatal".</summary>
    public string Outcome { get; init; } = "";

    /// <summary>As <see cref="NetworkException.Phase"/>.</summary>
    public string Phase { get; init; } = "";

    /// <summary>Where the delay came from: "none", "backoff", "retry_after", "rate_headers", "middleware" and others.</summary>
    public string DelaySource { get; init; } = "";

    /// <summary>The address, such as "127.0.0.1:443"; empty when it is not known.</summary>
    public string Remote { get; init; } = "";

    internal static Attempt Read(ref RecordReader reader) => new()
    {
        Number = reader.Int64(),
        Code = (ErrorCode)reader.Int64(),
        Status = (int)reader.Int64(),
        Sent = (SentState)reader.Int64(),
        ReceivedBytes = reader.Int64(),
        Began = TimeSpan.FromMilliseconds(reader.Int64()),
        Ended = Optional(reader.Int64()),
        Delay = Optional(reader.Int64()),
        Connection = reader.Int64(),
        Outcome = reader.Text(),
        Phase = reader.Text(),
        DelaySource = reader.Text(),
        Remote = reader.Text(),
    };

    private static TimeSpan? Optional(long milliseconds) =>
        milliseconds < 0 ? null : TimeSpan.FromMilliseconds(milliseconds);
}

/// <summary>Names of the values, as the library says them.</summary>
public static class StopReasonNames
{
    /// <summary>Such as "max_retries".</summary>
    public static unsafe string ToName(this StopReason reason)
    {
        Library.Ensure();
        return NativeText.Of(Native.ppn_stop_reason_name((int)reason));
    }
}
