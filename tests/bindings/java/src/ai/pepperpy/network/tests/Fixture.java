// What the tests share: the local AI server, clients for it, and the check that nothing is left alive.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.APIClient;
import ai.pepperpy.network.HTTPClient;
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.NetworkRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;

abstract class Fixture {
  static final String KEY = "test-key";
  /** The end of every wait; only a failure takes that long. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Started with the first test that needs it, ended with the virtual machine. */
  private static final class AiServer {
    static final AiServer ONLY = new AiServer();
    final String https;
    final String http;
    final String caFile;

    private AiServer() {
      try {
        final Path folder = Files.createTempDirectory("ppn-java-test");
        final Path ready = folder.resolve("ready");
        caFile = folder.resolve("ca.pem").toString();
        final Process process = new ProcessBuilder(System.getenv("PPN_AI_SERVER"), "--port", "0", "--plain-port", "0",
            "--ca-out", caFile, "--ready-file", ready.toString(), "--api-key", KEY)
            .redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
          process.destroy();
          for (String name : List.of("ready", "ca.pem", "log", "")) folder.resolve(name).toFile().delete();
        }));
        final long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(ready)) {
          if (System.nanoTime() > deadline || process.waitFor(10, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("the AI server did not start");
          }
        }
        final Properties ports = new Properties();
        try (var in = Files.newInputStream(ready)) {
          ports.load(in);
        }
        https = "https://localhost:" + ports.getProperty("https_port");
        http = "http://127.0.0.1:" + ports.getProperty("http_port");
      } catch (IOException | InterruptedException failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  static String https() {
    return AiServer.ONLY.https;
  }

  static String http() {
    return AiServer.ONLY.http;
  }

  static String caFile() {
    return AiServer.ONLY.caFile;
  }

  static NetworkConfig.Builder config() {
    return NetworkConfig.newBuilder().caFile(caFile()).maxRetries(0);
  }

  static HTTPClient client() {
    return new HTTPClient(config().build());
  }

  static APIClient api() {
    return new APIClient(https(), KEY, config().build());
  }

  static void await(CountDownLatch latch) throws InterruptedException {
    assertTrue(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS), "it did not happen");
  }

  /** For what has no event of its own. */
  static void eventually(BooleanSupplier holds) throws InterruptedException {
    final long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "it did not become true");
      Thread.sleep(2);
    }
  }

  static double scale(double otherwise) {
    final String set = System.getenv("PPN_TEST_SCALE");
    return set == null || set.isEmpty() ? otherwise : Double.parseDouble(set);
  }

  /** Whether something of the test needs no closing, or was dropped on purpose: the collector has to come. */
  boolean collects() {
    return false;
  }

  @AfterEach
  void nothingIsLeftAlive() throws InterruptedException {
    NetworkRuntime.shutdown();
    // The last handles are let go of by tasks that may still run.
    eventually(() -> {
      if (collects()) System.gc();
      return NetworkRuntime.liveObjects() == 0;
    });
    assertEquals(0, NetworkRuntime.liveObjects());
  }
}
