// What code of the user threw, on its way through the native side, which carries texts alone: the text ends with a number
// by which the exception is found again.
package ai.pepperpy.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Thrown {
  /** What nobody claims, because its call was cancelled in between, must not stay for ever. */
  private static final int KEPT = 1024;
  private static final Pattern MARK = Pattern.compile(" \\(thrown #(\\d+)\\)");
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
    final String message = thrown.getMessage() != null ? thrown.getMessage() : thrown.getClass().getName();
    synchronized (WAITING) {
      WAITING.put(++last, thrown);
      return message.replaceAll("\\p{Cntrl}+", " ") + " (thrown #" + last + ")";
    }
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
