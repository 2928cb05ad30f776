// What code of the user threw, on its way through the native side, which carries texts alone: the text ends with a number
// by which the exception is found again. The number has a part that no server can guess, for texts of servers are in errors, too.
package ai.pepperpy.network;

import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Thrown {
  /** What nobody claims, because its call was cancelled in between, must not stay for ever. */
  private static final int KEPT = 1024;
  /** The library cuts longer texts (4 KiB), and the mark with them. */
  private static final int MAX_LENGTH = 1000;
  private static final String BEGIN = " (thrown #" + Long.toHexString(new SecureRandom().nextLong()) + "-";
  private static final Pattern MARK = Pattern.compile(Pattern.quote(BEGIN) + "(\\d+)\\)");
  private static final Map<Long, Throwable> WAITING = new LinkedHashMap<>() {
    private static final long serialVersionUID = 1;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Throwable> eldest) {
      return size() > KEPT;
    }
  };
  private static long last;

  private Thrown() {}

  /** The text for the native side. */
  static String keep(Throwable thrown) {
    final String said = thrown.getMessage() != null ? thrown.getMessage() : thrown.getClass().getName();
    final String message = said.length() <= MAX_LENGTH ? said : said.substring(0, MAX_LENGTH) + "...";
    synchronized (WAITING) {
      WAITING.put(++last, thrown);
      return message.replaceAll("\\p{Cntrl}+", " ") + BEGIN + last + ")";
    }
  }

  /** A text of the library for people. */
  static String withoutMarks(String text) {
    return text.contains(BEGIN) ? MARK.matcher(text).replaceAll("") : text;
  }

  /** The exception that an error stands for, or null. The mark is taken out of its message. */
  static Throwable claim(Details details) {
    final Matcher mark = MARK.matcher(details.message);
    if (!mark.find()) return null;
    details.message = details.message.substring(0, mark.start()) + details.message.substring(mark.end());
    synchronized (WAITING) {
      // It stays: on_error of a middleware is told of the same error as the caller.
      return WAITING.get(Long.valueOf(mark.group(1)));
    }
  }
}
