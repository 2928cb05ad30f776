// PEPPERPY_NETWORK_ variables. A test changes the environment of the process, so it runs alone.
using System.Runtime.InteropServices;

namespace PepperPy.Network.Tests;

[CollectionDefinition("alone", DisableParallelization = true)]
public class Alone;

[Collection("alone")]
public partial class EnvironmentTests : IDisposable
{
    private readonly List<string> _set = [];

    // .NET keeps an environment of its own; the library reads that of C.
    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int SetEnv(string name, string value, int overwrite);

    [DllImport("libc", EntryPoint = "unsetenv", CharSet = CharSet.Ansi)]
    private static extern int UnsetEnv(string name);

    [Fact]
    public void variables_become_defaults()
    {
        Set("PEPPERPY_NETWORK_TIMEOUT", "2.5");
        Set("PEPPERPY_NETWORK_MAX_RETRIES", "7");
        Set("PEPPERPY_NETWORK_RATE_LIMIT", "100");
        Set("PEPPERPY_NETWORK_VERIFY_SSL", "false");
        using var config = new NetworkConfig();
        Assert.Equal("2500", config.Get("timeout_ms"));
        Assert.Equal("7", config.Get("max_retries"));
        Assert.StartsWith("100", config.Get("rate_limit"));
        Assert.Equal("false", config.Get("verify_ssl"));
        Assert.Equal("1", config.Set("max_retries", 1).Get("max_retries"));
    }

    [Fact]
    public void a_variable_that_can_not_be_understood_is_named()
    {
        Set("PEPPERPY_NETWORK_MAX_RETRIES", "many");
        Assert.Contains("PEPPERPY_NETWORK_MAX_RETRIES", Assert.Throws<ConfigException>(() => new NetworkConfig()).Message);
        Assert.Contains("PEPPERPY_NETWORK_MAX_RETRIES", Assert.Throws<ConfigException>(() => new HTTPClient()).Message);
    }

    public void Dispose() => _set.ForEach(name => UnsetEnv(name));

    private void Set(string name, string value)
    {
        _set.Add(name);
        SetEnv(name, value, 1);
    }
}
