package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;

/** A place in a {@link RateLimiter}. Its end frees the slot for another: close it when the work has ended. */
public final class RatePermit implements AutoCloseable {
  private final Handle handle;

  RatePermit(long ticket) {
    handle = new Handle(ticket, "the permit", Native::ppn_rate_ticket_release).ownedBy(this);
  }

  /**
   * Says what the tokens really were: what was reserved too much is given back, what was too little is charged. A second time
   * corrects the first.
   *
   * @param actualTokens 0 and more
   * @throws UsageException less than 0; INVALID_STATE: closed
   */
  public void settle(long actualTokens) {
    final long ticket = handle.enter();
    try {
      Errors.check(Native.ppn_rate_ticket_settle(ticket, actualTokens), new long[1]);
    } finally {
      handle.exit();
    }
  }

  /** Ends it. A second call has no effect. */
  @Override
  public void close() {
    handle.close();
  }
}
