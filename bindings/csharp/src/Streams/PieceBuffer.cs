// Pieces of a stream or messages of a WebSocket, many of which cross at once.
using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>A rented buffer with records: their length in 4 bytes, itself included, and what is in them.</summary>
internal struct PieceBuffer
{
    private const int Size = 64 * 1024;

    private byte[]? _buffer;
    private int _at;
    private int _end;

    public readonly bool HasNext => _at < _end;

    /// <summary>The next record without its length. It lives until the buffer is filled again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlyMemory<byte> Next()
    {
        byte[] buffer = _buffer!;
        int length = Unsafe.ReadUnaligned<int>(ref buffer[_at]);
        var record = new ReadOnlyMemory<byte>(buffer, _at + sizeof(int), length - sizeof(int));
        _at += length;
        return record;
    }

    /// <summary>Take what is there: more than 0 for pieces, else what the function says.</summary>
    public unsafe long Fill(nint handle, delegate*<nint, byte*, nuint, nint*, long> take, delegate*<nint, long> needed, nint* error)
    {
        byte[] buffer = _buffer ??= ArrayPool<byte>.Shared.Rent(Size);
        while (true)
        {
            long taken;
            fixed (byte* to = buffer) taken = take(handle, to, (nuint)buffer.Length, error);
            if (taken > 0)
            {
                _at = 0;
                _end = (int)taken;
            }
            if (taken != Native.PPNB_TOO_SMALL) return taken;
            int length = checked((int)needed(handle));
            Return();
            buffer = _buffer = ArrayPool<byte>.Shared.Rent(length);
        }
    }

    public void Return()
    {
        byte[]? buffer = _buffer;
        _buffer = null;
        _at = _end = 0;
        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
    }
}
