package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.lang.System.Logger;
import java.util.Objects;
import java.util.concurrent.ForkJoinPool;

/**
 * The log lines of the library, which go into a {@link Logger} of the platform when they are wanted. Secrets are removed before. Lines
 * that come faster than they are taken are dropped and counted, for they are not worth holding up a call. Thread: any.
 */
public final class NetworkLog {
  private static final Serial LINES = new Serial(ForkJoinPool.commonPool());
  private static volatile Logger logger;

  private NetworkLog() {}

  /**
   * Sends lines into the logger "ai.pepperpy.network".
   *
   * @param level ERROR, WARNING, INFO or DEBUG and above; ALL and TRACE as DEBUG, OFF: none
   */
  public static void enable(Logger.Level level) {
    enable(level, System.getLogger("ai.pepperpy.network"));
  }

  /**
   * Sends lines into a logger, on the common pool, one after the other.
   *
   * @param level as above
   * @param to the logger
   */
  public static void enable(Logger.Level level, Logger to) {
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(to, "to");
    Library.load();
    logger = to;
    final long[] error = new long[1];
    Errors.check(Native.ppnb_log_open(nativeLevel(level), error), error);
  }

  /** Ends it. */
  public static void disable() {
    Library.load();
    final long[] error = new long[1];
    Errors.check(Native.ppnb_log_open(0, error), error);
  }

  /**
   * Lines that were dropped so far.
   *
   * @return the number
   */
  public static long dropped() {
    Library.load();
    return Native.ppnb_log_dropped();
  }

  private static int nativeLevel(Logger.Level level) {
    return switch (level) {
      case OFF -> 0;
      case ERROR -> NativeConstants.PPN_LOG_ERROR;
      case WARNING -> NativeConstants.PPN_LOG_WARNING;
      case INFO -> NativeConstants.PPN_LOG_INFO;
      default -> NativeConstants.PPN_LOG_DEBUG;
    };
  }

  private static Logger.Level level(int of) {
    return switch (of) {
      case NativeConstants.PPN_LOG_ERROR -> Logger.Level.ERROR;
      case NativeConstants.PPN_LOG_WARNING -> Logger.Level.WARNING;
      case NativeConstants.PPN_LOG_INFO -> Logger.Level.INFO;
      default -> Logger.Level.DEBUG;
    };
  }

  static void ready() {
    LINES.add(() -> RecordFeed.drain(Native::ppnb_log_take, Native::ppnb_log_needed, record -> {
      final Logger.Level level = level(record.int32());
      final String line = Thrown.withoutMarks(record.text());
      final Logger to = logger;
      if (to != null) to.log(level, line);
    }));
  }
}
