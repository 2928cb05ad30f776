// The bodies of a request.
using System;
using System.Diagnostics.CodeAnalysis;
using System.IO;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

public sealed partial class Request
{
    /// <summary>Set the body, any bytes, which are copied. No Content-Type is invented.</summary>
    public unsafe Request Body(ReadOnlySpan<byte> bytes)
    {
        using NativeHandle.Borrowed request = Handle.Borrow();
        nint error = 0;
        fixed (byte* data = bytes)
        {
            byte none = 0;
            Failures.Check(
                Native.ppn_request_set_body(request.Value, data is null ? &none : data, (nuint)bytes.Length, &error), error);
        }
        return this;
    }

    /// <summary>Set the body to a text in UTF-8. No Content-Type is invented.</summary>
    public Request Body(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Body(Utf8Text.Strict.GetBytes(text));
    }

    /// <summary>Let a stream give the body while it is sent, in pieces; memory stays at one of them. It is read from where it stands,
    /// on the thread pool, and not disposed of. One that can seek is sent anew when the request is tried again.</summary>
    /// <param name="stream">Readable.</param>
    /// <param name="length">Bytes, sent as Content-Length; null: what is left of a stream that can seek, else it is not known and the
    /// body is sent as chunks (RFC 9112 7.1).</param>
    /// <remarks>What reading throws ends the call with <see cref="CancelledException"/>, whose InnerException it is.</remarks>
    public Request Body(Stream stream, long? length = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead) throw Failures.Usage(ErrorCode.InvalidArgument, "the stream of the body can not be read");
        if (length < 0) throw Failures.Usage(ErrorCode.InvalidArgument, "the length of the body is negative");
        if (!stream.CanSeek) return Body((to, token) => stream.CopyToAsync(to, token), null, length ?? -1);
        long begin = stream.Position;
        return Body((to, token) => stream.CopyToAsync(to, token), () => stream.Position = begin, length ?? stream.Length - begin);
    }

    /// <summary>`copy` writes the body to a stream; `rewind`, when there is one, lets it begin anew.</summary>
    internal Request Body(Func<Stream, CancellationToken, Task> copy, Action? rewind, long length)
    {
        _upload?.End();
        _upload = UploadPump.Open(this, copy, rewind, length);
        return this;
    }

    /// <summary>Set the body to the content of a file, which is opened and measured now and read while it is sent; what is appended
    /// later is not sent. No Content-Type is invented. Blocks: while the file is opened.</summary>
    /// <exception cref="UsageException">INVALID_ARGUMENT: no such file, not readable, no regular file.</exception>
    public unsafe Request BodyFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using NativeHandle.Borrowed request = Handle.Borrow();
        using var text = new Utf8Text(path, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text)
        {
            Failures.Check(Native.ppn_request_set_body_file(request.Value, bytes, text.Length, &error), error);
        }
        return this;
    }

    /// <summary>Set the body to a JSON text, checked now (RFC 8259), and Content-Type: application/json unless that header is
    /// set.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: it is no JSON.</exception>
    public unsafe Request Json(ReadOnlySpan<byte> utf8)
    {
        using NativeHandle.Borrowed request = Handle.Borrow();
        nint error = 0;
        fixed (byte* bytes = utf8)
        {
            byte none = 0;
            Failures.Check(
                Native.ppn_request_set_json(request.Value, bytes is null ? &none : bytes, (nuint)utf8.Length, &error), error);
        }
        return this;
    }

    /// <inheritdoc cref="Json(ReadOnlySpan{byte})"/>
    public Request Json(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        using var utf8 = new Utf8Text(text, stackalloc byte[Utf8Text.Scratch]);
        return Json(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref utf8.GetPinnableReference(), (int)utf8.Length));
    }

    /// <summary>Set the body to a JSON value, with its Content-Type.</summary>
    public Request Json(JsonElement value) => Json(value.GetRawText());

    /// <summary>Set the body to an object as JSON, with its Content-Type; safe for trimming, for the shape of the type was
    /// generated.</summary>
    public Request Json<T>(T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Json(JsonSerializer.SerializeToUtf8Bytes(value, type));
    }

    /// <summary>Set the body to any object as JSON, such as new { message = "Hello" }, with its Content-Type.</summary>
    [RequiresUnreferencedCode("The shape of the object is found by reflection. Use the overload with a JsonTypeInfo in trimmed programs.")]
    [RequiresDynamicCode("The shape of the object is found by reflection. Use the overload with a JsonTypeInfo in trimmed programs.")]
    public Request JsonObject(object? value) => Json(JsonSerializer.SerializeToUtf8Bytes(value));
}
