// Hands pieces to a subscriber as far as it has asked for them. Signals come one after the other, on the executor.
package ai.pepperpy.network;

import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

final class PieceSubscription<T> implements Flow.Subscription, Runnable {
  /** Of a subscriber that is refused: the pieces belong to another. */
  private static final Flow.Subscription NOTHING = new Flow.Subscription() {
    @Override
    public void request(long count) {}

    @Override
    public void cancel() {}
  };

  private final PieceStream<T> stream;
  private final Flow.Subscriber<? super T> subscriber;
  private final AtomicLong demand = new AtomicLong();
  /** Reasons to look that were not worked off; whoever makes it 1 works. */
  private final AtomicInteger work = new AtomicInteger();
  private volatile boolean over;
  private volatile long refused;

  private PieceSubscription(PieceStream<T> stream, Flow.Subscriber<? super T> subscriber) {
    this.stream = stream;
    this.subscriber = subscriber;
  }

  static <T> void begin(PieceStream<T> stream, Flow.Subscriber<? super T> subscriber) {
    final PieceSubscription<T> made = new PieceSubscription<>(stream, subscriber);
    if (!stream.queue().claim(made::look)) {
      subscriber.onSubscribe(NOTHING);
      subscriber.onError(Errors.of(ErrorCode.STREAM_CONSUMED, "the stream has a subscriber already"));
      return;
    }
    made.work.incrementAndGet();  // no other signal before onSubscribe has returned
    try {
      subscriber.onSubscribe(made);
    } catch (Throwable thrown) {
      made.over = true;
      throw thrown;
    } finally {
      Upcalls.dispatch(stream.executor(), made);
    }
  }

  @Override
  public void request(long count) {
    if (count <= 0) {
      refused = Math.min(count, -1);
    } else {
      demand.accumulateAndGet(count, (before, more) -> before + more < 0 ? Long.MAX_VALUE : before + more);
    }
    look();
  }

  @Override
  public void cancel() {
    over = true;
    stream.close();
  }

  /** On any thread: there is something to do. */
  private void look() {
    if (work.getAndIncrement() == 0) Upcalls.dispatch(stream.executor(), this);
  }

  @Override
  public void run() {
    int done;
    do {
      done = work.get();
      try {
        deliver();
      } catch (Throwable thrown) {
        fail(thrown);
      }
      if (over) stream.close();
    } while (work.addAndGet(-done) != 0);
  }

  private void deliver() {
    if (!over && refused < 0) {
      fail(new IllegalArgumentException("a subscriber asks for more than 0 pieces"));
    }
    while (!over && demand.get() > 0) {
      final T piece = stream.poll();
      if (piece == null) {
        if (stream.queue().ended()) complete();
        return;
      }
      if (demand.get() != Long.MAX_VALUE) demand.decrementAndGet();
      try {
        subscriber.onNext(piece);
      } catch (Throwable thrown) {
        fail(Errors.of(ErrorCode.CANCELLED, "the subscriber threw " + thrown.getClass().getName(), thrown));
      }
    }
  }

  private void complete() {
    over = true;
    try {
      subscriber.onComplete();
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    }
  }

  private void fail(Throwable failure) {
    if (over) return;
    over = true;
    try {
      subscriber.onError(failure);
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    }
  }
}
