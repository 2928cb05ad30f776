// What callbacks of the program threw. It can not travel through C, so the message that does ends with a number, by which the
// exception is found again when the error of the call comes back; the number is taken out of the message then.
using System;
using System.Collections.Generic;
using System.Globalization;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

internal static class Thrown
{
    private const string Before = " [exception ";

    /// <summary>Errors that nobody looks at keep their exception until so many later ones came.</summary>
    private const int Kept = 1024;

    private static readonly Dictionary<long, Exception> s_exceptions = [];
    private static readonly object s_gate = new();
    private static long s_last;

    /// <summary>The text that stands for an exception on its way through the library.</summary>
    public static string Keep(Exception exception)
    {
        long number;
        lock (s_gate)
        {
            number = ++s_last;
            s_exceptions.Add(number, exception);
            s_exceptions.Remove(number - Kept);
        }
        string message = exception is NetworkException network ? network.Details.Message : exception.Message;
        string shown = exception is NetworkException ? message : $"{exception.GetType().Name}: {message}";
        // One line, as long as the library keeps messages: the number must not be cut off.
        shown = shown.ReplaceLineEndings(" ");
        if (shown.Length > 200) shown = shown[..(char.IsHighSurrogate(shown[199]) ? 199 : 200)];
        return string.Create(CultureInfo.InvariantCulture, $"{shown}{Before}{number}]");
    }

    /// <summary>The details without the number, and what was thrown, if there is one.</summary>
    public static ErrorDetails Extract(ErrorDetails details, out Exception? exception)
    {
        exception = null;
        string message = details.Message;
        int at = message.LastIndexOf(Before, StringComparison.Ordinal);
        if (at < 0) return details;
        int end = message.IndexOf(']', at);
        if (end < 0) return details;
        ReadOnlySpan<char> digits = message.AsSpan(at + Before.Length, end - at - Before.Length);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return details;
        lock (s_gate)
        {
            // It stays: the steps of other middleware may see the same error.
            if (!s_exceptions.TryGetValue(number, out exception)) return details;
        }
        return details with { Message = string.Concat(message.AsSpan(0, at), message.AsSpan(end + 1)) };
    }
}
