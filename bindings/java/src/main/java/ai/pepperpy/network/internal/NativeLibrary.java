// Finds, checks and loads the native library, once for the process.
package ai.pepperpy.network.internal;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The native library. Loading never throws out of a static initializer: what went wrong is kept and told to each caller. */
public final class NativeLibrary {
  /** The property that names the folder, or folders, with both libraries. When it is set nothing else is tried. */
  public static final String PATH_PROPERTY = "ai.pepperpy.network.library.path";

  private static final String CORE = "libpepperpy_network.so." + NativeConstants.PPN_ABI_VERSION;
  private static final String JNI = "libpepperpy_network_jni.so";

  /** What came of it: both null when the library is there. */
  private record Outcome(String failure, Throwable cause) {}

  private static final Outcome OUTCOME = attempt();

  private NativeLibrary() {}

  /** @return what kept the library from being loaded, with all that was tried; null when it is there. */
  public static String failure() {
    return OUTCOME.failure();
  }

  /** @return what was thrown last on the way; null when there was nothing. */
  public static Throwable cause() {
    return OUTCOME.cause();
  }

  private static Outcome attempt() {
    try {
      return load();
    } catch (Throwable unexpected) {
      return new Outcome("the native library of PepperPy Network can not be loaded: " + unexpected, unexpected);
    }
  }

  private static Outcome load() {
    final List<String> tried = new ArrayList<>();
    Throwable last = null;
    final String asked = System.getProperty(PATH_PROPERTY);
    if (asked != null) {
      for (String folder : asked.split(File.pathSeparator)) {
        final Path library = Path.of(folder).toAbsolutePath().resolve(JNI);
        try {
          System.load(library.toString());
          return handshake(library.toString());
        } catch (UnsatisfiedLinkError error) {
          last = error;
          tried.add("-D" + PATH_PROPERTY + ": " + library + " (" + error.getMessage() + ")");
        }
      }
      return notFound(tried, last);
    }
    try {
      System.loadLibrary("pepperpy_network_jni");
      return handshake("java.library.path");
    } catch (UnsatisfiedLinkError error) {
      last = error;
      tried.add("java.library.path: " + System.getProperty("java.library.path") + " (" + error.getMessage() + ")");
    }
    final String folder = "/native/" + platform() + "/";
    try {
      final Path library = extract(folder);
      if (library != null) return handshake("the jar, " + folder + JNI);
      tried.add("the jar: there is no " + folder + JNI + " in it");
    } catch (IOException | UnsatisfiedLinkError error) {
      last = error;
      tried.add("the jar: " + folder + JNI + " (" + error + ")");
    }
    return notFound(tried, last);
  }

  private static Outcome notFound(List<String> tried, Throwable last) {
    return new Outcome("the native library of PepperPy Network was not found; tried, in this order:\n  "
        + String.join("\n  ", tried), last);
  }

  /** "linux-x64"; with another C library than that of GNU "linux-x64-musl", which has a library of its own or none. */
  private static String platform() {
    final String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).split(" ")[0];
    final String arch = System.getProperty("os.arch", "");
    final String name = arch.equals("amd64") || arch.equals("x86_64") ? "x64" : arch;
    final boolean musl = os.equals("linux") && Files.exists(Path.of("/lib/ld-musl-x86_64.so.1"))
        && !Files.exists(Path.of("/lib64/ld-linux-x86-64.so.2"));
    return os + "-" + name + (musl ? "-musl" : "");
  }

  /** Both libraries in a folder that only the owner can enter, gone again as soon as they are loaded. */
  private static Path extract(String folder) throws IOException {
    if (NativeLibrary.class.getResource(folder + JNI) == null) return null;
    final Path temporary = Files.createTempDirectory("pepperpy-network-");  // rwx------
    try {
      copy(folder, CORE, temporary);
      copy(folder, JNI, temporary);
      final Path library = temporary.resolve(JNI);
      System.load(library.toString());
      return library;
    } finally {
      Files.deleteIfExists(temporary.resolve(JNI));
      Files.deleteIfExists(temporary.resolve(CORE));
      Files.deleteIfExists(temporary);
    }
  }

  private static void copy(String folder, String name, Path to) throws IOException {
    try (InputStream from = NativeLibrary.class.getResourceAsStream(folder + name)) {
      if (from == null) throw new IOException("there is no " + folder + name);
      Files.copy(from, to.resolve(name));
    }
  }

  /** Refuses a library of another version: another major one; before 1.0 another minor one, too. */
  private static Outcome handshake(String where) {
    final int wanted = NativeConstants.PPN_VERSION_NUMBER;
    final int found = Native.ppn_version_number();
    final boolean fits = wanted / 1_000_000 == found / 1_000_000
        && (wanted / 1_000_000 > 0 || wanted / 1_000 == found / 1_000);
    if (!fits) {
      return new Outcome("the native library of PepperPy Network (" + where + ") has version " + version(found)
          + ", the Java classes are of version " + version(wanted), null);
    }
    return new Outcome(null, null);
  }

  private static String version(int number) {
    return number / 1_000_000 + "." + number / 1_000 % 1_000 + "." + number % 1_000;
  }
}
