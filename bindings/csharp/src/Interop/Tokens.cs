// From the numbers by which the library names calls, streams and WebSockets to the objects that are meant. A number is
// used once: a late call for an object that has gone finds nothing. Looking up takes no lock and nothing is allocated.
using System;
using System.Threading;

namespace PepperPy.Network.Interop;

internal static class Tokens
{
    private const int PageBits = 8;
    private const int PageSize = 1 << PageBits;
    private const int MaxPages = 1 << 14;

    private struct Slot
    {
        public long Token;
        public object? Target;
        public int NextFree;
    }

    private static readonly Slot[]?[] s_pages = new Slot[]?[MaxPages];
    private static readonly object s_gate = new();
    private static int s_used;
    private static int s_free = -1;
    private static long s_generation;

    /// <summary>Tokens that are in use, for tests.</summary>
    public static int Count
    {
        get
        {
            lock (s_gate) return s_count;
        }
    }

    private static int s_count;

    public static long Add(object target)
    {
        lock (s_gate)
        {
            int index = s_free;
            if (index >= 0)
            {
                s_free = At(index).NextFree;
            }
            else
            {
                index = s_used;
                if (index >> PageBits >= MaxPages) throw new OutOfMemoryException("too many calls are under way");
                s_pages[index >> PageBits] ??= new Slot[PageSize];
                ++s_used;
            }
            long token = (++s_generation << 22) | (uint)index;
            ref Slot slot = ref At(index);
            slot.Target = target;
            Volatile.Write(ref slot.Token, token);
            ++s_count;
            return token;
        }
    }

    /// <summary>The object; null when it has gone.</summary>
    public static object? Find(long token)
    {
        int index = (int)(token & ((1 << 22) - 1));
        Slot[]? page = Volatile.Read(ref s_pages[index >> PageBits]);
        if (page is null) return null;
        ref Slot slot = ref page[index & (PageSize - 1)];
        if (Volatile.Read(ref slot.Token) != token) return null;
        object? target = Volatile.Read(ref slot.Target);
        // The slot may have been given to another object in between.
        return Volatile.Read(ref slot.Token) == token ? target : null;
    }

    /// <summary>Forget a token, and return what it stood for; null when it was forgotten before.</summary>
    public static object? Remove(long token)
    {
        int index = (int)(token & ((1 << 22) - 1));
        lock (s_gate)
        {
            if (index >= s_used) return null;
            ref Slot slot = ref At(index);
            if (slot.Token != token) return null;
            object? target = slot.Target;
            Volatile.Write(ref slot.Token, 0);
            slot.Target = null;
            slot.NextFree = s_free;
            s_free = index;
            --s_count;
            return target;
        }
    }

    private static ref Slot At(int index) => ref s_pages[index >> PageBits]![index & (PageSize - 1)];
}
