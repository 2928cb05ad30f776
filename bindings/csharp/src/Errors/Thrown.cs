// What callbacks of the program threw. It can not travel through C, so the message that does ends with a number, by which the
// exception is found again when the error of the call comes back; the number is taken out of all texts that come up. It has a part
// that is chosen by chance, so that no text of a server can look like one.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

internal static class Thrown
{
    private static readonly string s_before = $" [exception {RandomNumberGenerator.GetHexString(8)}-";

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
        return string.Create(CultureInfo.InvariantCulture, $"{shown}{s_before}{number}]");
    }

    /// <summary>The details without the number, and what was thrown, if there is one.</summary>
    public static ErrorDetails Extract(ErrorDetails details, out Exception? exception)
    {
        exception = null;
        int at = Find(details.Message, out int end);
        if (at < 0) return details;
        ReadOnlySpan<char> digits = details.Message.AsSpan(at + s_before.Length, end - at - s_before.Length);
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            // It stays: the steps of other middleware may see the same error.
            lock (s_gate) s_exceptions.TryGetValue(number, out exception);
        }
        return details with { Message = Without(details.Message) };
    }

    /// <summary>A text as people see it.</summary>
    public static string Without(string text)
    {
        while (Find(text, out int end) is var at && at >= 0) text = string.Concat(text.AsSpan(0, at), text.AsSpan(end + 1));
        return text;
    }

    private static int Find(string text, out int end)
    {
        int at = text.LastIndexOf(s_before, StringComparison.Ordinal);
        end = at < 0 ? -1 : text.IndexOf(']', at);
        return end < 0 ? -1 : at;
    }
}
