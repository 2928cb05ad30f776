// What only another virtual machine can show: how it ends, and what happens without the library, or with a wrong one.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcessTest {
  private record Ended(int status, String output) {}

  private static Ended run(List<String> options, String classPath, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    final List<String> command = new ArrayList<>(List.of(System.getenv("PPN_TEST_JAVA"), "-Xshare:auto", "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath + ":" + System.getenv("PPN_TEST_CLASSES"), Program.class.getName()));
    command.addAll(List.of(arguments));
    final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    final Process process = builder.start();
    final String[] output = new String[1];
    final Thread reading = new Thread(() -> {
      try {
        output[0] = new String(process.getInputStream().readAllBytes());
      } catch (IOException lost) {
        output[0] = "";
      }
    });
    reading.start();
    final boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    if (!ended) process.destroyForcibly();
    reading.join();
    assertTrue(ended, "the process did not end: " + output[0]);
    return new Ended(process.exitValue(), output[0]);
  }

  private static Ended run(String... arguments) throws IOException, InterruptedException {
    return run(List.of(), System.getenv("PPN_TEST_JAR"), Map.of(), arguments);
  }

  @ParameterizedTest
  @ValueSource(strings = {"return", "exit", "exit-in-handler", "exit-in-place", "halt", "throw"})
  void a_process_ends_while_streams_are_live(String way) throws Exception {
    for (int i = 0; i < 2; ++i) {
      final Ended ended = run("streams", way);
      assertEquals(Map.of("return", 0, "throw", 1).getOrDefault(way, 3), ended.status(), ended.output());
      assertEquals(way.equals("throw") ? "live thrown" : "live", ended.output().lines().filter(line -> !line.startsWith("\tat "))
          .map(line -> line.contains("IllegalStateException") ? "thrown" : line).collect(Collectors.joining(" ")));
    }
  }

  @Test
  void a_library_that_is_not_there_is_named_with_all_that_was_tried() throws Exception {
    final Ended ended = run(List.of(), System.getenv("PPN_TEST_PLAIN_CLASSES_WITHOUT_NATIVE"), Map.of(), "load");
    assertEquals(1, ended.status(), ended.output());
    assertTrue(ended.output().contains("ABI_MISMATCH"), ended.output());
    assertTrue(ended.output().contains("java.library.path: "), ended.output());
    assertTrue(ended.output().contains("the jar: "), ended.output());
    // The same again, and not NoClassDefFoundError.
    assertEquals(2, ended.output().split("was not found", -1).length - 1, ended.output());
  }

  @Test
  void a_folder_without_the_library_is_the_only_one_tried_when_it_is_asked_for() throws Exception {
    final Ended ended = run(List.of("-Dai.pepperpy.network.library.path=/nowhere:/else"), System.getenv("PPN_TEST_JAR"), Map.of(), "load");
    assertEquals(1, ended.status(), ended.output());
    assertTrue(ended.output().contains("/nowhere/libpepperpy_network_jni.so"), ended.output());
    assertTrue(ended.output().contains("/else/libpepperpy_network_jni.so"), ended.output());
    assertFalse(ended.output().contains("java.library.path: "), ended.output());
  }

  @Test
  void a_library_of_another_version_is_refused_and_both_are_named() throws Exception {
    final Ended ended = run(List.of("-Dai.pepperpy.network.library.path=" + System.getenv("PPN_TEST_WRONG_LIBRARY")),
        System.getenv("PPN_TEST_JAR"), Map.of(), "load");
    assertEquals(1, ended.status(), ended.output());
    assertTrue(ended.output().contains("has version 99.2.3"), ended.output());
    assertTrue(ended.output().contains("are of version " + ai.pepperpy.network.NetworkRuntime.bindingVersion()), ended.output());
  }

  @Test
  void the_environment_counts_and_what_can_not_be_understood_is_named() throws Exception {
    final Ended good = run(List.of(), System.getenv("PPN_TEST_JAR"), Map.of("PEPPERPY_NETWORK_TIMEOUT", "2.5", "PEPPERPY_NETWORK_MAX_RETRIES", "7",
        "PEPPERPY_NETWORK_RATE_LIMIT", "100", "PEPPERPY_NETWORK_VERIFY_SSL", "false"), "config");
    assertEquals("2500 7 100 false\n", good.output());
    final Ended bad = run(List.of(), System.getenv("PPN_TEST_JAR"), Map.of("PEPPERPY_NETWORK_TIMEOUT", "soon"), "config");
    assertEquals(1, bad.status());
    assertTrue(bad.output().contains("CONFIG_ERROR") && bad.output().contains("PEPPERPY_NETWORK_TIMEOUT"), bad.output());
  }

  @Test
  void nothing_is_left_of_what_the_jar_unpacked() throws Exception {
    final Ended ended = run("unpacked");
    assertEquals("0\n", ended.output());
  }

  @ParameterizedTest
  @ValueSource(strings = {"return", "exit"})
  void hooks_of_a_virtual_machine_that_goes_down_can_still_send(String way) throws Exception {
    for (int i = 0; i < 2; ++i) {
      final Ended ended = run("hook", way);
      assertEquals("200 200\n", ended.output());
      assertEquals(way.equals("exit") ? 3 : 0, ended.status());
    }
  }

  @Test
  void each_class_loader_has_the_library_for_itself() throws Exception {
    final Ended ended = run("loaders", System.getenv("PPN_TEST_JAR"));
    assertEquals("200 200\n", ended.output());
    assertEquals(0, ended.status());
  }

  @Test
  void a_jar_and_a_folder_for_temporary_files_may_have_spaces_and_letters_in_their_paths(@TempDir Path folder) throws Exception {
    final Path jar = Files.copy(Path.of(System.getenv("PPN_TEST_JAR")), Files.createDirectory(folder.resolve("a jar % + \u00e9")).resolve("the jar.jar"));
    final Path temporary = Files.createDirectory(folder.resolve("some files"));
    final Ended ended = run(List.of("-Djava.io.tmpdir=" + temporary, "-Dsun.jnu.encoding=UTF-8"), jar.toString(), Map.of("LC_ALL", "C.UTF-8"), "hook", "return");
    assertEquals("200 200\n", ended.output());
    try (var left = Files.list(temporary)) {
      assertEquals(List.of(), left.filter(Files::isDirectory).filter(one -> one.getFileName().toString().startsWith("pepperpy")).toList());
    }
  }
}
