package ai.pepperpy.network;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The verbs of every client.
 *
 * <p>The short ones send and wait; those whose names end with Async return at once. All throw, or complete with, what
 * {@link #send} and {@link #sendAsync} do.
 */
public abstract class Verbs {
  Verbs() {}

  /**
   * Sends a request and waits for the whole response. Blocks: until then. An interrupt of the waiting thread cancels the call: it
   * throws {@link CancelledException} whose cause is an InterruptedException, and the thread stays interrupted.
   *
   * @param request the request
   * @return the response, of any status
   * @throws NetworkException every error of a call; its {@link NetworkException#response()} is what had arrived
   * @throws UsageException what is wrong with the request; CLIENT_CLOSED; WOULD_DEADLOCK: on a thread of the library
   */
  public abstract Response send(Request request);

  /**
   * Sends a request. Blocks: never. Cancelling the future, or one that was made from it, cancels the call, and so does whatever
   * else completes one of them, such as orTimeout.
   *
   * @param request the request
   * @return the response, of any status, or a {@link NetworkException}; what depends on it runs on the executor of the client
   */
  public abstract CompletableFuture<Response> sendAsync(Request request);

  /**
   * Sends a request and reads its response as events of a text/event-stream. Blocks: never.
   *
   * @param request the request
   * @return the events, to be closed
   * @throws UsageException what is wrong with the request; CLIENT_CLOSED
   */
  public abstract EventStream events(Request request);

  /**
   * Sends a request and reads its response line by line (NDJSON). Blocks: never.
   *
   * @param request the request
   * @return the lines, to be closed
   * @throws UsageException what is wrong with the request; CLIENT_CLOSED
   */
  public abstract LineStream lines(Request request);

  /**
   * Sends a request and reads its body as it arrives. Blocks: never.
   *
   * @param request the request; its option chunk_bytes says how large a piece may be
   * @return the pieces, to be closed
   * @throws UsageException what is wrong with the request; CLIENT_CLOSED
   */
  public abstract ChunkStream stream(Request request);

  /**
   * Reads the events of an address.
   *
   * @param address the address
   * @return the events, to be closed
   */
  public final EventStream events(String address) {
    return events(Request.get(address).build());
  }

  /**
   * Reads the lines of an address.
   *
   * @param address the address
   * @return the lines, to be closed
   */
  public final LineStream lines(String address) {
    return lines(Request.get(address).build());
  }

  /**
   * Reads the body of an address as it arrives.
   *
   * @param address the address
   * @return the pieces, to be closed
   */
  public final ChunkStream stream(String address) {
    return stream(Request.get(address).build());
  }

  /**
   * Reads the body of an address as it arrives.
   *
   * @param address the address
   * @param chunkSize how many bytes a piece has at most
   * @return the pieces, to be closed
   * @throws ConfigException the size is out of range
   */
  public final ChunkStream stream(String address, int chunkSize) {
    return stream(Request.get(address).option("chunk_bytes", Integer.toString(chunkSize)).build());
  }

  /**
   * Sends a GET and waits.
   *
   * @param address the address
   * @return the response
   */
  public final Response get(String address) {
    return send(Request.get(address).build());
  }

  /**
   * Sends a GET and waits.
   *
   * @param address the address
   * @param headers headers of the request
   * @return the response
   */
  public final Response get(String address, Headers headers) {
    return send(Request.get(address).headers(headers).build());
  }

  /**
   * Sends a GET.
   *
   * @param address the address
   * @return the response
   */
  public final CompletableFuture<Response> getAsync(String address) {
    return sendAsync(Request.get(address).build());
  }

  /**
   * Sends a GET.
   *
   * @param address the address
   * @param headers headers of the request
   * @return the response
   */
  public final CompletableFuture<Response> getAsync(String address, Headers headers) {
    return sendAsync(Request.get(address).headers(headers).build());
  }

  /**
   * Sends a HEAD and waits.
   *
   * @param address the address
   * @return the response
   */
  public final Response head(String address) {
    return send(Request.head(address).build());
  }

  /**
   * Sends a HEAD.
   *
   * @param address the address
   * @return the response
   */
  public final CompletableFuture<Response> headAsync(String address) {
    return sendAsync(Request.head(address).build());
  }

  /**
   * Sends a DELETE and waits.
   *
   * @param address the address
   * @return the response
   */
  public final Response delete(String address) {
    return send(Request.delete(address).build());
  }

  /**
   * Sends a DELETE.
   *
   * @param address the address
   * @return the response
   */
  public final CompletableFuture<Response> deleteAsync(String address) {
    return sendAsync(Request.delete(address).build());
  }

  /**
   * Sends a POST and waits.
   *
   * @param address the address
   * @param body the body; give its Content-Type by a {@link Request} when the server needs one
   * @return the response
   */
  public final Response post(String address, byte[] body) {
    return send(Request.post(address).body(body).build());
  }

  /**
   * Sends a POST and waits.
   *
   * @param address the address
   * @param json JSON text
   * @return the response
   */
  public final Response postJson(String address, String json) {
    return send(Request.post(address).json(json).build());
  }

  /**
   * Sends a POST and waits.
   *
   * @param address the address
   * @param json members of a JSON object, as {@link Json#of} takes them
   * @return the response
   */
  public final Response postJson(String address, Map<String, ?> json) {
    return send(Request.post(address).json(json).build());
  }

  /**
   * Sends a POST.
   *
   * @param address the address
   * @param body the body; give its Content-Type by a {@link Request} when the server needs one
   * @return the response
   */
  public final CompletableFuture<Response> postAsync(String address, byte[] body) {
    return sendAsync(Request.post(address).body(body).build());
  }

  /**
   * Sends a POST.
   *
   * @param address the address
   * @param json JSON text
   * @return the response
   */
  public final CompletableFuture<Response> postJsonAsync(String address, String json) {
    return sendAsync(Request.post(address).json(json).build());
  }

  /**
   * Sends a POST.
   *
   * @param address the address
   * @param json members of a JSON object, as {@link Json#of} takes them
   * @return the response
   */
  public final CompletableFuture<Response> postJsonAsync(String address, Map<String, ?> json) {
    return sendAsync(Request.post(address).json(json).build());
  }

  /**
   * Sends a PUT and waits.
   *
   * @param address the address
   * @param body the body; give its Content-Type by a {@link Request} when the server needs one
   * @return the response
   */
  public final Response put(String address, byte[] body) {
    return send(Request.put(address).body(body).build());
  }

  /**
   * Sends a PUT and waits.
   *
   * @param address the address
   * @param json JSON text
   * @return the response
   */
  public final Response putJson(String address, String json) {
    return send(Request.put(address).json(json).build());
  }

  /**
   * Sends a PUT and waits.
   *
   * @param address the address
   * @param json members of a JSON object, as {@link Json#of} takes them
   * @return the response
   */
  public final Response putJson(String address, Map<String, ?> json) {
    return send(Request.put(address).json(json).build());
  }

  /**
   * Sends a PUT.
   *
   * @param address the address
   * @param body the body; give its Content-Type by a {@link Request} when the server needs one
   * @return the response
   */
  public final CompletableFuture<Response> putAsync(String address, byte[] body) {
    return sendAsync(Request.put(address).body(body).build());
  }

  /**
   * Sends a PUT.
   *
   * @param address the address
   * @param json JSON text
   * @return the response
   */
  public final CompletableFuture<Response> putJsonAsync(String address, String json) {
    return sendAsync(Request.put(address).json(json).build());
  }

  /**
   * Sends a PUT.
   *
   * @param address the address
   * @param json members of a JSON object, as {@link Json#of} takes them
   * @return the response
   */
  public final CompletableFuture<Response> putJsonAsync(String address, Map<String, ?> json) {
    return sendAsync(Request.put(address).json(json).build());
  }

  /**
   * Sends a PATCH and waits.
   *
   * @param address the address
   * @param body the body; give its Content-Type by a {@link Request} when the server needs one
   * @return the response
   */
  public final Response patch(String address, byte[] body) {
    return send(Request.patch(address).body(body).build());
  }

  /**
   * Sends a PATCH and waits.
   *
   * @param address the address
   * @param json JSON text
   * @return the response
   */
  public final Response patchJson(String address, String json) {
    return send(Request.patch(address).json(json).build());
  }

  /**
   * Sends a PATCH and waits.
   *
   * @param address the address
   * @param json members of a JSON object, as {@link Json#of} takes them
   * @return the response
   */
  public final Response patchJson(String address, Map<String, ?> json) {
    return send(Request.patch(address).json(json).build());
  }

  /**
   * Sends a PATCH.
   *
   * @param address the address
   * @param body the body; give its Content-Type by a {@link Request} when the server needs one
   * @return the response
   */
  public final CompletableFuture<Response> patchAsync(String address, byte[] body) {
    return sendAsync(Request.patch(address).body(body).build());
  }

  /**
   * Sends a PATCH.
   *
   * @param address the address
   * @param json JSON text
   * @return the response
   */
  public final CompletableFuture<Response> patchJsonAsync(String address, String json) {
    return sendAsync(Request.patch(address).json(json).build());
  }

  /**
   * Sends a PATCH.
   *
   * @param address the address
   * @param json members of a JSON object, as {@link Json#of} takes them
   * @return the response
   */
  public final CompletableFuture<Response> patchJsonAsync(String address, Map<String, ?> json) {
    return sendAsync(Request.patch(address).json(json).build());
  }
}
