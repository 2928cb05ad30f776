package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A JSON value. It is one of {@link Map} (in the order of the text), {@link List}, {@link String}, {@link Long},
 * {@link java.math.BigInteger} (an integer that does not fit into 64 bits), {@link Double}, {@link Boolean} and null.
 *
 * <p>Values inside are found by JSON Pointer (RFC 6901): "" is the whole, "/choices/0/message/content" a member. Every function
 * that takes a pointer throws {@link UsageException} (INVALID_ARGUMENT) for one that is none. Immutable. Thread: any.
 */
public final class Json {
  private final Object value;

  Json(Object value) {
    this.value = value;
  }

  /**
   * Parses a text (RFC 8259) of up to 64 MiB and 128 levels.
   *
   * @param text the text
   * @return the value
   * @throws ProtocolException JSON_PARSE: it is not JSON; the message says where and never repeats it
   */
  public static Json parse(String text) {
    return parse(Texts.utf8(text, "text"));
  }

  /**
   * Parses a text in UTF-8.
   *
   * @param utf8 the text
   * @return the value
   * @throws ProtocolException JSON_PARSE: it is not JSON
   */
  public static Json parse(byte[] utf8) {
    Objects.requireNonNull(utf8, "utf8");
    Library.load();
    final long[] document = new long[1];
    final long[] error = new long[1];
    // The library decides what is JSON, as for every other language; the reader below takes only what it has accepted.
    Errors.check(Native.ppn_json_parse(utf8, document, error), error);
    Native.ppn_json_release(document[0]);
    return new Json(new JsonReader(new String(utf8, StandardCharsets.UTF_8)).read());
  }

  /**
   * A value of Java: a map whose keys are strings, a list or another iterable, an array of objects, a text, a number, a boolean,
   * null, or a Json.
   *
   * @param value the value; it is copied
   * @return the JSON
   * @throws UsageException INVALID_ARGUMENT: something in it has no form in JSON
   */
  public static Json of(Object value) {
    return new Json(JsonWriter.copy(value, 0));
  }

  /**
   * The plain value.
   *
   * @return a map, list, text, number, boolean or null; nothing in it can be changed
   */
  public Object value() {
    return value;
  }

  /**
   * Whether there is a value, null included.
   *
   * @param pointer JSON Pointer
   * @return whether there is
   */
  public boolean contains(String pointer) {
    return JsonPointer.find(value, pointer) != JsonPointer.NOTHING;
  }

  /**
   * A value inside.
   *
   * @param pointer JSON Pointer
   * @return the value
   * @throws ProtocolException JSON_VALUE: there is none
   */
  public Json at(String pointer) {
    final Object found = JsonPointer.find(value, pointer);
    if (found == JsonPointer.NOTHING) throw JsonPointer.missing(pointer, "value");
    return new Json(found);
  }

  /**
   * Whether the value is null.
   *
   * @return whether it is
   */
  public boolean isNull() {
    return value == null;
  }

  private <T> T get(String pointer, Class<T> type, String what) {
    final Object found = JsonPointer.find(value, pointer);
    if (!type.isInstance(found)) throw JsonPointer.missing(pointer, what);
    return type.cast(found);
  }

  /**
   * A string inside.
   *
   * @param pointer JSON Pointer
   * @return the string
   * @throws ProtocolException JSON_VALUE: there is no string there
   */
  public String string(String pointer) {
    return get(pointer, String.class, "string");
  }

  /**
   * A string inside, or another text when there is no value or null. A value of another type is still an error.
   *
   * @param pointer JSON Pointer
   * @param otherwise what is given instead
   * @return the string
   * @throws ProtocolException JSON_VALUE: there is a value that is no string
   */
  public String string(String pointer, String otherwise) {
    final Object found = JsonPointer.find(value, pointer);
    return found == null || found == JsonPointer.NOTHING ? otherwise : string(pointer);
  }

  /**
   * An integer inside.
   *
   * @param pointer JSON Pointer
   * @return the integer
   * @throws ProtocolException JSON_VALUE: there is no integer of 64 bits there
   */
  public long integer(String pointer) {
    return get(pointer, Long.class, "integer");
  }

  /**
   * A number inside, integer or not.
   *
   * @param pointer JSON Pointer
   * @return the number
   * @throws ProtocolException JSON_VALUE: there is no number there
   */
  public double number(String pointer) {
    return get(pointer, Number.class, "number").doubleValue();
  }

  /**
   * A boolean inside.
   *
   * @param pointer JSON Pointer
   * @return the boolean
   * @throws ProtocolException JSON_VALUE: there is no boolean there
   */
  public boolean bool(String pointer) {
    return get(pointer, Boolean.class, "boolean");
  }

  /**
   * An array inside.
   *
   * @param pointer JSON Pointer
   * @return an immutable list
   * @throws ProtocolException JSON_VALUE: there is no array there
   */
  @SuppressWarnings("unchecked")
  public List<Object> list(String pointer) {
    return get(pointer, List.class, "array");
  }

  /**
   * An object inside.
   *
   * @param pointer JSON Pointer
   * @return an immutable map in the order of the text
   * @throws ProtocolException JSON_VALUE: there is no object there
   */
  @SuppressWarnings("unchecked")
  public Map<String, Object> map(String pointer) {
    return get(pointer, Map.class, "object");
  }

  /**
   * Elements of an array, or members of an object, inside.
   *
   * @param pointer JSON Pointer
   * @return how many there are
   * @throws ProtocolException JSON_VALUE: there is neither there
   */
  public int size(String pointer) {
    final Object found = JsonPointer.find(value, pointer);
    if (found instanceof List<?> list) return list.size();
    if (found instanceof Map<?, ?> map) return map.size();
    throw JsonPointer.missing(pointer, "array or object");
  }

  /** Returns the value as JSON text. */
  @Override
  public String toString() {
    return JsonWriter.write(value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Json json && Objects.equals(value, json.value);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(value);
  }
}
