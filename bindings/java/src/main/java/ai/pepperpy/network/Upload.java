// A request body that is read from a stream of the user while it is sent, on the executor of the client.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.atomic.AtomicInteger;

final class Upload implements Runnable {
  private static final int PIECE = 16 * 1024;
  /** Answers of ppnb_upload_write that are no number of bytes. */
  private static final long NO_ROOM = 0;
  private static final long OF_NO_USE = -1;

  private final Callable<? extends InputStream> opener;
  private final Executor executor;
  private final Sending sending;
  private final Handle handle;
  private final long token;
  /** Reasons to look that were not worked off; whoever makes it 1 works. */
  private final AtomicInteger work = new AtomicInteger();
  private volatile long wanted;
  private volatile boolean over;
  private long generation = -1;
  private InputStream input;
  private byte[] rest = Texts.EMPTY;

  private Upload(Callable<? extends InputStream> opener, Executor executor, Sending sending, long token, long address) {
    this.opener = opener;
    this.executor = executor;
    this.sending = sending;
    this.token = token;
    this.handle = new Handle(address, "the upload", Native::ppnb_upload_release);
  }

  static Upload open(long request, Callable<? extends InputStream> opener, long length, boolean again,
                     Executor executor, Sending sending) {
    final long token = CallNotes.newToken();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(Native.ppnb_upload_open(request, length, again ? 1 : 0, token, out, error), error);
    final Upload upload = new Upload(opener, executor, sending, token, out[0]);
    StreamNotes.expect(token, upload::writable);
    return upload;
  }

  /** On a thread of the library. */
  private void writable(long ofGeneration) {
    wanted = Math.max(wanted, ofGeneration);
    look();
  }

  /** On any thread: the request has ended. */
  void end() {
    over = true;
    StreamNotes.forget(token);
    handle.close();
    look();
  }

  private void look() {
    if (work.getAndIncrement() == 0) Upcalls.dispatch(executor, this);
  }

  @Override
  public void run() {
    int done;
    do {
      done = work.get();
      try {
        pump();
      } catch (Throwable thrown) {
        sending.thrown = thrown;
        if (handle.tryEnter()) {
          Native.ppnb_upload_fail(handle.address());
          handle.exit();
        }
        over = true;
      }
      if (over) close();
    } while (work.addAndGet(-done) != 0);
  }

  private void pump() throws Exception {
    if (over) return;
    if (generation != wanted) {
      close();
      generation = wanted;
      rest = Texts.EMPTY;
      input = Objects.requireNonNull(opener.call(), "the stream of the body");
    }
    while (!over) {
      if (rest.length == 0 && !readMore()) {
        if (handle.tryEnter()) {
          Native.ppnb_upload_finish(handle.address(), generation);
          handle.exit();
        }
        close();
        return;  // it may begin anew
      }
      if (!handle.tryEnter()) return;
      final long taken = Native.ppnb_upload_write(handle.address(), generation, rest);
      handle.exit();
      if (taken == NO_ROOM || taken == OF_NO_USE) return;
      rest = taken == rest.length ? Texts.EMPTY : Arrays.copyOfRange(rest, (int) taken, rest.length);
    }
  }

  /** False at the end. */
  private boolean readMore() throws Exception {
    if (input == null) return false;
    final Reading reading = new Reading(input);
    if (Thread.currentThread() instanceof ForkJoinWorkerThread) {
      ForkJoinPool.managedBlock(reading);  // the pool runs others meanwhile
    } else {
      reading.block();
    }
    if (reading.failure != null) throw reading.failure;
    if (reading.count < 0) return false;
    rest = Arrays.copyOf(reading.piece, reading.count);
    return rest.length > 0 || readMore();
  }

  private void close() {
    final InputStream open = input;
    input = null;
    if (open == null) return;
    try {
      open.close();
    } catch (IOException lost) {
      // Nothing is read from it any more.
    }
  }

  private static final class Reading implements ForkJoinPool.ManagedBlocker {
    private final InputStream from;
    private final byte[] piece = new byte[PIECE];
    private int count;
    private boolean done;
    private IOException failure;

    private Reading(InputStream from) {
      this.from = from;
    }

    @Override
    public boolean block() {
      try {
        if (!done) count = from.read(piece);
      } catch (IOException thrown) {
        failure = thrown;
      }
      done = true;
      return true;
    }

    @Override
    public boolean isReleasable() {
      return done;
    }
  }
}
