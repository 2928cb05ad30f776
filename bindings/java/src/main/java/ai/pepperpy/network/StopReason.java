package ai.pepperpy.network;

import java.util.Locale;

/** Why there is no further attempt. */
public enum StopReason {
  /** It succeeded, or is to be repeated; also a reason that only a newer library knows. */
  NONE,
  /** Another attempt would fail in the same way. */
  NOT_RETRYABLE,
  /** The work may have been done: a POST without an idempotency key. */
  UNSAFE_METHOD,
  /** All retries were used. */
  MAX_RETRIES,
  /** Too many calls to this origin fail at the moment. */
  BUDGET,
  /** The delay would outlast the time that is left. */
  DEADLINE,
  /** The server asked for a longer delay than is allowed or left. */
  RETRY_AFTER_TOO_LONG,
  /** The server said not to. */
  SERVER,
  /** The error body names a final reason. */
  PROVIDER_CODE,
  /** The request body can not be sent a second time. */
  BODY_NOT_REPLAYABLE,
  /** A part of the response was handed out. */
  COMMITTED,
  /** A hook of the user. */
  DECIDER,
  /** The call was cancelled, or its client closed. */
  CANCELLED;

  private static final StopReason[] ALL = values();

  static StopReason of(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : NONE;
  }

  /** Returns the name as in every language: "unsafe_method". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
