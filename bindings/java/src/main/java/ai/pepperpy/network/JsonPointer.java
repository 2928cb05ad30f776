// Finds values inside JSON by JSON Pointer (RFC 6901).
package ai.pepperpy.network;

import java.util.List;
import java.util.Map;
import java.util.Objects;

final class JsonPointer {
  static final Object NOTHING = new Object();

  private JsonPointer() {}

  static Object find(Object value, String pointer) {
    Objects.requireNonNull(pointer, "pointer");
    if (!pointer.isEmpty() && pointer.charAt(0) != '/') {
      throw Errors.of(ErrorCode.INVALID_ARGUMENT, "a JSON Pointer is empty or begins with '/'");
    }
    Object found = value;
    for (int at = 0; at < pointer.length(); ) {
      final int next = pointer.indexOf('/', at + 1);
      final int end = next < 0 ? pointer.length() : next;
      found = member(found, unescaped(pointer.substring(at + 1, end)));
      at = end;
    }
    return found;
  }

  static NetworkException missing(String pointer, String what) {
    return Errors.of(ErrorCode.JSON_VALUE, "the JSON has no " + what + " at \"" + pointer + "\"");
  }

  private static Object member(Object of, String name) {
    if (of instanceof Map<?, ?> map) {
      final Object found = map.get(name);
      return found != null || map.containsKey(name) ? found : NOTHING;
    }
    if (of instanceof List<?> list) {
      final int index = index(name);
      return index >= 0 && index < list.size() ? list.get(index) : NOTHING;
    }
    return NOTHING;
  }

  /** The index that a name is, without leading zeros; -1 when it is none. */
  private static int index(String name) {
    if (name.isEmpty() || name.length() > 9 || (name.length() > 1 && name.charAt(0) == '0')) return -1;
    int index = 0;
    for (int i = 0; i < name.length(); ++i) {
      final char digit = name.charAt(i);
      if (digit < '0' || digit > '9') return -1;
      index = index * 10 + (digit - '0');
    }
    return index;
  }

  private static String unescaped(String name) {
    if (name.indexOf('~') < 0) return name;
    final StringBuilder out = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); ++i) {
      final char c = name.charAt(i);
      if (c != '~') {
        out.append(c);
        continue;
      }
      final char escape = i + 1 < name.length() ? name.charAt(++i) : ' ';
      if (escape != '0' && escape != '1') {
        throw Errors.of(ErrorCode.INVALID_ARGUMENT, "in a JSON Pointer '~' is followed by 0 or 1");
      }
      out.append(escape == '0' ? '~' : '/');
    }
    return out.toString();
  }
}
