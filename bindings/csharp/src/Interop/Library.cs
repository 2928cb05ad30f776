// Finds and checks the native library, once, before anything of it is called.
using System;
using System.Threading;

namespace PepperPy.Network.Interop;

internal static unsafe class Library
{
    private static readonly object s_gate = new();
    private static volatile bool s_ready;
    private static Func<Exception>? s_failure;

    /// <summary>Throws <see cref="NativeLibraryException"/>, each time, when there is no library that fits.</summary>
    public static void Ensure()
    {
        if (!s_ready) Prepare();
    }

    private static void Prepare()
    {
        lock (s_gate)
        {
            if (s_ready) return;
            if (s_failure is not null) throw s_failure();
            try
            {
                NativeLoader.Load();
                CheckVersion(Native.PPN_VERSION_NUMBER, Native.PPN_ABI_VERSION, Native.ppn_version_number(), Native.ppn_abi_version());
                NativeLoader.Claim();
            }
            catch (NativeLibraryException exception)
            {
                s_failure = () => new NativeLibraryException(exception.Message, exception);
                throw;
            }
            Callbacks.Open();
            s_ready = true;
            AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
            {
                // The virtual machine goes down: threads of the library must not call into it any more.
                Native.ppnb_stop_handlers(2000);
            };
        }
    }

    /// <summary>The version that this was made for against that of the library: before 1.0 each minor version may change what it
    /// offers, afterwards each major one.</summary>
    internal static void CheckVersion(int made, int madeAbi, int runs, int runsAbi)
    {
        const int Major = 1_000_000, Minor = 1_000;
        int unit = made < Major ? Minor : Major;
        if (made / unit == runs / unit && madeAbi == runsAbi) return;
        throw new NativeLibraryException(
            $"PepperPy.Network was made for version {Text(made)} (ABI {madeAbi}) of the library and has found version {Text(runs)} (ABI {runsAbi})");
    }

    internal static string Text(int number) => $"{number / 1_000_000}.{number / 1000 % 1000}.{number % 1000}";
}
