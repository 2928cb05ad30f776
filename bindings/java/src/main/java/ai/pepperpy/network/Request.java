package ai.pepperpy.network;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * The description of a request. It belongs to no client and may be sent any number of times.
 *
 * <pre>{@code
 * Request question = Request.post("/v1/chat/completions").json(Map.of("model", "demo")).timeout(Duration.ofSeconds(20)).build();
 * }</pre>
 *
 * <p>What is wrong with an address, a header or an option is said when it is sent, before a byte leaves. Immutable. Thread: any.
 */
public final class Request {
  final byte[] method;
  final byte[] address;
  /** Names and values in turn. */
  final byte[][] headers;
  final byte[][] options;
  final Body body;
  final RetryHandler retry;
  private final Builder description;

  private Request(Builder from) {
    method = Texts.utf8(from.method, "method");
    address = Texts.utf8(from.address, "address");
    headers = utf8(from.headers);
    options = utf8(from.options);
    body = from.body;
    retry = from.retry;
    description = from;
  }

  private static byte[][] utf8(List<String> texts) {
    final byte[][] bytes = new byte[texts.size()][];
    for (int i = 0; i < bytes.length; ++i) bytes[i] = Texts.utf8(texts.get(i), "text");
    return bytes;
  }

  /**
   * Begins a description.
   *
   * @param method such as "GET"; upper and lower case differ
   * @param address an absolute URL, or a path below the base URL of the client
   * @return the builder
   */
  public static Builder newBuilder(String method, String address) {
    return new Builder(method, address);
  }

  /**
   * Begins a GET.
   *
   * @param address as {@link #newBuilder}
   * @return the builder
   */
  public static Builder get(String address) {
    return new Builder("GET", address);
  }

  /**
   * Begins a HEAD.
   *
   * @param address as {@link #newBuilder}
   * @return the builder
   */
  public static Builder head(String address) {
    return new Builder("HEAD", address);
  }

  /**
   * Begins a POST.
   *
   * @param address as {@link #newBuilder}
   * @return the builder
   */
  public static Builder post(String address) {
    return new Builder("POST", address);
  }

  /**
   * Begins a PUT.
   *
   * @param address as {@link #newBuilder}
   * @return the builder
   */
  public static Builder put(String address) {
    return new Builder("PUT", address);
  }

  /**
   * Begins a PATCH.
   *
   * @param address as {@link #newBuilder}
   * @return the builder
   */
  public static Builder patch(String address) {
    return new Builder("PATCH", address);
  }

  /**
   * Begins a DELETE.
   *
   * @param address as {@link #newBuilder}
   * @return the builder
   */
  public static Builder delete(String address) {
    return new Builder("DELETE", address);
  }

  /**
   * Begins another description with all of this one.
   *
   * @return the builder
   */
  public Builder toBuilder() {
    return new Builder(description);
  }

  /** Returns the method alone: addresses and headers may hold secrets. */
  @Override
  public String toString() {
    return "Request(" + description.method + ")";
  }

  /** Describes a {@link Request}. Thread: one at a time. Blocks: never. */
  public static final class Builder {
    private final String method;
    private final String address;
    private final List<String> headers = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private Body body = Body.NONE;
    private RetryHandler retry;

    private Builder(String method, String address) {
      this.method = Objects.requireNonNull(method, "method");
      this.address = Objects.requireNonNull(address, "address");
    }

    private Builder(Builder from) {
      this(from.method, from.address);
      headers.addAll(from.headers);
      options.addAll(from.options);
      body = from.body;
      retry = from.retry;
    }

    /**
     * Sets a header; fields of the same name are replaced.
     *
     * @param name a token; headers of the message framing belong to the library and are refused
     * @param value the value; never part of an error or a log line
     * @return this builder
     */
    public Builder header(String name, String value) {
      Objects.requireNonNull(name, "name");
      for (int i = headers.size() - 2; i >= 0; i -= 2) {
        if (headers.get(i).equalsIgnoreCase(name)) headers.subList(i, i + 2).clear();
      }
      return addHeader(name, value);
    }

    /**
     * Adds a header beside those of the same name.
     *
     * @param name as {@link #header}
     * @param value as {@link #header}
     * @return this builder
     */
    public Builder addHeader(String name, String value) {
      headers.add(Objects.requireNonNull(name, "name"));
      headers.add(Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * Sets all headers of a list, as {@link #header} does; a name that is twice in the list is sent twice.
     *
     * @param fields the headers
     * @return this builder
     */
    public Builder headers(Headers fields) {
      Objects.requireNonNull(fields, "fields");
      for (int i = headers.size() - 2; i >= 0; i -= 2) {
        if (fields.first(headers.get(i)).isPresent()) headers.subList(i, i + 2).clear();
      }
      for (Map.Entry<String, String> field : fields) addHeader(field.getKey(), field.getValue());
      return this;
    }

    /**
     * Sets the body. No Content-Type is invented.
     *
     * @param bytes the body; it is copied
     * @return this builder
     */
    public Builder body(byte[] bytes) {
      body = Body.bytes(Objects.requireNonNull(bytes, "bytes").clone());
      return this;
    }

    /**
     * Sets the body to a text in UTF-8. No Content-Type is invented.
     *
     * @param text the body
     * @return this builder
     */
    public Builder body(String text) {
      body = Body.bytes(Texts.utf8(text, "text"));
      return this;
    }

    /**
     * Sets the body to a JSON text, and Content-Type: application/json unless that header is set.
     *
     * @param text JSON, checked when it is sent
     * @return this builder
     */
    public Builder json(String text) {
      body = Body.json(Texts.utf8(text, "text"));
      return this;
    }

    /**
     * Sets the body to a value as JSON, as {@link #json(String)}.
     *
     * @param value the value
     * @return this builder
     */
    public Builder json(Json value) {
      return json(Objects.requireNonNull(value, "value").toString());
    }

    /**
     * Sets the body to a JSON object, as {@link #json(String)}.
     *
     * @param members what {@link Json#of} takes
     * @return this builder
     * @throws UsageException INVALID_ARGUMENT: something in it has no form in JSON
     */
    public Builder json(Map<String, ?> members) {
      return json(Json.of(Objects.requireNonNull(members, "members")));
    }

    /**
     * Sets the body to a JSON array, as {@link #json(String)}.
     *
     * @param elements what {@link Json#of} takes
     * @return this builder
     * @throws UsageException INVALID_ARGUMENT: something in it has no form in JSON
     */
    public Builder json(List<?> elements) {
      return json(Json.of(Objects.requireNonNull(elements, "elements")));
    }

    /**
     * Sets the body to the content of a file, which is opened and measured when the request is sent, and read while it is sent. No
     * Content-Type is invented.
     *
     * @param path of a regular file
     * @return this builder
     */
    public Builder bodyFile(Path path) {
      body = Body.file(Objects.requireNonNull(path, "path").toString().getBytes(StandardCharsets.UTF_8));
      return this;
    }

    /**
     * Lets a stream give the body while it is sent, on the executor of the client. Memory stays at a few pieces. The request can be
     * sent once.
     *
     * @param input the body; it is closed at the end, and when the request has ended
     * @param length bytes, sent as Content-Length; -1: not known, sent as chunks
     * @return this builder
     */
    public Builder body(InputStream input, long length) {
      Objects.requireNonNull(input, "input");
      final boolean[] given = new boolean[1];
      body = Body.stream(() -> {
        synchronized (given) {
          if (given[0]) throw Errors.of(ErrorCode.BODY_NOT_REPLAYABLE, "the stream of the body was read before");
          given[0] = true;
          return input;
        }
      }, length, false);
      return this;
    }

    /**
     * Lets streams give the body, one for each time that it has to be sent. Otherwise as {@link #body(InputStream, long)}.
     *
     * @param opener opens the body at its beginning; may throw, which ends the request with it as the cause
     * @param length bytes, sent as Content-Length; -1: not known, sent as chunks
     * @return this builder
     */
    public Builder body(Callable<? extends InputStream> opener, long length) {
      body = Body.stream(Objects.requireNonNull(opener, "opener"), length, true);
      return this;
    }

    /**
     * Sets an option for this request alone; not for those of connections and TLS, which belong to the client.
     *
     * @param name of the option table
     * @param value as text
     * @return this builder
     */
    public Builder option(String name, String value) {
      options.add(Objects.requireNonNull(name, "name"));
      options.add(Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * Sets the time for the whole of the call, waits and retries included; of a stream, too.
     *
     * @param limit the time; zero: no limit
     * @return this builder
     * @throws UsageException INVALID_ARGUMENT: negative
     */
    public Builder timeout(Duration limit) {
      final String ms = Long.toString(Errors.milliseconds(limit, "limit"));
      return option("timeout_ms", ms).option("stream_timeout_ms", ms);
    }

    /**
     * Sets how often a failed attempt is repeated.
     *
     * @param count 0 to 10
     * @return this builder
     */
    public Builder maxRetries(int count) {
      return option("max_retries", Integer.toString(count));
    }

    /**
     * Lets the retries follow the rules of a handler instead of the options of the client. Its time limit and hooks do not count.
     *
     * @param handler the rules, as they are when the request is sent
     * @return this builder
     */
    public Builder retry(RetryHandler handler) {
      retry = Objects.requireNonNull(handler, "handler");
      return this;
    }

    /**
     * The description as it is now.
     *
     * @return the request
     * @throws UsageException INVALID_ARGUMENT: a text holds half a surrogate pair
     */
    public Request build() {
      return new Request(new Builder(this));
    }
  }
}
