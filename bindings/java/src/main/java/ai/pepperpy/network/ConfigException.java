package ai.pepperpy.network;

/** An option is unknown, malformed or out of range: CONFIG_ERROR. */
public class ConfigException extends UsageException {
  private static final long serialVersionUID = 1;

  ConfigException(Details details, Throwable cause) {
    super(details, cause);
  }
}
