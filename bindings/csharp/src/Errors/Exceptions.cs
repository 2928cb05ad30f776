// The tree of exceptions: one class for each kind of bindings/swig/shim/error_kinds.hpp.
using System;

namespace PepperPy.Network;

/// <summary>The call was wrong and nothing was sent: codes 1xx.</summary>
public class UsageException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public UsageException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>An option is unknown, malformed or out of range.</summary>
public sealed class ConfigException : UsageException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public ConfigException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Names, connections, the pool: codes 2xx.</summary>
public sealed class ConnectionException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public ConnectionException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>The handshake and certificates: codes 3xx.</summary>
public sealed class TlsException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public TlsException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>A limit of time or speed has passed: codes 4xx. <see cref="NetworkException.IsTimeout"/> also knows the timeouts of other classes.</summary>
public sealed class NetworkTimeoutException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public NetworkTimeoutException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>The response breaks HTTP, its limits or its format: codes 5xx.</summary>
public sealed class ProtocolException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public ProtocolException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>A status that is no success: codes 6xx; by <see cref="Response.RaiseForStatus"/> and by streams of events.</summary>
public class StatusException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public StatusException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 400.</summary>
public sealed class BadRequestException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public BadRequestException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 401.</summary>
public sealed class AuthenticationException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public AuthenticationException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 403.</summary>
public sealed class PermissionDeniedException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public PermissionDeniedException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 404.</summary>
public sealed class NotFoundException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public NotFoundException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 409.</summary>
public sealed class ConflictException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public ConflictException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 422.</summary>
public sealed class UnprocessableException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public UnprocessableException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 429; see <see cref="NetworkException.RetryAfter"/>.</summary>
public sealed class TooManyRequestsException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public TooManyRequestsException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>Status 500 to 599.</summary>
public sealed class ServerException : StatusException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public ServerException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>A stream ended early or broke its limits: codes 7xx.</summary>
public sealed class StreamException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public StreamException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>WebSockets: codes 8xx.</summary>
public sealed class WebSocketException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public WebSocketException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>The call was cancelled, other than by the CancellationToken it was given: with its client, or by <see cref="Request.Cancel"/>.</summary>
public sealed class CancelledException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public CancelledException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>A rate limiter of this program refused the call: codes 902 to 905.</summary>
public sealed class RateLimitException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public RateLimitException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}

/// <summary>The circuit breaker is open.</summary>
public sealed class CircuitOpenException : NetworkException
{
    /// <summary>Make one by hand, to rehearse what a program does when it happens.</summary>
    public CircuitOpenException(ErrorDetails details, Exception? inner = null) : base(details, inner)
    {
    }
}
