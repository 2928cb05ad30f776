package ai.pepperpy.network;

import java.util.Locale;

/** What became of an attempt. */
public enum Outcome {
  /** A response that ends the call. */
  SUCCESS,
  /** It failed before a byte of the request was sent. */
  NOT_SENT,
  /** It failed after that, and no response began. */
  SENT_NO_RESPONSE,
  /** A status that asks for another attempt. */
  STATUS_RETRYABLE,
  /** It failed inside a response that nobody had seen. */
  BODY_FAILED,
  /** It failed after a part of the response was handed out. */
  COMMITTED,
  /** It would fail the same way again, or was ended by the user; also what only a newer library knows. */
  FATAL;

  private static final Outcome[] ALL = values();

  static Outcome of(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : FATAL;
  }

  /** Returns the name as in every language: "status_retryable". */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
