// Texts and bytes on their way up.
using System;
using System.Runtime.InteropServices;
using System.Text;

namespace PepperPy.Network.Interop;

internal static unsafe class NativeText
{
    /// <summary>A text that the library owns and that ends with a zero.</summary>
    public static string Of(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>The bytes of a buffer, which is released.</summary>
    public static byte[] TakeBytes(nint buffer)
    {
        if (buffer == 0) return [];
        try
        {
            nuint length = Native.ppn_buffer_length(buffer);
            if (length == 0) return [];
            byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)length));
            fixed (byte* to = bytes) Native.ppnb_buffer_copy(buffer, to, length);
            return bytes;
        }
        finally
        {
            Native.ppn_buffer_release(buffer);
        }
    }

    /// <summary>The text of a buffer, which is released; null for none.</summary>
    public static string? TakeText(nint buffer) => buffer == 0 ? null : Decode(TakeBytes(buffer));

    /// <summary>UTF-8, or, for bytes that are none (header values may be), each byte as the character of its number.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return "";
        string text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD') && !IsUtf8(bytes) ? Encoding.Latin1.GetString(bytes) : text;
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes);
}
