// Where the native library is looked for: a path that somebody named, then where the system and .NET look, then beside the
// assembly, as NuGet lays it out. One message tells everything that was tried.
using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace PepperPy.Network.Interop;

internal static class NativeLoader
{
    public const string Name = "pepperpy_network_csharp";
    public const string Variable = "PEPPERPY_NETWORK_LIBRARY_PATH";
    public const string Switch = "PepperPy.Network.LibraryPath";
    private const string File = "lib" + Name + ".so";

    // A function that each version has, as SWIG names it.
    private const string Known = "CSharp_PepperPyfNetworkfInterop_ppn_version_number___";

    private static nint s_handle;

    /// <summary>Claim the functions of the library for this copy of the assembly. They call back one copy alone: another one, in
    /// another AssemblyLoadContext, would wait for ever.</summary>
    public static void Claim()
    {
        string key = $"PepperPy.Network.Library.{s_handle:x}";
        if (AppContext.GetData(key) is not null)
        {
            throw new NativeLibraryException("another AssemblyLoadContext of this process has loaded PepperPy.Network before: share that one");
        }
        AppContext.SetData(key, true);
    }

    public static void Load()
    {
        Assembly assembly = typeof(NativeLoader).Assembly;
        NativeLibrary.SetDllImportResolver(assembly, static (name, _, _) => name == Name ? s_handle : 0);
        s_handle = Find(assembly, NativeLibraryPath.Explicit, AppContext.GetData(Switch) as string,
                        Environment.GetEnvironmentVariable(Variable), AppContext.BaseDirectory);
    }

    /// <summary>The handle of the library; throws when it is nowhere.</summary>
    internal static nint Find(Assembly assembly, string? property, string? setting, string? variable, string baseFolder)
    {
        var tried = new List<string>();
        (string Source, string? Path)[] named =
        [
            ("NativeLibraryPath.Explicit", property), ($"AppContext {Switch}", setting), ($"environment variable {Variable}", variable),
        ];
        foreach ((string source, string? path) in named)
        {
            // What somebody has named is the only place: another version from elsewhere would be a surprise.
            if (string.IsNullOrEmpty(path)) continue;
            string file = Directory.Exists(path) ? Path.Combine(path, File) : path;
            if (TryLoad(file, source, tried, out nint chosen)) return chosen;
            throw Missing(tried);
        }
        if (NativeLibrary.TryLoad(Name, assembly, null, out nint found)) return found;
        tried.Add($"{File}: not found by the system (NuGet assets, LD_LIBRARY_PATH, ld.so.cache)");
        foreach (string file in Candidates(baseFolder))
        {
            if (TryLoad(file, "beside the program", tried, out nint beside)) return beside;
        }
        throw Missing(tried);
    }

    private static IEnumerable<string> Candidates(string baseFolder)
    {
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        yield return Path.Combine(baseFolder, "runtimes", $"linux-{architecture}", "native", File);
        yield return Path.Combine(baseFolder, File);
    }

    private static bool TryLoad(string file, string source, List<string> tried, out nint handle)
    {
        handle = 0;
        if (!System.IO.File.Exists(file))
        {
            tried.Add($"{file} ({source}): no such file");
            return false;
        }
        try
        {
            handle = NativeLibrary.Load(file);
            // libpepperpy_network.so, beside it, is what is named by mistake.
            if (NativeLibrary.TryGetExport(handle, Known, out _)) return true;
            NativeLibrary.Free(handle);
            handle = 0;
            tried.Add($"{file} ({source}): another library; {File} is wanted");
            return false;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            tried.Add($"{file} ({source}): {exception.Message.ReplaceLineEndings(" ").Trim()}");
            return false;
        }
    }

    private static NativeLibraryException Missing(List<string> tried) =>
        new($"the native library of PepperPy.Network could not be loaded. Tried: {string.Join("; ", tried)}. " +
            $"Set {Variable} to the file {File} or to its folder.");
}
