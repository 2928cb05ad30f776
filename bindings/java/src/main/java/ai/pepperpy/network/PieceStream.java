package ai.pepperpy.network;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Pieces that are read while they arrive, once: by a for-each loop, by {@link #next()}, as a {@link Stream}, as a
 * {@link Flow.Publisher}, or by a handler. When nobody reads, the library stops reading the socket.
 *
 * <pre>{@code
 * try (EventStream events = client.events("/v1/stream")) {
 *   for (Event event : events) System.out.println(event.data());
 * }
 * }</pre>
 *
 * <p>Closing ends what has not ended and closes its connection. What fails is thrown after the pieces that arrived before: a
 * {@link NetworkException} whose {@link NetworkException#response()} is what had arrived.
 *
 * <p>Reading waits. An interrupt of the waiting thread cancels the stream: it throws {@link CancelledException} whose cause is an
 * InterruptedException, and the thread stays interrupted. Thread: one at a time, except {@link #cancel()} and {@link #close()}.
 *
 * @param <T> what a piece is
 */
public abstract class PieceStream<T> implements Iterator<T>, Iterable<T>, AutoCloseable {
  private final PieceQueue queue;
  private T peeked;

  PieceStream(PieceQueue queue) {
    this.queue = queue;
    queue.handle().ownedBy(this);
  }

  /** The piece that begins there. */
  abstract T piece(byte[] batch, int at);

  abstract java.util.concurrent.Executor executor();

  /** The next piece without waiting; null: nothing yet, or the end. */
  final T poll() {
    if (peeked != null) {
      final T piece = peeked;
      peeked = null;
      return piece;
    }
    final int at = queue.poll();
    return at < 0 ? null : piece(queue.batch(), at);
  }

  final PieceQueue queue() {
    return queue;
  }

  private T take(long timeoutNs) {
    final long deadline = timeoutNs == Long.MAX_VALUE ? timeoutNs : System.nanoTime() + timeoutNs;
    for (;;) {
      if (queue.isClaimed()) throw Errors.of(ErrorCode.STREAM_CONSUMED, "the pieces go to a subscriber or listener");
      final T piece = poll();
      if (piece != null || queue.ended()) return piece;
      final long left = deadline == Long.MAX_VALUE ? deadline : deadline - System.nanoTime();
      if (left <= 0 || !queue.await(left)) return null;
    }
  }

  /**
   * Whether there is another piece. Blocks: until there is, or the end.
   *
   * @return whether there is; false at the end, when it came as it should
   * @throws NetworkException what the stream failed with
   * @throws StreamException STREAM_CONSUMED: a subscriber, handler or listener gets the pieces
   * @throws UsageException INVALID_STATE: it is closed; WOULD_DEADLOCK: on a thread of the library
   */
  @Override
  public final boolean hasNext() {
    if (peeked == null) peeked = take(Long.MAX_VALUE);
    return peeked != null;
  }

  /**
   * The next piece. Blocks: for the piece.
   *
   * @return the piece
   * @throws NoSuchElementException at the end
   * @throws NetworkException as {@link #hasNext()}
   */
  @Override
  public final T next() {
    if (!hasNext()) throw new NoSuchElementException("the stream has ended");
    return take(0);
  }

  /**
   * The next piece, for a limited time; {@link #ended()} tells the end from a piece that did not come. Blocks: up to that time.
   *
   * @param limit the time; zero looks without waiting
   * @return the piece; empty when none came in time, and at the end
   * @throws NetworkException as {@link #hasNext()}
   */
  public final Optional<T> next(Duration limit) {
    final long ms = Errors.milliseconds(limit, "limit");
    return Optional.ofNullable(take(ms > Long.MAX_VALUE / 1_000_001 ? Long.MAX_VALUE : limit.toNanos()));
  }

  /**
   * Whether the end was read.
   *
   * @return whether it was
   */
  public final boolean ended() {
    return peeked == null && queue.ended();
  }

  /** Returns this. */
  @Override
  public final Iterator<T> iterator() {
    return this;
  }

  /**
   * The pieces as a stream of Java, which closes this when it is closed.
   *
   * @return the stream, to be read by one thread
   */
  public final Stream<T> stream() {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL), false).onClose(this::close);
  }

  /**
   * The pieces for one subscriber. What it asks for is taken, and not more than a batch beyond: the library stops reading the socket
   * of one that asks for nothing. The subscriber runs on the executor of the client; the stream is closed at the end, by cancelling,
   * and when the subscriber throws, which it is told of by {@link CancelledException} with that cause.
   *
   * @return a publisher; a second subscriber gets STREAM_CONSUMED
   */
  public final Flow.Publisher<T> publisher() {
    return subscriber -> PieceSubscription.begin(this, Objects.requireNonNull(subscriber, "subscriber"));
  }

  /**
   * Hands each piece to a handler, one after the other, on the executor of the client. The socket is not read while the handler is
   * behind.
   *
   * @param handler one that throws ends the stream
   * @return completes at the end, with what the stream failed with, or with {@link CancelledException} whose cause is what the handler
   *     threw; cancelling it, or a limit such as orTimeout, closes the stream
   */
  public final CompletableFuture<Void> forEachAsync(Consumer<? super T> handler) {
    Objects.requireNonNull(handler, "handler");
    final CallFuture<Void> future = new CallFuture<>(executor(), this::close);
    publisher().subscribe(new Flow.Subscriber<>() {
      @Override
      public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
      }

      @Override
      public void onNext(T piece) {
        if (!future.isDone()) handler.accept(piece);
      }

      @Override
      public void onError(Throwable failure) {
        future.fail(failure);
      }

      @Override
      public void onComplete() {
        future.done(null);
      }
    });
    return future;
  }

  /** Ends it: a reader that waits, and each later one, gets {@link CancelledException}. Thread: any. Blocks: never. */
  public final void cancel() {
    queue.cancel();
  }

  /** Ends what has not ended, and releases it. A second call has no effect. Thread: any. Blocks: never. */
  @Override
  public void close() {
    queue.close();
  }
}
