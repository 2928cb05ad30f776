// There is no native library, or not the right one.
using System;

namespace PepperPy.Network;

/// <summary>The native library could not be loaded, or has another version than this assembly was made for. The message names
/// everything that was tried, or both versions. It is no <see cref="NetworkException"/>: no call can have been made.</summary>
public sealed class NativeLibraryException : DllNotFoundException
{
    internal NativeLibraryException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

/// <summary>Where the native library lies, for a program that does not get it by NuGet.</summary>
public static class NativeLibraryPath
{
    /// <summary>The file libpepperpy_network_csharp.so or its folder; to be set before anything else of this library is used. It goes
    /// before the AppContext value PepperPy.Network.LibraryPath, and that before the environment variable
    /// PEPPERPY_NETWORK_LIBRARY_PATH. What is named is the only place that is tried.</summary>
    public static string? Explicit { get; set; }
}
