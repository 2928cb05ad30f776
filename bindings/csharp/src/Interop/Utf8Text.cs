// A text on its way down: UTF-8 on the stack, or in rented memory when it is long.
using System;
using System.Buffers;
using System.Text;

namespace PepperPy.Network.Interop;

internal ref struct Utf8Text
{
    /// <summary>What callers give as scratch: enough for names, paths and most URLs.</summary>
    public const int Scratch = 256;

    /// <summary>Half a surrogate pair is an error: a text that goes down as another one is worse than none.</summary>
    internal static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Span<byte> _bytes;
    private byte[]? _rented;

    public Utf8Text(ReadOnlySpan<char> text, Span<byte> scratch)
    {
        int most = text.Length * 3;
        if (text.Length > scratch.Length / 3)
        {
            _rented = ArrayPool<byte>.Shared.Rent(most);
            scratch = _rented;
        }
        _bytes = scratch;
        try
        {
            Length = (nuint)Strict.GetBytes(text, scratch);
        }
        catch (EncoderFallbackException)
        {
            Dispose();
            throw Failures.Usage(ErrorCode.InvalidArgument, "a text holds half a surrogate pair");
        }
    }

    public nuint Length { get; }

    /// <summary>Never null, also of an empty text.</summary>
    public readonly ref byte GetPinnableReference() => ref _bytes[0];

    public void Dispose()
    {
        byte[]? rented = _rented;
        if (rented is null) return;
        _rented = null;
        // It may have been a secret.
        rented.AsSpan(0, (int)Length).Clear();
        ArrayPool<byte>.Shared.Return(rented);
    }
}
