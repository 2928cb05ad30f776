package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntBiFunction;
import java.util.stream.Collectors;

/**
 * Options of a client. What is not set here is what the environment says (PEPPERPY_NETWORK_...), else the default of the library.
 *
 * <pre>{@code
 * NetworkConfig config = NetworkConfig.newBuilder().timeout(Duration.ofSeconds(30)).maxRetries(3).backoffFactor(1.5).build();
 * }</pre>
 *
 * <p>Immutable; holds nothing of the native library. Thread: any.
 */
public final class NetworkConfig {
  /** One thing that was set. */
  private record Setting(byte[] name, byte[] value) {}

  /** Makes the handle that the settings are put into. */
  private interface Preset {
    int make(long[] out, long[] error);
  }

  private static final NetworkConfig DEFAULTS = new NetworkConfig(Native::ppn_config_new, List.of());
  /** Part of the User-Agent, unless that is set. */
  private static final byte[] CALLER = ("java/" + Runtime.version().version().stream().map(String::valueOf)
      .collect(Collectors.joining("."))).getBytes(StandardCharsets.US_ASCII);

  private final Preset preset;
  private final List<Setting> settings;

  private NetworkConfig(Preset preset, List<Setting> settings) {
    this.preset = preset;
    this.settings = List.copyOf(settings);
  }

  /**
   * Begins with the defaults and the environment.
   *
   * @return the builder
   * @throws ConfigException an environment variable can not be understood
   */
  public static Builder newBuilder() {
    return new Builder(DEFAULTS.preset);
  }

  /**
   * Begins with what a {@link RequestManager} has: 30 seconds and 3 retries, or what the environment says.
   *
   * @param baseUrl absolute http or https URL without query, fragment and user information
   * @return the builder
   * @throws ConfigException the base URL; an environment variable
   */
  public static Builder requestManager(String baseUrl) {
    final byte[] url = Texts.utf8(baseUrl, "baseUrl");
    return new Builder((out, error) -> Native.ppn_config_new_request_manager(url, -1, -1, out, error));
  }

  /**
   * Begins with what an {@link APIClient} has: 10 minutes for a call, 2 retries, an Idempotency-Key for POST and PATCH, 64 attempts
   * under way, or what the environment says.
   *
   * @param baseUrl as {@link #requestManager}; https, but for loopback addresses
   * @param apiKey not empty; never part of an error or a log line
   * @return the builder
   * @throws ConfigException the base URL or the key; an environment variable
   */
  public static Builder apiClient(String baseUrl, String apiKey) {
    final byte[] url = Texts.utf8(baseUrl, "baseUrl");
    final byte[] key = Texts.utf8(apiKey, "apiKey");
    return new Builder((out, error) -> Native.ppn_config_new_api_client(url, key, out, error));
  }

  /**
   * The options of a JSON object whose members are names of the table: {"timeout_ms": 5000, "verify_ssl": true}.
   *
   * @param text the JSON
   * @return the configuration
   * @throws ConfigException an option
   * @throws ProtocolException JSON_PARSE: it is not JSON
   */
  public static NetworkConfig fromJson(String text) {
    return newBuilder().setJson(text).build();
  }

  /**
   * Begins with all of this.
   *
   * @return the builder
   */
  public Builder toBuilder() {
    final Builder builder = new Builder(preset);
    builder.settings.addAll(settings);
    return builder;
  }

  /**
   * The value of one option as text.
   *
   * @param name of the option table
   * @return the value; "***" for a secret that is set
   * @throws ConfigException there is no such option
   */
  public String get(String name) {
    final byte[] utf8 = Texts.utf8(name, "name");
    return text((config, out, error) -> Native.ppnb_config_get(config, utf8, out, error));
  }

  /**
   * All options with their values.
   *
   * @return a JSON object, secrets as "***"
   */
  public String dump() {
    return text(Native::ppnb_config_dump);
  }

  /** Returns {@link #dump()}. */
  @Override
  public String toString() {
    return dump();
  }

  private interface TextOf {
    int get(long config, byte[][] out, long[] error);
  }

  private String text(TextOf what) {
    final byte[][] out = new byte[1][];
    final long[] error = new long[1];
    final long config = handle();
    try {
      Errors.check(what.get(config, out, error), error);
      return Texts.of(out[0]);
    } finally {
      Native.ppn_config_release(config);
    }
  }

  /** A handle with these options, which the caller releases. */
  long handle() {
    return handle(preset, settings);
  }

  /** Runs it with a handle of these options, or for null of the defaults. */
  static int with(NetworkConfig config, ToIntBiFunction<Long, long[]> action, long[] error) {
    final long handle = (config != null ? config : DEFAULTS).handle();
    try {
      return action.applyAsInt(handle, error);
    } finally {
      Native.ppn_config_release(handle);
    }
  }

  private static long handle(Preset preset, List<Setting> settings) {
    Library.load();
    final long[] out = new long[1];
    final long[] error = new long[1];
    Errors.check(preset.make(out, error), error);
    try {
      for (Setting setting : settings) {
        final int code = setting.name() == null ? Native.ppn_config_set_json(out[0], setting.value(), error)
            : Native.ppn_config_set(out[0], setting.name(), setting.value(), error);
        Errors.check(code, error);
      }
      Errors.check(Native.ppnb_config_name_caller(out[0], CALLER, error), error);
      return out[0];
    } catch (Throwable wrong) {
      Native.ppn_config_release(out[0]);
      throw wrong;
    }
  }

  /** Describes a {@link NetworkConfig}. A value that an option does not take is refused at once. Thread: one at a time. */
  public static final class Builder extends OptionSetters<Builder> {
    private final Preset preset;
    private final List<Setting> settings = new ArrayList<>();

    private Builder(Preset preset) {
      this.preset = preset;
      Native.ppn_config_release(handle(preset, settings));
    }

    /**
     * Sets one option by its name.
     *
     * @param name of the option table, such as "connect_timeout_ms"
     * @param value numbers in decimal, booleans as true or false
     * @return this builder
     * @throws ConfigException no such option, not a value of its type, out of range; nothing was changed
     */
    @Override
    public Builder set(String name, String value) {
      return add(new Setting(Texts.utf8(name, "name"), Texts.utf8(value, "value")));
    }

    /**
     * Sets options from a JSON object whose members are names of the table; all or, when one is wrong, none.
     *
     * @param text the JSON
     * @return this builder
     * @throws ConfigException an option
     * @throws ProtocolException JSON_PARSE: it is not JSON
     */
    public Builder setJson(String text) {
      return add(new Setting(null, Texts.utf8(text, "text")));
    }

    private Builder add(Setting setting) {
      Native.ppn_config_release(handle(preset, List.of(Objects.requireNonNull(setting))));
      settings.add(setting);
      return this;
    }

    /**
     * The configuration as it is now.
     *
     * @return the configuration
     */
    public NetworkConfig build() {
      return new NetworkConfig(preset, settings);
    }
  }
}
