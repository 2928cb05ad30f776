package ai.pepperpy.network;

import java.util.Optional;

/**
 * How one request of a {@link Batch} has ended.
 *
 * @param index its place, from 0
 * @param response the response, or what had arrived of it; empty when no head had
 * @param error what it failed with; empty when it succeeded, whatever its status
 */
public record Completion(int index, Optional<Response> response, Optional<NetworkException> error) {
  /**
   * The response of a request that succeeded.
   *
   * @return the response, of any status
   * @throws NetworkException what it failed with
   */
  public Response get() {
    if (error.isPresent()) throw error.get();
    return response.orElseThrow();
  }
}
