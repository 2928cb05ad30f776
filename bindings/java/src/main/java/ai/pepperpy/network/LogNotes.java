// What is told about log lines.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.LogHandler;

final class LogNotes extends LogHandler {
  @Override
  public void on_ready() {
    final int[] depth = Upcalls.enter();
    try {
      NetworkLog.ready();
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }
}
