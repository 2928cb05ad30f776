// Reads a text that the library has accepted as JSON into plain values: what is wrong was found before.
package ai.pepperpy.network;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class JsonReader {
  private static final int LONG_DIGITS = 18;

  private final String text;
  private int at;

  JsonReader(String text) {
    this.text = text;
  }

  Object read() {
    space();
    switch (text.charAt(at)) {
      case '{': return object();
      case '[': return array();
      case '"': return string();
      case 't': at += 4; return Boolean.TRUE;
      case 'f': at += 5; return Boolean.FALSE;
      case 'n': at += 4; return null;
      default: return number();
    }
  }

  private void space() {
    while (at < text.length() && text.charAt(at) <= ' ') ++at;
  }

  private Map<String, Object> object() {
    final Map<String, Object> members = new LinkedHashMap<>();
    ++at;
    for (space(); text.charAt(at) != '}'; space()) {
      if (text.charAt(at) == ',') ++at;
      space();
      final String name = string();
      space();
      ++at;  // the colon
      members.put(name, read());
    }
    ++at;
    return Collections.unmodifiableMap(members);
  }

  private List<Object> array() {
    final List<Object> elements = new ArrayList<>();
    ++at;
    for (space(); text.charAt(at) != ']'; space()) {
      if (text.charAt(at) == ',') ++at;
      elements.add(read());
    }
    ++at;
    return Collections.unmodifiableList(elements);
  }

  private String string() {
    final int begin = ++at;
    for (char c = text.charAt(at); c != '"'; c = text.charAt(++at)) {
      if (c == '\\') return escaped(begin);
    }
    return text.substring(begin, at++);
  }

  private String escaped(int begin) {
    final StringBuilder out = new StringBuilder(text.substring(begin, at));
    for (char c = text.charAt(at); c != '"'; c = text.charAt(++at)) {
      if (c != '\\') {
        out.append(c);
        continue;
      }
      c = text.charAt(++at);
      switch (c) {
        case 'b': out.append('\b'); break;
        case 'f': out.append('\f'); break;
        case 'n': out.append('\n'); break;
        case 'r': out.append('\r'); break;
        case 't': out.append('\t'); break;
        case 'u':
          out.append((char) Integer.parseInt(text, at + 1, at + 5, 16));
          at += 4;
          break;
        default: out.append(c);
      }
    }
    ++at;
    return out.toString();
  }

  private Number number() {
    final int begin = at;
    boolean integer = true;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      final char c = text.charAt(at++);
      if (c == '.' || c == 'e' || c == 'E') integer = false;
    }
    final String digits = text.substring(begin, at);
    if (!integer) return Double.valueOf(digits);
    if (digits.length() <= LONG_DIGITS) return Long.valueOf(digits);
    final BigInteger large = new BigInteger(digits);
    return large.bitLength() < Long.SIZE ? (Number) large.longValue() : large;
  }
}
