package ai.pepperpy.network;

import java.util.Objects;

/**
 * A client for one API: addresses are those of {@link RequestManager}, and requests to scheme, host and port of the base URL carry
 * the key, as "Authorization: Bearer KEY". A request to any other origin never does. A header of the same name that a request sets
 * itself replaces the key.
 *
 * <p>Unless other options are given, a call has 10 minutes, 2 retries and, with POST and PATCH, an Idempotency-Key.
 */
public final class APIClient extends NetworkClient {
  private final String baseUrl;

  /**
   * With the options of {@link NetworkConfig#apiClient}.
   *
   * @param baseUrl absolute https URL, http for loopback addresses alone; without query, fragment and user information
   * @param apiKey not empty; never part of an error or a log line
   * @throws ConfigException the base URL or the key
   */
  public APIClient(String baseUrl, String apiKey) {
    this(new Builder(baseUrl, apiKey));
  }

  /**
   * With options.
   *
   * @param baseUrl as above; it replaces that of the options
   * @param apiKey as above; it replaces that of the options
   * @param config the options
   * @throws ConfigException the base URL or the key
   */
  public APIClient(String baseUrl, String apiKey, NetworkConfig config) {
    this(new Builder(baseUrl, apiKey).config(config));
  }

  private APIClient(Builder builder) {
    super(builder.complete(), builder);
    baseUrl = builder.baseUrl;
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
   * @param apiKey as above
   * @return the builder
   */
  public static Builder newBuilder(String baseUrl, String apiKey) {
    return new Builder(baseUrl, apiKey);
  }

  /** Describes an {@link APIClient}. */
  public static final class Builder extends ClientOptions<Builder> {
    private final String baseUrl;
    private final String apiKey;
    private String header;
    private String scheme;

    private Builder(String baseUrl, String apiKey) {
      this.baseUrl = Objects.requireNonNull(baseUrl, "baseUrl");
      this.apiKey = Objects.requireNonNull(apiKey, "apiKey");
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets where the key goes.
     *
     * @param name the header, such as "x-api-key"
     * @param before what stands before the key, such as "Bearer"; may be empty
     * @return this builder
     */
    public Builder keyHeader(String name, String before) {
      header = Objects.requireNonNull(name, "name");
      scheme = Objects.requireNonNull(before, "before");
      return this;
    }

    private NetworkConfig complete() {
      // The preset also refuses what is wrong with base URL and key.
      NetworkConfig.Builder made = NetworkConfig.apiClient(baseUrl, apiKey);
      if (config != null) made = config.toBuilder().baseUrl(baseUrl).apiKey(apiKey);
      if (header != null) made.apiKeyHeader(header).apiKeyScheme(scheme);
      return made.build();
    }

    /**
     * Makes the client.
     *
     * @return the client
     * @throws ConfigException the base URL or the key; an option
     */
    public APIClient build() {
      return new APIClient(this);
    }
  }
}
