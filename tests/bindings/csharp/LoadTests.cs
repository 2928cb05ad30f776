// The native library: found, checked, refused.
namespace PepperPy.Network.Tests;

public class LoadTests
{
    private static string Native => Environment.GetEnvironmentVariable("PPN_CSHARP_NATIVE_DIR")!;

    [Fact]
    public void binding_and_library_have_the_same_version() =>
        Assert.Equal(NetworkRuntime.BindingVersion, NetworkRuntime.LibraryVersion);

    [Fact]
    public void nothing_of_the_native_layer_is_public() =>
        Assert.All(typeof(HTTPClient).Assembly.GetExportedTypes(), type => Assert.Equal("PepperPy.Network", type.Namespace));

    [Fact]
    public void features_are_known_by_name()
    {
        Assert.True(NetworkRuntime.HasFeature("tls"));
        Assert.False(NetworkRuntime.HasFeature("teleport"));
    }

    [Fact]
    public async Task a_path_in_the_environment_is_taken()
    {
        foreach (string path in new[] { Native, Path.Combine(Native, "libpepperpy_network_csharp.so") })
        {
            (int code, string output, string error) =
                await Probe.RunAsync(["version"], new() { ["PEPPERPY_NETWORK_LIBRARY_PATH"] = path });
            Assert.Equal("", error);
            Assert.Equal(0, code);
            Assert.Equal($"{NetworkRuntime.BindingVersion} {NetworkRuntime.LibraryVersion}\n", output);
        }
    }

    [Theory]
    [InlineData("property")]
    [InlineData("switch")]
    public async Task a_path_in_the_program_is_taken(string how)
    {
        (int code, string output, _) = await Probe.RunAsync([how, Native]);
        Assert.Equal(0, code);
        Assert.Equal(NetworkRuntime.LibraryVersion + "\n", output);
    }

    [Fact]
    public async Task a_library_of_another_version_is_refused_with_both_versions()
    {
        string wrong = Environment.GetEnvironmentVariable("PPN_CSHARP_WRONG_VERSION")!;
        (int code, string output, _) = await Probe.RunAsync(["version"], new() { ["PEPPERPY_NETWORK_LIBRARY_PATH"] = wrong });
        Assert.Equal(3, code);
        Assert.Contains("9.8.7", output);
        Assert.Contains(NetworkRuntime.BindingVersion, output);
    }

    [Fact]
    public async Task without_a_library_one_message_says_what_was_tried()
    {
        (int code, string output, _) = await Probe.RunAsync(["version"]);
        Assert.Equal(3, code);
        Assert.Single(output.TrimEnd('\n').Split('\n'));
        Assert.Contains("not found by the system", output);
        Assert.Contains(Path.Combine("runtimes", "linux-x64", "native", "libpepperpy_network_csharp.so"), output);
        Assert.Contains("PEPPERPY_NETWORK_LIBRARY_PATH", output);
    }

    [Fact]
    public async Task a_named_path_without_a_library_is_the_only_one_tried()
    {
        (int code, string output, _) = await Probe.RunAsync(["version"], new() { ["PEPPERPY_NETWORK_LIBRARY_PATH"] = "/nowhere/lib.so" });
        Assert.Equal(3, code);
        Assert.Contains("/nowhere/lib.so (environment variable PEPPERPY_NETWORK_LIBRARY_PATH): no such file", output);
        Assert.DoesNotContain("runtimes", output);
    }

    [Fact]
    public async Task another_library_is_refused_by_its_name()
    {
        string core = Path.Combine(Native, "libpepperpy_network.so.0");
        (int code, string output, _) = await Probe.RunAsync(["version"], new() { ["PEPPERPY_NETWORK_LIBRARY_PATH"] = core });
        Assert.Equal(3, code);
        Assert.Contains($"{core} (environment variable PEPPERPY_NETWORK_LIBRARY_PATH): another library", output);
    }

    [Fact]
    public void a_second_copy_of_the_assembly_is_refused()
    {
        Assert.NotEmpty(NetworkRuntime.LibraryVersion);
        var context = new System.Runtime.Loader.AssemblyLoadContext("plugin", isCollectible: true);
        try
        {
            System.Reflection.Assembly copy = context.LoadFromAssemblyPath(typeof(NetworkRuntime).Assembly.Location);
            System.Reflection.PropertyInfo version = copy.GetType(typeof(NetworkRuntime).FullName!)!.GetProperty("LibraryVersion")!;
            Assert.NotEqual(typeof(NetworkRuntime), version.DeclaringType);
            for (int i = 0; i < 2; ++i)
            {
                var exception = Assert.Throws<System.Reflection.TargetInvocationException>(() => version.GetValue(null));
                Assert.Contains("AssemblyLoadContext", exception.InnerException!.Message);
            }
        }
        finally
        {
            context.Unload();
        }
    }

    [Fact]
    public async Task a_context_that_is_unloaded_does_no_harm()
    {
        (int code, string output, string error) =
            await Probe.RunAsync(["plugin", AiServer.Shared.PlainUrl], new() { ["PEPPERPY_NETWORK_LIBRARY_PATH"] = Native });
        Assert.Equal("", error);
        Assert.Equal("200\nunloaded\n", output);
        Assert.Equal(0, code);
    }

    [Theory]
    [InlineData(1_002_003, 1, 1_009_000, 1, true)]
    [InlineData(1_002_003, 1, 2_002_003, 1, false)]
    [InlineData(2_003, 0, 2_009, 0, true)]
    [InlineData(2_003, 0, 3_003, 0, false)]
    [InlineData(2_003, 0, 2_003, 1, false)]
    public void versions_fit_by_major_and_before_one_by_minor(int made, int madeAbi, int runs, int runsAbi, bool fits)
    {
        Action check = () => Interop.Library.CheckVersion(made, madeAbi, runs, runsAbi);
        if (fits) check();
        else Assert.Throws<NativeLibraryException>(check);
    }

    [Theory]
    [InlineData("Exit")]
    [InlineData("return")]
    [InlineData("throw")]
    public async Task a_process_ends_while_streams_are_live(string how)
    {
        (int code, string output, string error) =
            await Probe.RunAsync(["exit", AiServer.Shared.Url, AiServer.Shared.CaFile, how],
                                 new() { ["PEPPERPY_NETWORK_LIBRARY_PATH"] = Native, ["DOTNET_DbgEnableMiniDump"] = "0" });
        Assert.Equal("live\n", output);
        if (how == "throw")
        {
            // The runtime ends a program that throws by SIGABRT, whatever it had loaded.
            Assert.Equal(134, code);
            Assert.Contains("the end", error);
        }
        else
        {
            Assert.Equal("", error);
            Assert.Equal(0, code);
        }
    }
}
