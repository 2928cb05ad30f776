// Options of a client.
using System;
using System.Text;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>Options, from the built-in defaults and the PEPPERPY_NETWORK_ environment variables as they are when the object is made.
/// A client copies them: later changes do not reach it. Each option has a property of its name (one in milliseconds without "Ms",
/// for it is a TimeSpan; zero means no limit), and <see cref="Set(string, string)"/> knows them all by name. What an option does not
/// take throws <see cref="ConfigException"/> and changes nothing.
/// <para>Thread: one at a time. Blocks: never.</para></summary>
/// <example><code>var config = new NetworkConfig().Set("timeout_ms", TimeSpan.FromSeconds(5)).Set("ca_file", "ca.pem");</code></example>
public sealed partial class NetworkConfig : IDisposable
{
    private readonly ConfigHandle _handle;

    /// <summary>With the built-in defaults and the environment.</summary>
    /// <exception cref="ConfigException">An environment variable can not be understood.</exception>
    /// <exception cref="NativeLibraryException">There is no native library that fits.</exception>
    public unsafe NetworkConfig()
    {
        Library.Ensure();
        nint made = 0, error = 0;
        Failures.Check(Native.ppn_config_new(&made, &error), error);
        _handle = new ConfigHandle(made);
        NameCaller();
    }

    private NetworkConfig(nint made)
    {
        _handle = new ConfigHandle(made);
        NameCaller();
    }

    // The User-Agent names .NET, unless the environment or the program has set it.
    private unsafe void NameCaller()
    {
        nint error = 0;
        using var caller = new Utf8Text($"dotnet/{Environment.Version}", stackalloc byte[Utf8Text.Scratch]);
        using NativeHandle.Borrowed of = _handle.Borrow();
        fixed (byte* text = caller) Failures.Check(Native.ppnb_config_name_caller(of.Value, text, caller.Length, &error), error);
    }

    /// <summary>For the paths below a base URL, as <see cref="Network.RequestManager"/>.</summary>
    /// <param name="baseUrl">Absolute http or https URL without query, fragment and user information.</param>
    /// <param name="timeout">The whole of a call; null for the default or what the environment says.</param>
    /// <param name="retries">0 to 10; null for the default or what the environment says.</param>
    /// <exception cref="ConfigException">An argument can not be used.</exception>
    public static unsafe NetworkConfig RequestManager(string baseUrl, TimeSpan? timeout = null, int? retries = null)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        Library.Ensure();
        nint made = 0, error = 0;
        using var url = new Utf8Text(baseUrl, stackalloc byte[Utf8Text.Scratch]);
        fixed (byte* text = url)
        {
            Failures.Check(Native.ppn_config_new_request_manager(text, url.Length, -1, -1, &made, &error), error);
        }
        var config = new NetworkConfig(made);
        try
        {
            if (timeout is { } limit) config.Set("timeout_ms", limit);
            if (retries is { } count) config.Set("max_retries", count);
            return config;
        }
        catch
        {
            config.Dispose();
            throw;
        }
    }

    /// <summary>For one API and its key, as <see cref="Network.APIClient"/>: unless the environment says otherwise a longer timeout,
    /// an Idempotency-Key for POST and PATCH, and a limit of attempts under way.</summary>
    /// <param name="baseUrl">https; http for loopback addresses alone.</param>
    /// <param name="apiKey">Not empty. Never in errors and logs.</param>
    /// <exception cref="ConfigException">An argument can not be used.</exception>
    public static unsafe NetworkConfig APIClient(string baseUrl, string apiKey)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        ArgumentNullException.ThrowIfNull(apiKey);
        Library.Ensure();
        nint made = 0, error = 0;
        using var url = new Utf8Text(baseUrl, stackalloc byte[Utf8Text.Scratch]);
        using var key = new Utf8Text(apiKey, stackalloc byte[Utf8Text.Scratch]);
        fixed (byte* urlText = url, keyText = key)
        {
            Failures.Check(Native.ppn_config_new_api_client(urlText, url.Length, keyText, key.Length, &made, &error), error);
        }
        return new NetworkConfig(made);
    }

    /// <summary>From a JSON object whose members are names of options: {"timeout_ms": 5000, "verify_ssl": true}.</summary>
    /// <exception cref="ConfigException">A name or value is wrong.</exception>
    /// <exception cref="ProtocolException">It is no JSON.</exception>
    public static NetworkConfig FromJson(string json)
    {
        var config = new NetworkConfig();
        try
        {
            return config.SetJson(json);
        }
        catch
        {
            config.Dispose();
            throw;
        }
    }

    /// <summary>Set one option by its name, as text: numbers in decimal, booleans as true/false, yes/no, on/off or 1/0.</summary>
    /// <exception cref="ConfigException">No such option, not a value of its type, or out of range.</exception>
    public NetworkConfig Set(string name, string value)
    {
        SetOption(name, value);
        return this;
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public NetworkConfig Set(string name, bool value) => Set(name, OptionText.Of(value));

    /// <inheritdoc cref="Set(string, string)"/>
    public NetworkConfig Set(string name, long value) => Set(name, OptionText.Of(value));

    /// <inheritdoc cref="Set(string, string)"/>
    public NetworkConfig Set(string name, double value) => Set(name, OptionText.Of(value));

    /// <summary>Set one option in milliseconds; zero, and an infinite time, mean no limit.</summary>
    /// <exception cref="ConfigException">No such option, not one in milliseconds, or out of range.</exception>
    public NetworkConfig Set(string name, TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Set(name, OptionText.Of(name, value));
    }

    /// <summary>Set options from a JSON object, all of them or, when one is wrong, none.</summary>
    /// <exception cref="ConfigException">A name or value is wrong.</exception>
    /// <exception cref="ProtocolException">It is no JSON.</exception>
    public unsafe NetworkConfig SetJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        using NativeHandle.Borrowed config = _handle.Borrow();
        using var text = new Utf8Text(json, stackalloc byte[Utf8Text.Scratch]);
        nint error = 0;
        fixed (byte* bytes = text) Failures.Check(Native.ppn_config_set_json(config.Value, bytes, text.Length, &error), error);
        return this;
    }

    /// <summary>The value of one option as text; "***" for a secret that is set.</summary>
    /// <exception cref="ConfigException">There is no such option.</exception>
    public string Get(string name) => GetOption(name);

    /// <summary>All options with their values as a JSON object, secrets as "***".</summary>
    public unsafe string Dump()
    {
        using NativeHandle.Borrowed config = _handle.Borrow();
        nint text = 0, error = 0;
        Failures.Check(Native.ppnb_config_dump(config.Value, &text, &error), error);
        return NativeText.TakeText(text) ?? "";
    }

    /// <summary>The same as <see cref="Dump"/>.</summary>
    public override string ToString() => _handle.IsClosed ? nameof(NetworkConfig) : Dump();

    /// <summary>Release the options. Clients that were made of them keep theirs.</summary>
    public void Dispose() => _handle.Dispose();

    internal ConfigHandle Handle => _handle;

    internal unsafe void SetOption(string name, string value)
    {
        NamedValue.Put(_handle, &Native.ppn_config_set, name, value);
    }

    internal unsafe string GetOption(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using NativeHandle.Borrowed config = _handle.Borrow();
        using var key = new Utf8Text(name, stackalloc byte[Utf8Text.Scratch]);
        nint text = 0, error = 0;
        fixed (byte* bytes = key) Failures.Check(Native.ppnb_config_get(config.Value, bytes, key.Length, &text, &error), error);
        return NativeText.TakeText(text) ?? "";
    }
}
