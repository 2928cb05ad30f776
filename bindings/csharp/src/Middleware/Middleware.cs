// Middleware that the library makes.
using System;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>A middleware that the library makes. Thread: any. Blocks: never.</summary>
public sealed class Middleware : IDisposable
{
    private Middleware(nint made) => Handle = new MiddlewareHandle(made);

    internal MiddlewareHandle Handle { get; }

    /// <summary>Names the trace of each attempt by a traceparent header (W3C Trace Context). The trace of a valid header of the request
    /// goes on.</summary>
    public static unsafe Middleware TraceContext()
    {
        Library.Ensure();
        nint made = 0, error = 0;
        Failures.Check(Native.ppn_middleware_new_trace_context(&made, &error), error);
        return new Middleware(made);
    }

    /// <summary>Sends a credential to the origin of `url` and to no other. A request that has the header keeps its own.</summary>
    /// <param name="url">Any URL of the origin; its path is not used.</param>
    /// <param name="secret">Not empty. Kept in memory that is wiped at its end.</param>
    /// <param name="header">The header that the service wants.</param>
    /// <param name="scheme">Stands before the secret, with a space; may be empty.</param>
    /// <exception cref="UsageException">INVALID_URL, UNSUPPORTED_SCHEME, INVALID_HEADER; the text never holds the secret.</exception>
    public static unsafe Middleware Auth(string url, string secret, string header = "Authorization", string scheme = "Bearer")
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(secret);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(scheme);
        Library.Ensure();
        using var urlText = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        using var secretText = new Utf8Text(secret, stackalloc byte[Utf8Text.Scratch]);
        using var headerText = new Utf8Text(header, stackalloc byte[Utf8Text.Scratch]);
        using var schemeText = new Utf8Text(scheme, stackalloc byte[Utf8Text.Scratch]);
        nint made = 0, error = 0;
        fixed (byte* u = urlText, s = secretText, h = headerText, c = schemeText)
        {
            Failures.Check(
                Native.ppn_middleware_new_auth(u, urlText.Length, h, headerText.Length, c, schemeText.Length, s, secretText.Length, &made,
                                               &error),
                error);
        }
        return new Middleware(made);
    }

    /// <summary>Sends a token and gets a new one when the server answers with 401 (RFC 9110 15.5.2), once for all requests that were
    /// refused meanwhile; each of them is then made once more.</summary>
    /// <param name="url">Any URL of the origin; its path is not used.</param>
    /// <param name="token">The first one; empty: the first request gets one before it is sent.</param>
    /// <param name="refresh">Gives a new token; runs on the thread pool. One that throws has none.</param>
    /// <param name="header">The header that the service wants.</param>
    /// <param name="scheme">Stands before the token, with a space; may be empty.</param>
    /// <exception cref="UsageException">INVALID_URL, UNSUPPORTED_SCHEME, INVALID_HEADER; the text never holds the token.</exception>
    public static unsafe Middleware TokenRefresh(string url, string token, Func<Task<string>> refresh, string header = "Authorization",
                                                 string scheme = "Bearer")
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(refresh);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(scheme);
        Library.Ensure();
        using var urlText = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        using var bearerText = new Utf8Text(token, stackalloc byte[Utf8Text.Scratch]);
        using var headerText = new Utf8Text(header, stackalloc byte[Utf8Text.Scratch]);
        using var schemeText = new Utf8Text(scheme, stackalloc byte[Utf8Text.Scratch]);
        long number = Tokens.Add(new RefreshTarget(refresh));
        nint made = 0, error = 0;
        int code;
        fixed (byte* u = urlText, b = bearerText, h = headerText, c = schemeText)
        {
            code = Native.ppnb_middleware_new_token_refresh(u, urlText.Length, h, headerText.Length, c, schemeText.Length, b,
                                                            bearerText.Length, number, &made, &error);
        }
        if (code != Native.PPN_OK) Tokens.Remove(number);
        Failures.Check(code, error);
        return new Middleware(made);
    }

    /// <summary>Of TokenRefresh: a new token, asked for or not.</summary>
    /// <exception cref="UsageException">INVALID_HEADER; INVALID_ARGUMENT: empty, or another middleware.</exception>
    public void SetToken(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        using NativeHandle.Borrowed middleware = Handle.Borrow();
        SetToken(middleware.Value, token);
    }

    /// <summary>Release this object. Clients that were given the middleware keep it.</summary>
    public void Dispose() => Handle.Dispose();

    private static unsafe void SetToken(nint middleware, string token)
    {
        using var text = new Utf8Text(token, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text) Failures.Check(Native.ppn_middleware_set_token(middleware, bytes, text.Length, &error), error);
    }

    private sealed class RefreshTarget(Func<Task<string>> refresh) : IMiddlewareTarget
    {
        public void OnStep(int step, nint context) => Native.ppn_middleware_context_release(context);

        public void OnRefresh(nint middleware) =>
            ThreadPool.UnsafeQueueUserWorkItem(static run => _ = RunAsync(run.Refresh, run.Handle),
                                               (Refresh: refresh, Handle: new MiddlewareHandle(middleware)), preferLocal: false);

        public void OnReleased()
        {
        }

        private static async Task RunAsync(Func<Task<string>> refresh, MiddlewareHandle handle)
        {
            using MiddlewareHandle own = handle;
            try
            {
                string token = await refresh().ConfigureAwait(false);
                Give(own, token);
            }
            catch (Exception)
            {
                // The requests that wait say that there was no token.
                Refuse(own);
            }
        }

        private static void Give(MiddlewareHandle handle, string token)
        {
            using NativeHandle.Borrowed middleware = handle.Borrow();
            SetToken(middleware.Value, token);
        }

        private static unsafe void Refuse(MiddlewareHandle handle)
        {
            using NativeHandle.Borrowed middleware = handle.Borrow();
            nint error = 0;
            Native.ppn_middleware_refresh_failed(middleware.Value, &error);
            Native.ppn_error_release(error);
        }
    }
}
