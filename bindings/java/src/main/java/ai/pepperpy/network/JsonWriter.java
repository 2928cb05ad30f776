// Writes plain values as JSON. What was written is checked once more by the library before it is sent.
package ai.pepperpy.network;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class JsonWriter {
  /** As deep as the library reads; it also ends values that hold themselves. */
  private static final int MAX_DEPTH = 128;

  private JsonWriter() {}

  /** An immutable copy of plain values. Throws UsageException for what has no form in JSON. */
  static Object copy(Object value, int depth) {
    if (depth > MAX_DEPTH) throw wrong("deeper than " + MAX_DEPTH + " levels");
    if (value instanceof Json json) return json.value();
    if (value == null || value instanceof Boolean || value instanceof String || value instanceof Long
        || value instanceof BigInteger || value instanceof BigDecimal) {
      return value;
    }
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) return ((Number) value).longValue();
    if (value instanceof Double || value instanceof Float) {
      final double number = ((Number) value).doubleValue();
      if (Double.isNaN(number) || Double.isInfinite(number)) throw wrong("a number that is not finite");
      return number;
    }
    if (value instanceof CharSequence || value instanceof Character || value instanceof Enum<?>) return value.toString();
    if (value instanceof Map<?, ?> map) {
      final Map<String, Object> members = new LinkedHashMap<>();
      map.forEach((name, member) -> {
        if (!(name instanceof String)) throw wrong("a key that is no string");
        members.put((String) name, copy(member, depth + 1));
      });
      return Collections.unmodifiableMap(members);
    }
    if (value instanceof Object[] array) return copy(Arrays.asList(array), depth);
    if (value instanceof Iterable<?> elements) {
      final List<Object> list = new ArrayList<>();
      for (Object element : elements) list.add(copy(element, depth + 1));
      return Collections.unmodifiableList(list);
    }
    throw wrong("a " + value.getClass().getName());
  }

  private static NetworkException wrong(String what) {
    return Errors.of(ErrorCode.INVALID_ARGUMENT, "JSON has no form for " + what);
  }

  static String write(Object value) {
    final StringBuilder out = new StringBuilder();
    write(out, value);
    return out.toString();
  }

  private static void write(StringBuilder out, Object value) {
    if (value instanceof String text) {
      string(out, text);
    } else if (value instanceof Map<?, ?> map) {
      char before = '{';
      for (Map.Entry<?, ?> member : map.entrySet()) {
        out.append(before);
        string(out, (String) member.getKey());
        out.append(':');
        write(out, member.getValue());
        before = ',';
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> list) {
      char before = '[';
      for (Object element : list) {
        out.append(before);
        write(out, element);
        before = ',';
      }
      out.append(list.isEmpty() ? "[]" : "]");
    } else {
      out.append(value);
    }
  }

  private static void string(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); ++i) {
      final char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
