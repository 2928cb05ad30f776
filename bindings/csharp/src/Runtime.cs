// The process-wide runtime, versions, and what a program may show.
using System;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>The I/O threads that all clients share. Nothing starts before the first request.</summary>
public static unsafe class NetworkRuntime
{
    /// <summary>The version of the native library that runs, such as "0.1.0".</summary>
    public static string LibraryVersion
    {
        get
        {
            Library.Ensure();
            return NativeText.Of(Native.ppn_version_string());
        }
    }

    /// <summary>The version of the library that this assembly was made for.</summary>
    public static string BindingVersion => Library.Text(Native.PPN_VERSION_NUMBER);

    /// <summary>How many objects of the library are alive: handles that were not released, calls under way and connections, idle ones
    /// included. For tests of leaks.</summary>
    public static long LiveObjects
    {
        get
        {
            Library.Ensure();
            return Native.ppn_debug_live_objects();
        }
    }

    /// <summary>Whether the library has a feature: "http1", "tls", "sse", "lines", "json". Unknown names are no error.</summary>
    public static bool HasFeature(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Library.Ensure();
        byte[] text = new byte[Utf8Text.Strict.GetByteCount(name) + 1];
        Utf8Text.Strict.GetBytes(name, text);
        fixed (byte* bytes = text) return Native.ppn_has_feature(bytes) != 0;
    }

    /// <summary>Set the number of I/O threads, before the first request. One serves more than 100,000 requests a second.</summary>
    /// <exception cref="ConfigException">Out of the range 1 to 64.</exception>
    /// <exception cref="UsageException">INVALID_STATE: a request was made before.</exception>
    public static void SetIoThreads(int count)
    {
        Library.Ensure();
        nint error = 0;
        Failures.Check(Native.ppn_runtime_set_io_threads(count, &error), error);
    }

    /// <summary>End the runtime: cancel all requests (each still ends its task), close all connections, join the threads. The next
    /// request starts a new one. Optional: at the exit of the process it happens by itself. Blocks: until callbacks have
    /// returned.</summary>
    public static void Shutdown()
    {
        Library.Ensure();
        nint error = 0;
        Failures.Check(Native.ppn_runtime_shutdown(&error), error);
    }
}

/// <summary>The rules by which the library keeps secrets out of its errors and log lines, for what a program shows itself.</summary>
public static unsafe class Redaction
{
    /// <summary>A URL as it may be shown: user information and the values of secret query parameters are replaced.</summary>
    public static string Url(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        Library.Ensure();
        using var text = new Utf8Text(url, stackalloc byte[Utf8Text.Scratch]);
        nint shown = 0, error = 0;
        fixed (byte* bytes = text) Failures.Check(Native.ppn_redact_url(bytes, text.Length, &shown, &error), error);
        return NativeText.TakeText(shown) ?? "";
    }

    /// <summary>Any text as it may be shown: registered secrets and what looks like a credential are replaced by "***".</summary>
    public static string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Library.Ensure();
        using var utf8 = new Utf8Text(text, stackalloc byte[Utf8Text.Scratch]);
        nint shown = 0, error = 0;
        fixed (byte* bytes = utf8) Failures.Check(Native.ppn_redact_text(bytes, utf8.Length, &shown, &error), error);
        return NativeText.TakeText(shown) ?? "";
    }

    /// <summary>Whether the value of a header of this name is a secret.</summary>
    public static bool IsSensitiveHeader(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Library.Ensure();
        using var text = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        fixed (byte* bytes = text) return Native.ppn_header_is_sensitive(bytes, text.Length) != 0;
    }

    /// <summary>Make a text of at least 8 bytes a secret of the process, hidden wherever the library shows something. Calls are
    /// counted.</summary>
    public static void RegisterSecret(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Library.Ensure();
        using var text = new Utf8Text(secret, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text) Failures.Check(Native.ppn_secret_register(bytes, text.Length, &error), error);
    }

    /// <summary>Undo one <see cref="RegisterSecret"/>.</summary>
    public static void ForgetSecret(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Library.Ensure();
        using var text = new Utf8Text(secret, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text) Failures.Check(Native.ppn_secret_forget(bytes, text.Length, &error), error);
    }
}
