// The native library as the classes of this package use it: loaded, checked, and told where to call.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeLibrary;

final class Library {
  private Library() {}

  /** The handlers live as long as the process: C++ holds them weakly. */
  private static final class Handlers {
    static final Handlers ONLY = new Handlers();
    private final CallNotes calls = new CallNotes();
    private final StreamNotes streams = new StreamNotes();
    private final WebSocketNotes webSockets = new WebSocketNotes();
    private final MiddlewareNotes middleware = new MiddlewareNotes();
    private final LogNotes logs = new LogNotes();
    private final EventNotes events = new EventNotes();

    private Handlers() {
      Native.ppn_java_attach_threads();
      Native.ppnb_set_call_handler(calls);
      Native.ppnb_set_stream_handler(streams);
      Native.ppnb_set_websocket_handler(webSockets);
      Native.ppnb_set_middleware_handler(middleware);
      Native.ppnb_set_log_handler(logs);
      Native.ppnb_set_event_handler(events);
    }
  }

  /** Makes sure that the library is there. Throws UsageException (ABI_MISMATCH) with all that was tried. */
  static void load() {
    if (NativeLibrary.failure() != null) {
      throw new UsageException(Details.of(ErrorCode.ABI_MISMATCH, "ABI_MISMATCH", NativeLibrary.failure()),
          NativeLibrary.cause());
    }
    if (Handlers.ONLY == null) throw new AssertionError();
  }
}
