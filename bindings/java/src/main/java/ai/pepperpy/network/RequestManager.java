package ai.pepperpy.network;

import java.time.Duration;
import java.util.Objects;

/**
 * A client whose addresses are paths below a base URL: with "https://localhost:8443/v1", "/models" and "models" both mean
 * "https://localhost:8443/v1/models", and "?a=1" the base with a query. An absolute URL stands for itself.
 */
public final class RequestManager extends NetworkClient {
  private final String baseUrl;

  /**
   * With 30 seconds for a call and 3 retries, or what the environment says.
   *
   * @param baseUrl absolute http or https URL without query, fragment and user information
   * @throws ConfigException the base URL; an environment variable
   */
  public RequestManager(String baseUrl) {
    this(NetworkConfig.requestManager(baseUrl).build(), null, baseUrl);
  }

  /**
   * With a time and retries.
   *
   * @param baseUrl as above
   * @param timeout the whole of a call; zero: no limit
   * @param retries 0 to 10
   * @throws ConfigException what is out of range
   */
  public RequestManager(String baseUrl, Duration timeout, int retries) {
    this(limited(baseUrl, Objects.requireNonNull(timeout, "timeout"), retries), null, baseUrl);
  }

  /**
   * With options.
   *
   * @param baseUrl as above; it replaces that of the options
   * @param config the options
   * @throws ConfigException the base URL
   */
  public RequestManager(String baseUrl, NetworkConfig config) {
    this(newBuilder(baseUrl).config(config));
  }

  private static NetworkConfig limited(String baseUrl, Duration timeout, int retries) {
    return NetworkConfig.requestManager(baseUrl).timeout(timeout).maxRetries(retries).build();
  }

  private RequestManager(Builder builder) {
    this(builder.complete(), builder, builder.baseUrl);
  }

  private RequestManager(NetworkConfig config, Builder builder, String baseUrl) {
    super(config, builder);
    this.baseUrl = baseUrl;
  }

  /**
   * The base URL.
   *
   * @return as it was given
   */
  public String baseUrl() {
    return baseUrl;
  }

  /**
   * Begins a client with more than options.
   *
   * @param baseUrl as above
   * @return the builder
   */
  public static Builder newBuilder(String baseUrl) {
    return new Builder(baseUrl);
  }

  /** Describes a {@link RequestManager}. */
  public static final class Builder extends ClientOptions<Builder> {
    private final String baseUrl;

    private Builder(String baseUrl) {
      this.baseUrl = Objects.requireNonNull(baseUrl, "baseUrl");
    }

    @Override
    Builder self() {
      return this;
    }

    private NetworkConfig complete() {
      final NetworkConfig preset = NetworkConfig.requestManager(baseUrl).build();
      return config == null ? preset : config.toBuilder().baseUrl(baseUrl).build();
    }

    /**
     * Makes the client.
     *
     * @return the client
     * @throws ConfigException the base URL; an option
     */
    public RequestManager build() {
      return new RequestManager(this);
    }
  }
}
