// The library's log lines, for whatever facade the program has.
using System;
using System.Buffers;
using System.Threading;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>Levels of a log line. The numbers are not those of ILogger; <see cref="NetworkLogLevel"/> maps one to one by name.</summary>
public enum NetworkLogLevel
{
    /// <summary>Something failed.</summary>
    Error = 1,

    /// <summary>Something is wrong, and it went on.</summary>
    Warning = 2,

    /// <summary>What is of interest in normal times.</summary>
    Information = 3,

    /// <summary>What is of interest when something is sought.</summary>
    Debug = 4,
}

/// <summary>Where the log lines of the library go; without a listener there are none. Secrets are removed before.</summary>
/// <example><code>
/// // ILogger logger
/// NetworkLog.Listen(NetworkLogLevel.Warning, (level, line) => logger.Log(Enum.Parse&lt;LogLevel&gt;(level.ToString()), "{Line}", line));
/// </code></example>
public static class NetworkLog
{
    private static readonly object s_gate = new();
    private static Action<NetworkLogLevel, string>? s_listener;
    private static int s_queued;

    /// <summary>Lines that were dropped so far, because too many were waiting for the listener.</summary>
    public static long Dropped
    {
        get
        {
            Library.Ensure();
            return Native.ppnb_log_dropped();
        }
    }

    /// <summary>Set who gets the lines of this level and more urgent ones, instead of who did before. It is called one line at a time, on
    /// the thread pool, never inside a function of the library. What it throws is dropped.</summary>
    /// <param name="level">The least urgent level.</param>
    /// <param name="listener">Null ends the listening.</param>
    /// <exception cref="UsageException">INVALID_ARGUMENT: no such level.</exception>
    public static unsafe void Listen(NetworkLogLevel level, Action<NetworkLogLevel, string>? listener)
    {
        Library.Ensure();
        if (listener is not null && !Enum.IsDefined(level)) throw Failures.Usage(ErrorCode.InvalidArgument, "there is no such log level");
        lock (s_gate) s_listener = listener;
        nint error = 0;
        Failures.Check(Native.ppnb_log_open(listener is null ? 0 : (int)level, &error), error);
    }

    internal static void OnReady()
    {
        if (Interlocked.Exchange(ref s_queued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Drain(), null);
        }
    }

    private static void Drain()
    {
        // From here on a hint queues another round, which waits for this one.
        Volatile.Write(ref s_queued, 0);
        lock (s_drain)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
            try
            {
                while (Take(ref buffer) is var taken && taken > 0) Tell(buffer.AsSpan(0, (int)taken));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static readonly object s_drain = new();

    private static unsafe long Take(ref byte[] buffer)
    {
        while (true)
        {
            long taken;
            fixed (byte* to = buffer) taken = Native.ppnb_log_take(to, (nuint)buffer.Length);
            if (taken != Native.PPNB_TOO_SMALL) return taken;
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent((int)Native.ppnb_log_needed());
        }
    }

    private static void Tell(ReadOnlySpan<byte> records)
    {
        Action<NetworkLogLevel, string>? listener;
        lock (s_gate) listener = s_listener;
        var reader = new RecordReader(records);
        while (!reader.IsEmpty)
        {
            RecordReader record = reader.Record();
            var level = (NetworkLogLevel)record.Int32();
            string line = Thrown.Without(record.Text());
            try
            {
                listener?.Invoke(level, line);
            }
            catch (Exception)
            {
                // A log that fails must not end what it tells of.
            }
        }
    }
}
