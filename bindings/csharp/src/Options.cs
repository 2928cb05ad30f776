// The option table of the library.
using System;
using System.Collections.Generic;
using System.Globalization;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>One row of the option table.</summary>
/// <param name="Name">Such as "connect_timeout_ms".</param>
/// <param name="Type">"integer", "number", "boolean" or "text".</param>
/// <param name="Unit">"ms", "bytes", "s" or "".</param>
/// <param name="Default">The built-in default, as text.</param>
/// <param name="Range">Such as "0..86400000" or "wait, fail_fast"; "" for none.</param>
/// <param name="Environment">The name of the variable; "" when it has none.</param>
/// <param name="Help">One line.</param>
/// <param name="IsPerRequest">Whether <see cref="Request.Option(string, string)"/> takes it.</param>
/// <param name="IsSecret">Whether it is shown as "***".</param>
public sealed record OptionInfo(string Name, string Type, string Unit, string Default, string Range, string Environment, string Help,
                                bool IsPerRequest, bool IsSecret)
{
    /// <summary>The option table of the library that runs.</summary>
    public static unsafe IReadOnlyList<OptionInfo> All()
    {
        Library.Ensure();
        var rows = new OptionInfo[(int)Native.ppn_option_count()];
        for (int i = 0; i < rows.Length; ++i)
        {
            nuint index = (nuint)i;
            rows[i] = new OptionInfo(
                NativeText.Of(Native.ppn_option_name(index)), NativeText.Of(Native.ppn_option_type(index)),
                NativeText.Of(Native.ppn_option_unit(index)), NativeText.Of(Native.ppn_option_default(index)),
                NativeText.Of(Native.ppn_option_range(index)), NativeText.Of(Native.ppn_option_environment(index)),
                NativeText.Of(Native.ppn_option_help(index)), Native.ppn_option_is_per_request(index) != 0,
                Native.ppn_option_is_secret(index) != 0);
        }
        return rows;
    }
}

/// <summary>Values of options as the library reads them, and back.</summary>
internal static class OptionText
{
    public static string Of(bool value) => value ? "true" : "false";

    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Of(string name, TimeSpan value)
    {
        if (!name.EndsWith("_ms", StringComparison.Ordinal))
        {
            throw Failures.Usage(ErrorCode.ConfigError, $"a TimeSpan was given to {name}, which is not measured in milliseconds");
        }
        return Of(Milliseconds(value));
    }

    /// <summary>Rounded up: a time that is not zero must not become one, which may mean no limit. An infinite one does mean that.</summary>
    public static long Milliseconds(TimeSpan value)
    {
        if (value == System.Threading.Timeout.InfiniteTimeSpan) return 0;
        long ticks = value.Ticks;
        return ticks <= 0 ? ticks / TimeSpan.TicksPerMillisecond : (ticks - 1) / TimeSpan.TicksPerMillisecond + 1;
    }
}
