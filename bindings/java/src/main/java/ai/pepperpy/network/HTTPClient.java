package ai.pepperpy.network;

/**
 * A client whose addresses are absolute URLs, and paths when the configuration has a base URL.
 *
 * <pre>{@code
 * try (HTTPClient client = new HTTPClient()) {
 *   System.out.println(client.get("https://localhost:8443/v1/models").raiseForStatus().json());
 * }
 * }</pre>
 */
public sealed class HTTPClient extends NetworkClient permits StreamingClient {
  /**
   * With the defaults and the environment.
   *
   * @throws ConfigException an environment variable can not be understood
   * @throws UsageException ABI_MISMATCH: the native library was not found or does not fit
   */
  public HTTPClient() {
    super(null, null);
  }

  /**
   * With options.
   *
   * @param config the options
   * @throws ConfigException also: a file of certificates can not be read
   */
  public HTTPClient(NetworkConfig config) {
    super(java.util.Objects.requireNonNull(config, "config"), null);
  }

  HTTPClient(ClientOptions<?> options) {
    super(options.config, options);
  }

  /**
   * Begins a client with more than options.
   *
   * @return the builder
   */
  public static Builder newBuilder() {
    return new Builder();
  }

  /** Describes an {@link HTTPClient}. */
  public static final class Builder extends ClientOptions<Builder> {
    private Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /**
     * Makes the client.
     *
     * @return the client
     * @throws ConfigException as {@link HTTPClient#HTTPClient(NetworkConfig)}
     */
    public HTTPClient build() {
      return new HTTPClient(this);
    }
  }
}
