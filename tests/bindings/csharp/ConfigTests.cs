// Options, the environment, and what is refused.
using System.Text.Json;

namespace PepperPy.Network.Tests;

public class ConfigTests
{
    [Fact]
    public void defaults_are_those_of_the_table()
    {
        using var config = new NetworkConfig();
        Assert.NotEmpty(OptionInfo.All());
        foreach (OptionInfo option in OptionInfo.All().Where(o => o.Type is "integer" or "boolean"))
        {
            Assert.Equal(option.Default, config.Get(option.Name));
        }
    }

    [Fact]
    public void options_are_set_by_name_and_by_property()
    {
        using var config = new NetworkConfig();
        config.Set("timeout_ms", TimeSpan.FromSeconds(5)).Set("max_retries", 2).Set("verify_ssl", false).Set("backoff_factor", 1.5);
        Assert.Equal("5000", config.Get("timeout_ms"));
        Assert.Equal(TimeSpan.FromSeconds(5), config.Timeout);
        Assert.Equal("false", config.Get("verify_ssl"));
        Assert.Equal(1.5, double.Parse(config.Get("backoff_factor")));
        config.Timeout = TimeSpan.FromMilliseconds(7);
        Assert.Equal("7", config.Get("timeout_ms"));
    }

    [Theory]
    [InlineData("max_retries", "11")]
    [InlineData("max_retries", "-1")]
    [InlineData("max_retries", "many")]
    [InlineData("timeout_ms", "86400001")]
    [InlineData("no_such_option", "1")]
    [InlineData("verify_ssl", "perhaps")]
    public void what_an_option_does_not_take_changes_nothing(string name, string value)
    {
        using var config = new NetworkConfig();
        string before = config.Dump();
        var exception = Assert.Throws<ConfigException>(() => config.Set(name, value));
        Assert.Equal(ErrorCode.ConfigError, exception.Code);
        Assert.Contains(name, exception.Message);
        Assert.Equal(before, config.Dump());
    }

    [Fact]
    public void a_negative_time_is_out_of_range() =>
        Assert.Throws<ConfigException>(() => new NetworkConfig().Set("timeout_ms", TimeSpan.FromSeconds(-3)));

    [Fact]
    public void a_time_is_for_options_in_milliseconds() =>
        Assert.Throws<ConfigException>(() => new NetworkConfig().Set("max_retries", TimeSpan.FromSeconds(1)));

    [Fact]
    public void a_time_below_a_millisecond_is_not_no_limit()
    {
        using var config = new NetworkConfig();
        Assert.Equal("1", config.Set("timeout_ms", TimeSpan.FromTicks(1)).Get("timeout_ms"));
        Assert.Equal("0", config.Set("timeout_ms", System.Threading.Timeout.InfiniteTimeSpan).Get("timeout_ms"));
    }

    [Fact]
    public void half_a_surrogate_pair_is_refused()
    {
        using var config = new NetworkConfig();
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<UsageException>(() => config.Set("user_agent", "a\uD800b")).Code);
    }

    [Fact]
    public void json_sets_all_or_nothing()
    {
        using NetworkConfig config = NetworkConfig.FromJson("""{"timeout_ms": 1234, "verify_ssl": false}""");
        Assert.Equal("1234", config.Get("timeout_ms"));
        Assert.Throws<ConfigException>(() => config.SetJson("""{"timeout_ms": 1, "max_retries": 99}"""));
        Assert.Equal("1234", config.Get("timeout_ms"));
        Assert.Throws<ProtocolException>(() => NetworkConfig.FromJson("{"));
    }

    [Fact]
    public void secrets_are_shown_to_nobody()
    {
        using NetworkConfig config = NetworkConfig.APIClient("https://localhost:1", "sk-very-secret-key");
        Assert.Equal("***", config.Get("api_key"));
        Assert.DoesNotContain("very-secret", config.Dump() + config);
        using var client = new APIClient(config);
        Assert.DoesNotContain("very-secret", client.ToString());
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(config.ToString()).RootElement.ValueKind);
    }

    [Fact]
    public void keys_do_not_travel_in_the_open()
    {
        var exception = Assert.Throws<ConfigException>(() => new APIClient("http://example.com", "sk-very-secret-key"));
        Assert.DoesNotContain("very-secret", exception.ToString());
        Assert.Throws<ConfigException>(() => new APIClient("https://localhost:1", ""));
        Assert.Throws<ConfigException>(() => new RequestManager(""));
    }

    [Fact]
    public void a_file_of_certificates_has_to_be_there()
    {
        using NetworkConfig config = new NetworkConfig().Set("ca_file", "/nowhere/ca.pem");
        Assert.Throws<ConfigException>(() => new HTTPClient(config));
    }

    [Fact]
    public void io_threads_have_a_range() => Assert.Throws<ConfigException>(() => NetworkRuntime.SetIoThreads(0));
}
