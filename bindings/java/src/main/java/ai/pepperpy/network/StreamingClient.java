package ai.pepperpy.network;

/**
 * A client for responses that are read while they arrive: {@link #stream(String, int)}, {@link #lines(String)},
 * {@link #events(String)}. It has everything else of {@link HTTPClient}, whose engine it is.
 */
public final class StreamingClient extends HTTPClient {
  /**
   * With the defaults and the environment.
   *
   * @throws ConfigException an environment variable can not be understood
   */
  public StreamingClient() {
    super();
  }

  /**
   * With options.
   *
   * @param config the options
   * @throws ConfigException also: a file of certificates can not be read
   */
  public StreamingClient(NetworkConfig config) {
    super(config);
  }

  private StreamingClient(Builder builder) {
    super((ClientOptions<?>) builder);
  }

  /**
   * Begins a client with more than options.
   *
   * @return the builder
   */
  public static Builder newStreamingBuilder() {
    return new Builder();
  }

  /** Describes a {@link StreamingClient}. */
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
     * @throws ConfigException as {@link StreamingClient#StreamingClient(NetworkConfig)}
     */
    public StreamingClient build() {
      return new StreamingClient(this);
    }
  }
}
