// Reads what shim/records.hpp has written: little-endian numbers, and texts as their length and their bytes.
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PepperPy.Network.Interop;

internal ref struct RecordReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsEmpty => _rest.IsEmpty;

    public int Int32() => Take<int>();

    public long Int64() => Take<long>();

    public double Float64() => Take<double>();

    public ReadOnlySpan<byte> Bytes()
    {
        int length = Int32();
        ReadOnlySpan<byte> bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }

    public string Text() => NativeText.Decode(Bytes());

    /// <summary>A part that begins with its own length.</summary>
    public RecordReader Record()
    {
        int length = MemoryMarshal.Read<int>(_rest);
        var record = new RecordReader(_rest[sizeof(int)..length]);
        _rest = _rest[length..];
        return record;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Take<T>() where T : unmanaged
    {
        T value = MemoryMarshal.Read<T>(_rest);
        _rest = _rest[Unsafe.SizeOf<T>()..];
        return value;
    }
}
