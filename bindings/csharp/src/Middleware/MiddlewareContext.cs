// What one step of a middleware sees of its request, and what it decides.
using System;
using System.Collections.Generic;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>What one step of a middleware sees of its request, and what it decides. When the step is over, everything throws
/// <see cref="ObjectDisposedException"/> or <see cref="UsageException"/> (INVALID_STATE).
/// <para>Thread: one at a time. Blocks: never.</para></summary>
public sealed unsafe class MiddlewareContext
{
    private readonly ContextHandle _handle;

    internal MiddlewareContext(nint context) => _handle = new ContextHandle(context);

    /// <summary>The method of the request.</summary>
    public string Method => Text(Native.PPNB_CONTEXT_METHOD);

    /// <summary>The URL as it is sent, its secrets included: not for logs.</summary>
    public string Url => Text(Native.PPNB_CONTEXT_URL);

    /// <summary>The URL for logs.</summary>
    public string RedactedUrl => Text(Native.PPNB_CONTEXT_URL_REDACTED);

    /// <summary>Which attempt this is, from 1; 0 in methods around a request.</summary>
    public int Attempt
    {
        get
        {
            using NativeHandle.Borrowed context = _handle.Borrow();
            int number = 0;
            nint error = 0;
            Failures.Check(Native.ppn_middleware_context_attempt(context.Value, &number, &error), error);
            return number;
        }
    }

    /// <summary>What the server has answered; of a stream, the head. Null before, and when no head has arrived.</summary>
    public Response? Response
    {
        get
        {
            using NativeHandle.Borrowed context = _handle.Borrow();
            nint response = 0, error = 0;
            Failures.Check(Native.ppn_middleware_context_response(context.Value, &response, &error), error);
            return response == 0 ? null : Network.Response.Take(response);
        }
    }

    /// <summary>What went wrong; null except in OnError and OnAttemptError.</summary>
    public NetworkException? Error
    {
        get
        {
            using NativeHandle.Borrowed context = _handle.Borrow();
            nint found = 0, error = 0;
            Failures.Check(Native.ppn_middleware_context_error(context.Value, &found, &error), error);
            return found == 0 ? null : Failures.Take(Native.ppn_error_code(found), found);
        }
    }

    /// <summary>The value of the first header field of the request with a name; null when there is none.</summary>
    public string? GetHeader(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using NativeHandle.Borrowed context = _handle.Borrow();
        using var text = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        fixed (byte* bytes = text) return NativeText.TakeText(Native.ppnb_context_header(context.Value, bytes, text.Length));
    }

    /// <summary>Set a header of the request, in "before" steps; and in AfterResponse and OnError for <see cref="RetryOnce"/>.</summary>
    /// <exception cref="UsageException">INVALID_HEADER, whose text never holds the value.</exception>
    public void SetHeader(string name, string value) => NamedValue.Put(_handle, &Native.ppn_middleware_context_set_header, name, value);

    /// <summary>Add a header beside those of the same name.</summary>
    /// <exception cref="UsageException">As SetHeader.</exception>
    public void AddHeader(string name, string value) => NamedValue.Put(_handle, &Native.ppn_middleware_context_add_header, name, value);

    /// <summary>Remove every header of a name; none is no error.</summary>
    public void RemoveHeader(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using NativeHandle.Borrowed context = _handle.Borrow();
        using var text = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            Failures.Check(Native.ppn_middleware_context_remove_header(context.Value, bytes, text.Length, &error), error);
        }
    }

    /// <summary>Send the request to another URL, in "before" steps. An attempt stays at the origin of its request.</summary>
    public void SetUrl(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        using NativeHandle.Borrowed context = _handle.Borrow();
        using var text = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text) Failures.Check(Native.ppn_middleware_context_set_url(context.Value, bytes, text.Length, &error), error);
    }

    /// <summary>Set the body, copied, in BeforeRequest.</summary>
    public void SetBody(ReadOnlySpan<byte> body)
    {
        using NativeHandle.Borrowed context = _handle.Borrow();
        nint error = 0;
        byte none = 0;
        fixed (byte* data = body)
        {
            Failures.Check(Native.ppn_middleware_context_set_body(context.Value, data is null ? &none : data, (nuint)body.Length, &error),
                           error);
        }
    }

    /// <summary>Set an option for this request, in BeforeRequest.</summary>
    /// <exception cref="ConfigException">No such option of requests, or out of range.</exception>
    public void SetOption(string name, string value) => NamedValue.Put(_handle, &Native.ppn_middleware_context_set_option, name, value);

    /// <summary>A text that middleware of this request has left, in any of its steps; null when there is none.</summary>
    public string? GetAttribute(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using NativeHandle.Borrowed context = _handle.Borrow();
        using var text = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        fixed (byte* bytes = text) return NativeText.TakeText(Native.ppnb_context_attribute(context.Value, bytes, text.Length));
    }

    /// <summary>Leave a text for all middleware of this request. It is not sent.</summary>
    public void SetAttribute(string name, string value) => NamedValue.Put(_handle, &Native.ppn_middleware_context_set_attribute, name, value);

    /// <summary>Answer: before instead of everything inside, after in place of the response or the error.</summary>
    /// <param name="status">200 to 599.</param>
    /// <param name="body">Optional.</param>
    /// <param name="headers">Optional.</param>
    public void Respond(int status, ReadOnlySpan<byte> body = default, IEnumerable<KeyValuePair<string, string>>? headers = null)
    {
        using NativeHandle.Borrowed context = _handle.Borrow();
        nint list = 0, error = 0;
        byte none = 0;
        try
        {
            if (headers is not null) list = HeaderList(headers);
            fixed (byte* data = body)
            {
                Failures.Check(
                    Native.ppn_middleware_context_respond(context.Value, status, list, data is null ? &none : data, (nuint)body.Length,
                                                          &error),
                    error);
            }
        }
        finally
        {
            Native.ppn_headers_release(list);
        }
    }

    /// <summary>Fail, instead of what was there before.</summary>
    /// <param name="code">MIDDLEWARE_FAILED when no other fits.</param>
    /// <param name="message">One line for people; the name of the middleware is put before it.</param>
    public void Fail(ErrorCode code, string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        using NativeHandle.Borrowed context = _handle.Borrow();
        using var text = new Utf8Text(message, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            Failures.Check(Native.ppn_middleware_context_fail(context.Value, (int)code, bytes, text.Length, &error), error);
        }
    }

    /// <summary>Make the request once more, which counts as a retry, in AfterResponse and OnError, once for each request.</summary>
    /// <exception cref="UsageException">INVALID_STATE (also: no retry is left), BODY_NOT_REPLAYABLE.</exception>
    public void RetryOnce(TimeSpan delay = default)
    {
        using NativeHandle.Borrowed context = _handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_middleware_context_retry_once(context.Value, OptionText.Milliseconds(delay), &error), error);
    }

    /// <summary>What the step threw is the end of the request.</summary>
    internal void Fail(Exception exception)
    {
        try
        {
            Fail(exception is NetworkException network ? network.Code : ErrorCode.MiddlewareFailed, Thrown.Keep(exception));
        }
        catch (Exception)
        {
            // The step is over: it took too long, or the request was cancelled.
        }
    }

    internal void Finish()
    {
        try
        {
            using NativeHandle.Borrowed context = _handle.Borrow();
            nint error = 0;
            Native.ppn_middleware_context_finish(context.Value, &error);
            Native.ppn_error_release(error);
        }
        finally
        {
            _handle.Dispose();
        }
    }

    private string Text(int which)
    {
        using NativeHandle.Borrowed context = _handle.Borrow();
        return NativeText.TakeText(Native.ppnb_context_text(context.Value, which))
            ?? throw Failures.Usage(ErrorCode.InvalidState, "the step is over");
    }

    private static nint HeaderList(IEnumerable<KeyValuePair<string, string>> headers)
    {
        nint list = 0, error = 0;
        Failures.Check(Native.ppn_headers_new(&list, &error), error);
        try
        {
            foreach (KeyValuePair<string, string> field in headers) NamedValue.Put(list, &Native.ppn_headers_add, field.Key, field.Value);
            return list;
        }
        catch
        {
            Native.ppn_headers_release(list);
            throw;
        }
    }
}
