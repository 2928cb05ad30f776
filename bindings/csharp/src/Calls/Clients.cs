// The four clients: presets of one engine.
using System;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>A client whose addresses are absolute URLs, and paths when its configuration has a base URL.</summary>
/// <example><code>
/// await using var client = new HTTPClient();
/// Response response = await client.PostJsonAsync("https://localhost:8443/echo", """{"message": "Hello"}""");
/// </code></example>
public class HTTPClient : NetworkClient
{
    /// <summary>With the built-in defaults and the environment.</summary>
    /// <exception cref="ConfigException">An environment variable can not be understood.</exception>
    /// <exception cref="NativeLibraryException">There is no native library that fits.</exception>
    public HTTPClient() : base(null)
    {
    }

    /// <summary>With options, which are copied.</summary>
    /// <exception cref="ConfigException">Such as a file of certificates that can not be read.</exception>
    public HTTPClient(NetworkConfig config) : base(NotNull(config))
    {
    }

    private static NetworkConfig NotNull(NetworkConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config;
    }
}

/// <summary>A client for responses that are read while they arrive: Stream(url, chunkSize), Lines(url), Events(url). It has everything
/// else of <see cref="HTTPClient"/>, whose engine it is.</summary>
public class StreamingClient : HTTPClient
{
    /// <inheritdoc cref="HTTPClient()"/>
    public StreamingClient()
    {
    }

    /// <inheritdoc cref="HTTPClient(NetworkConfig)"/>
    public StreamingClient(NetworkConfig config) : base(config)
    {
    }
}

/// <summary>A client whose addresses are paths below a base URL: with "https://localhost:8443/v1", "/models" and "models" both mean
/// "https://localhost:8443/v1/models", and "?a=1" the base with a query. An absolute URL stands for itself.</summary>
public class RequestManager : NetworkClient
{
    /// <summary>With a base URL; what is not given is the default or what the environment says.</summary>
    /// <param name="baseUrl">Absolute http or https URL without query, fragment and user information.</param>
    /// <param name="timeout">The whole of a call.</param>
    /// <param name="retries">0 to 10.</param>
    /// <exception cref="ConfigException">An argument can not be used.</exception>
    public RequestManager(string baseUrl, TimeSpan? timeout = null, int? retries = null)
        : this(NetworkConfig.RequestManager(baseUrl, timeout, retries), dispose: true)
    {
    }

    /// <summary>With options that have a base URL, such as <see cref="NetworkConfig.RequestManager"/> makes.</summary>
    public RequestManager(NetworkConfig config) : this(config, dispose: false)
    {
    }

    /// <summary>With a base URL and other options, which are set into `config`.</summary>
    public RequestManager(string baseUrl, NetworkConfig config) : this(With(config, baseUrl), dispose: false)
    {
    }

    private RequestManager(NetworkConfig config, bool dispose) : base(BaseAddress.Checked(config))
    {
        BaseUrl = config.Get("base_url");
        if (dispose) config.Dispose();
    }

    /// <summary>The base URL.</summary>
    public string BaseUrl { get; }

    private static NetworkConfig With(NetworkConfig config, string baseUrl)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Set("base_url", baseUrl);
    }
}

/// <summary>A client for one API: addresses are those of <see cref="RequestManager"/>, and requests to the origin (scheme, host, port)
/// of the base URL carry the key. A request to any other origin never does. A header of the same name that a request sets itself
/// replaces the key.</summary>
public class APIClient : NetworkClient
{
    /// <summary>With a base URL and a key, and the other options as <see cref="NetworkConfig.APIClient"/> says.</summary>
    /// <param name="baseUrl">https, for the key would be readable on the way; http for loopback addresses alone.</param>
    /// <param name="apiKey">Not empty. Never in errors, logs and ToString.</param>
    /// <exception cref="ConfigException">An argument can not be used.</exception>
    public APIClient(string baseUrl, string apiKey) : this(NetworkConfig.APIClient(baseUrl, apiKey), dispose: true)
    {
    }

    /// <summary>With a base URL, a key and other options, which are set into `config`; where the key goes is said by its options
    /// api_key_header and api_key_scheme.</summary>
    public APIClient(string baseUrl, string apiKey, NetworkConfig config) : this(With(config, baseUrl, apiKey), dispose: false)
    {
    }

    /// <summary>With options that have a base URL and a key, such as <see cref="NetworkConfig.APIClient"/> makes.</summary>
    public APIClient(NetworkConfig config) : this(config, dispose: false)
    {
    }

    private APIClient(NetworkConfig config, bool dispose) : base(BaseAddress.CheckedWithKey(config))
    {
        BaseUrl = config.Get("base_url");
        if (dispose) config.Dispose();
    }

    /// <summary>The base URL.</summary>
    public string BaseUrl { get; }

    private static NetworkConfig With(NetworkConfig config, string baseUrl, string apiKey)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.Set("base_url", baseUrl).Set("api_key", apiKey);
    }
}

internal static class BaseAddress
{
    public static NetworkConfig Checked(NetworkConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Get("base_url").Length == 0) throw Failures.Usage(ErrorCode.ConfigError, "the base URL is empty");
        return config;
    }

    public static NetworkConfig CheckedWithKey(NetworkConfig config)
    {
        Checked(config);
        if (config.Get("api_key").Length == 0) throw Failures.Usage(ErrorCode.ConfigError, "the API key is empty");
        return config;
    }
}
