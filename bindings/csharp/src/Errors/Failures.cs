// From what the library says to exceptions.
using System;
using System.Collections.Generic;

namespace PepperPy.Network.Interop;

internal static unsafe class Failures
{
    /// <summary>Throws unless the code is PPN_OK. `error` may be 0 and is released.</summary>
    public static void Check(int code, nint error)
    {
        if (code == Native.PPN_OK && error == 0) return;
        Raise(code, error);
    }

    private static void Raise(int code, nint error)
    {
        if (code != Native.PPN_OK) throw Take(code, error);
        Native.ppn_error_release(error);
    }

    /// <summary>The exception of an error, which is released; of 0 the code alone is known.</summary>
    public static NetworkException Take(int code, nint error, Response? partial = null, Exception? inner = null)
    {
        ErrorDetails details = error == 0 ? new ErrorDetails { Code = (ErrorCode)code } : TakeDetails(code, error);
        if (partial is not null) details = details with { Response = partial };
        if (details.Code == ErrorCode.MiddlewareFailed || inner is null)
        {
            details = Thrown.Extract(details, out Exception? thrown);
            inner ??= thrown;
        }
        return Make(details, inner);
    }

    /// <summary>The description of an error, which is released.</summary>
    public static ErrorDetails TakeDetails(int code, nint error)
    {
        byte[] record;
        try
        {
            record = NativeText.TakeBytes(Native.ppnb_describe_error(error));
        }
        finally
        {
            Native.ppn_error_release(error);
        }
        return record.Length == 0 ? new ErrorDetails { Code = (ErrorCode)code } : Read(record);
    }

    /// <summary>A record of ppnb_describe_error.</summary>
    public static ErrorDetails Read(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        int code = reader.Int32();
        reader.Int32();  // the kind, which follows from the code
        reader.Int32();  // the category, too
        int flags = reader.Int32();
        int sent = reader.Int32(), status = reader.Int32(), streamStatus = reader.Int32(), framing = reader.Int32();
        int attempts = reader.Int32(), stopReason = reader.Int32(), osErrno = reader.Int32();
        long retryAfter = reader.Int64(), received = reader.Int64(), tlsError = reader.Int64();
        reader.Bytes();  // the name
        return new ErrorDetails
        {
            Code = (ErrorCode)code,
            IsRetryable = (flags & 1) != 0,
            Sent = (SentState)sent,
            Status = status,
            StreamStatus = streamStatus,
            StreamFraming = framing,
            AttemptCount = attempts,
            StopReason = (StopReason)stopReason,
            OsErrno = osErrno,
            RetryAfter = retryAfter < 0 ? null : TimeSpan.FromMilliseconds(retryAfter),
            ReceivedBytes = received,
            TlsError = tlsError,
            Message = reader.Text(),
            Phase = reader.Text(),
            Url = reader.Text(),
            ProviderCode = reader.Text(),
            ProviderType = reader.Text(),
            ProviderMessage = reader.Text(),
            RequestId = reader.Text(),
            StreamPartial = reader.Bytes().ToArray(),
            Attempts = ReadAttempts(ref reader),
        };
    }

    public static IReadOnlyList<Attempt> ReadAttempts(ref RecordReader reader)
    {
        int count = reader.Int32();
        if (count == 0) return [];
        var attempts = new Attempt[count];
        for (int i = 0; i < count; ++i) attempts[i] = Attempt.Read(ref reader);
        return attempts;
    }

    /// <summary>An error that this layer finds itself.</summary>
    public static NetworkException Usage(ErrorCode code, string message) =>
        Make(new ErrorDetails { Code = code, Message = message, Phase = "validate" }, null);

    /// <summary>The exception of the class that belongs to the code.</summary>
    public static NetworkException Make(ErrorDetails details, Exception? inner) => Native.ppnb_error_kind((int)details.Code) switch
    {
        Native.PPNB_KIND_USAGE => new UsageException(details, inner),
        Native.PPNB_KIND_CONFIG => new ConfigException(details, inner),
        Native.PPNB_KIND_CONNECTION => new ConnectionException(details, inner),
        Native.PPNB_KIND_TLS => new TlsException(details, inner),
        Native.PPNB_KIND_TIMEOUT => new NetworkTimeoutException(details, inner),
        Native.PPNB_KIND_PROTOCOL => new ProtocolException(details, inner),
        Native.PPNB_KIND_STATUS => new StatusException(details, inner),
        Native.PPNB_KIND_BAD_REQUEST => new BadRequestException(details, inner),
        Native.PPNB_KIND_AUTHENTICATION => new AuthenticationException(details, inner),
        Native.PPNB_KIND_PERMISSION_DENIED => new PermissionDeniedException(details, inner),
        Native.PPNB_KIND_NOT_FOUND => new NotFoundException(details, inner),
        Native.PPNB_KIND_CONFLICT => new ConflictException(details, inner),
        Native.PPNB_KIND_UNPROCESSABLE => new UnprocessableException(details, inner),
        Native.PPNB_KIND_TOO_MANY_REQUESTS => new TooManyRequestsException(details, inner),
        Native.PPNB_KIND_SERVER => new ServerException(details, inner),
        Native.PPNB_KIND_STREAM => new StreamException(details, inner),
        Native.PPNB_KIND_WEBSOCKET => new WebSocketException(details, inner),
        Native.PPNB_KIND_CANCELLED => new CancelledException(details, inner),
        Native.PPNB_KIND_RATE_LIMIT => new RateLimitException(details, inner),
        Native.PPNB_KIND_CIRCUIT_OPEN => new CircuitOpenException(details, inner),
        _ => new NetworkException(details, inner),
    };

    /// <summary>What the library calls a code, such as "CONNECT_TIMEOUT".</summary>
    public static string NameOf(ErrorCode code) => NativeText.Of(Native.ppn_code_name((int)code));

    public static string TextOf(ErrorCode code) => NativeText.Of(Native.ppn_code_text((int)code));
}
