// Header fields of a response.
using System;
using System.Collections;
using System.Collections.Generic;

namespace PepperPy.Network;

/// <summary>Header fields in the order in which they came, with their spelling; names are compared without regard to case
/// (RFC 9110 5.1). It never changes.</summary>
public sealed class HeaderCollection : IReadOnlyList<KeyValuePair<string, string>>
{
    internal static readonly HeaderCollection Empty = new([]);

    private readonly KeyValuePair<string, string>[] _fields;

    internal HeaderCollection(KeyValuePair<string, string>[] fields) => _fields = fields;

    /// <summary>Number of fields; fields that occur twice count twice.</summary>
    public int Count => _fields.Length;

    /// <summary>The field at a place.</summary>
    public KeyValuePair<string, string> this[int index] => _fields[index];

    /// <summary>The value of the first field of a name; null when there is none.</summary>
    public string? this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            foreach (KeyValuePair<string, string> field in _fields)
            {
                if (string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)) return field.Value;
            }
            return null;
        }
    }

    /// <summary>The values of all fields of a name.</summary>
    public IEnumerable<string> GetValues(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (KeyValuePair<string, string> field in _fields)
        {
            if (string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)) yield return field.Value;
        }
    }

    /// <summary>Whether there is a field of a name.</summary>
    public bool Contains(string name) => this[name] is not null;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, string>>)_fields).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _fields.GetEnumerator();
}
