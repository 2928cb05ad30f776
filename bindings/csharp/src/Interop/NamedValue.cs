// A name and a value on their way down: headers, options and attributes all go the same way.
using System;

namespace PepperPy.Network.Interop;

internal static unsafe class NamedValue
{
    public static void Put(NativeHandle handle, delegate*<nint, byte*, nuint, byte*, nuint, nint*, int> function, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        using NativeHandle.Borrowed of = handle.Borrow();
        Put(of.Value, function, name, value);
    }

    /// <summary>The same for what has no handle class of its own.</summary>
    public static void Put(nint of, delegate*<nint, byte*, nuint, byte*, nuint, nint*, int> function, string name, string value)
    {
        using var key = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        using var text = new Utf8Text(value, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* keyBytes = key, bytes = text)
        {
            Failures.Check(function(of, keyBytes, key.Length, bytes, text.Length, &error), error);
        }
    }
}
