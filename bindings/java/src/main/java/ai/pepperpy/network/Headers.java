package ai.pepperpy.network;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Header fields in their order; names are compared without regard to case. Immutable. */
public final class Headers implements Iterable<Map.Entry<String, String>> {
  static final Headers NONE = new Headers(List.of());

  private final List<Map.Entry<String, String>> fields;

  Headers(List<Map.Entry<String, String>> fields) {
    this.fields = List.copyOf(fields);
  }

  static Headers read(RecordReader in) {
    final int count = in.int32();
    final List<Map.Entry<String, String>> fields = new ArrayList<>(count);
    for (int i = 0; i < count; ++i) fields.add(Map.entry(in.headerText(), in.headerText()));
    return new Headers(fields);
  }

  /**
   * Fields of a map, in its order.
   *
   * @param fields names and values
   * @return the headers
   */
  public static Headers of(Map<String, String> fields) {
    final List<Map.Entry<String, String>> copy = new ArrayList<>(Objects.requireNonNull(fields, "fields").size());
    fields.forEach((name, value) -> copy.add(field(name, value)));
    return new Headers(copy);
  }

  /**
   * Fields by their names and values, in turn.
   *
   * @param namesAndValues an even number of texts
   * @return the headers
   * @throws UsageException INVALID_ARGUMENT: an odd number of texts
   */
  public static Headers of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      // Not which one: among names and values that are out of step the last one may be a secret.
      throw Errors.of(ErrorCode.INVALID_ARGUMENT, "names and values of headers are " + namesAndValues.length + " texts");
    }
    final List<Map.Entry<String, String>> fields = new ArrayList<>(namesAndValues.length / 2);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.add(field(namesAndValues[i], namesAndValues[i + 1]));
    }
    return new Headers(fields);
  }

  private static Map.Entry<String, String> field(String name, String value) {
    return Map.entry(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
  }

  /**
   * The value of the first field of a name.
   *
   * @param name without regard to case
   * @return the value; empty when there is no such field
   */
  public Optional<String> first(String name) {
    Objects.requireNonNull(name, "name");
    for (Map.Entry<String, String> field : fields) {
      if (field.getKey().equalsIgnoreCase(name)) return Optional.of(field.getValue());
    }
    return Optional.empty();
  }

  /**
   * The values of all fields of a name.
   *
   * @param name without regard to case
   * @return the values in their order
   */
  public List<String> all(String name) {
    Objects.requireNonNull(name, "name");
    return fields.stream().filter(field -> field.getKey().equalsIgnoreCase(name)).map(Map.Entry::getValue).toList();
  }

  /**
   * How many fields there are; those that occur twice count twice.
   *
   * @return the number
   */
  public int size() {
    return fields.size();
  }

  /**
   * All fields in their order.
   *
   * @return an immutable list of names and values
   */
  public List<Map.Entry<String, String>> fields() {
    return fields;
  }

  @Override
  public Iterator<Map.Entry<String, String>> iterator() {
    return fields.iterator();
  }

  /** Returns the names of the fields alone: values may be secrets. */
  @Override
  public String toString() {
    return fields.stream().map(Map.Entry::getKey).toList().toString();
  }
}
