// What is told about steps of calls: who listens to which client, and the handler that wakes it.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.EventHandler;
import ai.pepperpy.network.internal.Native;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

final class EventNotes extends EventHandler {
  private static final ConcurrentHashMap<Long, Listening> LISTENING = new ConcurrentHashMap<>();

  static void listen(Handle client, Executor executor, Consumer<? super CallEvent> listener) {
    final long token = CallNotes.newToken();
    final Listening listening = new Listening(new Serial(executor), listener);
    final long[] out = new long[1];
    final long[] error = new long[1];
    final long address = client.enter();
    try {
      LISTENING.put(token, listening);
      Errors.check(Native.ppnb_events_open(address, token, out, error), error);
    } catch (Throwable wrong) {
      LISTENING.remove(token);
      throw wrong;
    } finally {
      client.exit();
    }
    listening.opened(out[0]);
  }

  @Override
  public void on_ready(long token) {
    final Listening listening = LISTENING.get(token);
    if (listening != null) listening.drain();
  }

  @Override
  public void on_released(long token) {
    final Listening listening = LISTENING.remove(token);
    if (listening != null) listening.end();
  }

  private static final class Listening {
    private final Serial serial;
    private final Consumer<? super CallEvent> listener;
    private long queue;
    /** The end may be told before the queue is known. */
    private boolean ended;

    private Listening(Serial serial, Consumer<? super CallEvent> listener) {
      this.serial = serial;
      this.listener = listener;
    }

    private void opened(long address) {
      serial.add(() -> {
        queue = address;
        take();
        if (ended) release();
      });
    }

    private void drain() {
      guarded(() -> serial.add(this::take));
    }

    private void end() {
      guarded(() -> serial.add(() -> {
        take();
        ended = true;
        release();
      }));
    }

    private void release() {
      Native.ppnb_events_release(queue);
      queue = 0;
    }

    private static void guarded(Runnable note) {
      final int[] depth = Upcalls.enter();
      try {
        note.run();
      } catch (Throwable thrown) {
        Upcalls.unexpected(thrown);
      } finally {
        Upcalls.exit(depth);
      }
    }

    private void take() {
      if (queue == 0) return;
      RecordFeed.drain(buffer -> Native.ppnb_events_take(queue, buffer), () -> Native.ppnb_events_needed(queue),
          record -> listener.accept(CallEvent.read(record)));
    }
  }
}
