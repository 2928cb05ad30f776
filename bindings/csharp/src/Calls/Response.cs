// What the server answered, in memory of .NET: nothing has to be disposed of.
using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>What the server answered. It never changes, belongs to the garbage collector alone, and may be used by any thread. Of a
/// stream there is the head; the body is the stream.</summary>
public sealed partial class Response
{
    private readonly byte[] _body;
    private readonly byte[]? _error;
    private readonly byte[] _description;
    private ResponseParts? _parts;

    private Response(byte[] description, byte[] body, byte[]? error, ResponseHandle? kept)
    {
        _description = description;
        _body = body;
        _error = error;
        Kept = kept;
        var reader = new RecordReader(description);
        Status = reader.Int32();
    }

    /// <summary>Takes what a native response has, and releases it.</summary>
    internal static unsafe Response Take(nint response, bool head = false, bool keep = false)
    {
        ResponseHandle? kept = null;
        try
        {
            byte[] description = NativeText.TakeBytes(Native.ppnb_describe_response(response));
            if (description.Length == 0) throw new OutOfMemoryException("no memory for a response");
            byte[] body = head ? [] : NativeText.TakeBytes(Native.ppnb_response_body(response));
            byte[]? failure = null;
            int status = BitConverter.ToInt32(description, 0);
            if (status is < 200 or >= 400 && status != 101)
            {
                // What a provider says in a body of an error is the library's to read, and it can read it only now.
                nint error = 0;
                Native.ppn_response_check_status(response, &error);
                if (error != 0)
                {
                    failure = NativeText.TakeBytes(Native.ppnb_describe_error(error));
                    Native.ppn_error_release(error);
                }
            }
            if (keep) kept = new ResponseHandle(response);
            return new Response(description, body, failure, kept);
        }
        finally
        {
            if (kept is null) Native.ppn_response_release(response);
        }
    }

    /// <summary>For <see cref="RateLimiter.Observe"/>; null unless the request was told to keep it.</summary>
    internal ResponseHandle? Kept { get; }

    /// <summary>The HTTP status (RFC 9110 15).</summary>
    public int Status { get; }

    /// <summary>Whether the status is 200 to 299.</summary>
    public bool IsSuccess => Status is >= 200 and <= 299;

    /// <summary>The bytes of the body.</summary>
    public ReadOnlyMemory<byte> Body => _body;

    /// <summary>The body as text: UTF-8, or, for bytes that are none, each byte as the character of its number.</summary>
    public string Text => NativeText.Decode(_body);

    /// <summary>Throws the exception of a status of 400 or more (with what a JSON body says about it and Retry-After), else returns
    /// this response.</summary>
    /// <exception cref="StatusException">Or one of the classes below it.</exception>
    public Response RaiseForStatus()
    {
        if (_error is not null) throw Failures.Make(Failures.Read(_error) with { Response = this }, null);
        return this;
    }

    /// <summary>The body as JSON.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: the body is no JSON.</exception>
    public JsonElement Json()
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(_body);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw NoJson(exception);
        }
    }

    /// <summary>The body as an object that System.Text.Json makes of its JSON; safe for trimming, for the shape of the type was
    /// generated.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: the body is no JSON of this type.</exception>
    public T? Json<T>(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        try
        {
            return JsonSerializer.Deserialize(_body, type);
        }
        catch (JsonException exception)
        {
            throw NoJson(exception);
        }
    }

    /// <summary>"Response 200, 130 bytes"; never a header or a body.</summary>
    public override string ToString() => $"Response {Status}, {_body.Length} bytes";

    private NetworkException NoJson(JsonException exception) => Failures.Make(
        new ErrorDetails { Code = ErrorCode.JsonParse, Message = Place(exception), Status = Status, Phase = "body", Response = this },
        exception);

    // The message of a JsonException may repeat the text; where it is wrong is enough.
    private static string Place(JsonException exception) =>
        $"the body is not JSON of the wanted shape (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})";
}
