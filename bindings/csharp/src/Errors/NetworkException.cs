// The base of all exceptions of this library.
using System;
using System.Collections.Generic;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>The base of every exception of this library; the classes below it say of which kind it is. The message begins with the
/// name of the code: "CONNECT_TIMEOUT: ...". It never holds a header value or a key.</summary>
public class NetworkException : Exception
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens; <see cref="FromCode"/> chooses the class.</summary>
    /// <param name="details">What is known of the error.</param>
    /// <param name="inner">What a callback of the program threw, if that was the cause.</param>
    public NetworkException(ErrorDetails details, Exception? inner = null) : base(Describe(details), inner) =>
        Details = details.Message.Length > 0 ? details : details with { Message = Failures.TextOf(details.Code) };

    /// <summary>All that is known of the error.</summary>
    public ErrorDetails Details { get; }

    /// <summary>What went wrong.</summary>
    public ErrorCode Code => Details.Code;

    /// <summary>The code in the words of the library, such as "CONNECT_TIMEOUT"; the same in every language.</summary>
    public string CodeName => Failures.NameOf(Code);

    /// <summary>The part of the call that was under way: "dns", "connect", "tls", "send", "first_byte", "body" and others.</summary>
    public string Phase => Details.Phase;

    /// <summary>The URL without its secrets; empty when the call had none.</summary>
    public string Url => Details.Url;

    /// <summary>The HTTP status that came with the error; 0 when there was no response.</summary>
    public int Status => Details.Status;

    /// <summary>Whether the same request may succeed when it is sent again. Look at <see cref="Sent"/> before one that is not
    /// idempotent is repeated.</summary>
    public bool IsRetryable => Details.IsRetryable;

    /// <summary>The delay that the server asked for; null when it is not known.</summary>
    public TimeSpan? RetryAfter => Details.RetryAfter;

    /// <summary>How much of the request had been handed to the kernel.</summary>
    public SentState Sent => Details.Sent;

    /// <summary>The attempts of the call, oldest first, at most 16.</summary>
    public IReadOnlyList<Attempt> Attempts => Details.Attempts;

    /// <summary>What a JSON error body calls the error, such as "insufficient_quota"; empty when there is none.</summary>
    public string ProviderCode => Details.ProviderCode;

    /// <summary>What a JSON error body says to people, without keys; empty when there is none.</summary>
    public string ProviderMessage => Details.ProviderMessage;

    /// <summary>The name that the server gave the request; empty when there is none.</summary>
    public string RequestId => Details.RequestId;

    /// <summary>What had arrived of the response, such as the body that explains a status; null when no head had.</summary>
    public Response? Response => Details.Response;

    /// <summary>Whether a limit of time of this side passed, whichever it was.</summary>
    public bool IsTimeout => Code is ErrorCode.DnsTimeout or ErrorCode.ConnectTimeout or ErrorCode.PoolTimeout
        or ErrorCode.WsPingTimeout or ErrorCode.WsCloseTimeout || (int)Code / 100 == Native.PPN_CATEGORY_TIMEOUT;

    /// <summary>Whether requests come too fast, for the server (429) or for a limiter of this program.</summary>
    public bool IsRateLimited => Code is ErrorCode.HttpTooManyRequests or ErrorCode.RateLimited or ErrorCode.RateLimitQueueFull
        || Details.StreamStatus == 429;

    /// <summary>Whether the server refused who asks: status 401 or 403.</summary>
    public bool IsAuth => Code is ErrorCode.HttpUnauthorized or ErrorCode.HttpForbidden || Details.StreamStatus is 401 or 403;

    /// <summary>The exception of the class that belongs to a code, to rehearse what a program does when it happens.</summary>
    /// <param name="details">What is known of the error; an empty message stands for the text of the code.</param>
    /// <param name="inner">Optional.</param>
    public static NetworkException FromCode(ErrorDetails details, Exception? inner = null)
    {
        ArgumentNullException.ThrowIfNull(details);
        Library.Ensure();
        return Failures.Make(details, inner);
    }

    private static string Describe(ErrorDetails details)
    {
        ArgumentNullException.ThrowIfNull(details);
        Library.Ensure();
        string message = details.Message.Length > 0 ? details.Message : Failures.TextOf(details.Code);
        return $"{Failures.NameOf(details.Code)}: {message}";
    }
}
