package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;

/** The native library and the threads that all clients of the process share. Thread: any. */
public final class NetworkRuntime {
  private NetworkRuntime() {}

  /**
   * The version of the native library.
   *
   * @return such as "0.1.0"
   * @throws UsageException ABI_MISMATCH: it was not found or does not fit
   */
  public static String version() {
    Library.load();
    return Native.ppn_version_string();
  }

  /**
   * The version that these classes were made for.
   *
   * @return such as "0.1.0"
   */
  public static String bindingVersion() {
    return NativeConstants.PPN_VERSION_STRING;
  }

  /**
   * Sets the number of I/O threads, before the first request.
   *
   * @param count 1 (unless it is set) to 64
   * @throws ConfigException out of range
   * @throws UsageException INVALID_STATE: a request was made before
   */
  public static void setIoThreads(int count) {
    Library.load();
    final long[] error = new long[1];
    Errors.check(Native.ppn_runtime_set_io_threads(count, error), error);
  }

  /**
   * Ends the runtime: cancels all requests, closes all connections, joins the threads. The next request starts another. Blocks: until
   * callbacks that are running have returned.
   *
   * @throws UsageException WOULD_DEADLOCK: on a thread of the library
   */
  public static void shutdown() {
    Library.load();
    Upcalls.mustNotWait();
    final long[] error = new long[1];
    Errors.check(Native.ppn_runtime_shutdown(error), error);
  }

  /**
   * How many objects of the library are alive, connections included, for tests of leaks.
   *
   * @return 0 after everything was closed and {@link #shutdown()}
   */
  public static long liveObjects() {
    Library.load();
    return Native.ppn_debug_live_objects();
  }

  /**
   * A text as it may be shown: secrets that the library knows, and what looks like one, are replaced.
   *
   * @param text any text
   * @return the text without secrets
   */
  public static String redact(String text) {
    Library.load();
    final byte[][] out = new byte[1][];
    final long[] error = new long[1];
    Errors.check(Native.ppn_redact_text(Texts.utf8(text, "text"), out, error), error);
    return Texts.of(out[0]);
  }

  /**
   * A URL as it may be shown.
   *
   * @param url any text
   * @return the URL without its secrets
   */
  public static String redactUrl(String url) {
    Library.load();
    final byte[][] out = new byte[1][];
    final long[] error = new long[1];
    Errors.check(Native.ppn_redact_url(Texts.utf8(url, "url"), out, error), error);
    return Texts.of(out[0]);
  }
}
