// Texts as they cross: UTF-8, never the encoding of JNI.
package ai.pepperpy.network;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

final class Texts {
  static final byte[] EMPTY = {};

  private Texts() {}

  /** Throws NullPointerException that names the parameter, UsageException for half a surrogate pair. */
  static byte[] utf8(String text, String parameter) {
    Objects.requireNonNull(text, parameter);
    for (int i = 0; i < text.length(); ++i) {
      if (!Character.isSurrogate(text.charAt(i))) continue;
      // Half a pair has no bytes in UTF-8; String.getBytes would send a question mark instead.
      if (i + 1 == text.length() || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
        throw Errors.of(ErrorCode.INVALID_ARGUMENT, parameter + " holds half a surrogate pair, at index " + i);
      }
      ++i;
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String of(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
