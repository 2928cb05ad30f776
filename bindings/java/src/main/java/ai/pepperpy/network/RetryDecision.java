package ai.pepperpy.network;

import java.time.Duration;

/**
 * What a {@link RetryHandler} does after a failure, and why.
 *
 * @param retry whether there is another attempt
 * @param delay the wait before it; zero without one
 * @param outcome what became of the attempt
 * @param reason why there is no further one; NONE when there is
 */
public record RetryDecision(boolean retry, Duration delay, Outcome outcome, StopReason reason) {}
