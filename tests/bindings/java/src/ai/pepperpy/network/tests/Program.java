// The programs of ProcessTest.
package ai.pepperpy.network.tests;

import ai.pepperpy.network.*;
import java.io.File;
import java.util.concurrent.CountDownLatch;

final class Program {
  private Program() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "streams" -> streams(args[1]);
      case "load" -> load();
      case "hook" -> hook(args[1]);
      case "loaders" -> loaders(args[1]);
      case "config" -> {
        try {
          final NetworkConfig config = NetworkConfig.newBuilder().build();
          System.out.println(config.get("timeout_ms") + " " + config.get("max_retries") + " " + config.get("rate_limit") + " " + config.get("verify_ssl"));
        } catch (NetworkException error) {
          System.out.println(error.getMessage());
          System.exit(1);
        }
      }
      case "unpacked" -> {
        NetworkRuntime.version();
        final long pid = ProcessHandle.current().pid();
        final File[] left = new File(System.getProperty("java.io.tmpdir")).listFiles((folder, name) -> name.startsWith("pepperpy-network-"));
        int ours = 0;
        for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/" + pid + "/maps"))) {
          for (File folder : left) ours += line.contains(folder.getName()) && folder.exists() ? 1 : 0;
        }
        System.out.println(ours);
      }
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void load() {
    for (int i = 0; i < 2; ++i) {
      try {
        new HTTPClient().close();
        System.out.println("loaded");
      } catch (UsageException error) {
        System.out.println(error.getMessage());
      }
    }
    System.exit(1);
  }

  private static void streams(String way) throws Exception {
    final RawServer server = new RawServer(connection -> {
      connection.readRequest();
      connection.send(RawServer.EVENTS);
      for (;;) connection.send("data: x\n\n".repeat(100));
    });
    final HTTPClient client = way.equals("exit-in-place") ? HTTPClient.newBuilder().executor(Runnable::run).build() : new HTTPClient();
    final CountDownLatch live = new CountDownLatch(8);
    for (int i = 0; i < 4; ++i) {
      client.events(server.url()).forEachAsync(event -> {
        if (event.index() != 1000) return;
        live.countDown();
        if (way.startsWith("exit-in") && live.getCount() == 4) {
          System.out.println("live");
          System.exit(3);
        }
      });
      final EventStream read = client.events(server.url());
      final Thread reader = new Thread(() -> {
        while (read.hasNext()) {
          if (read.next().index() == 1000 && !way.startsWith("exit-in")) live.countDown();
        }
      });
      reader.setDaemon(true);
      reader.start();
    }
    live.await();
    System.out.println("live");
    if (way.equals("exit")) System.exit(3);
    if (way.equals("halt")) Runtime.getRuntime().halt(3);
    if (way.equals("throw")) throw new IllegalStateException("out of main");
  }

  private static int call() throws Exception {
    try (RawServer server = RawServer.answering(RawServer.response(200, "", "x")); HTTPClient client = new HTTPClient()) {
      return client.get(server.url()).status();
    }
  }

  /** What a program does at the very end: it sends the rest. The machine starts all hooks at the same time. */
  private static void hook(String way) throws Exception {
    final RawServer server = RawServer.answering(RawServer.response(200, "", "x"));
    final HTTPClient client = new HTTPClient();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        Thread.sleep(50);  // what other hooks do at once is done by then
      } catch (InterruptedException never) {
        throw new AssertionError(never);
      }
      System.out.println(client.get(server.url()).status());
    }));
    System.out.print(client.get(server.url()).status() + " ");
    if (way.equals("exit")) System.exit(3);
  }

  /** The same classes twice, each with a call. */
  private static void loaders(String jar) throws Exception {
    final var urls = new java.net.URL[] {new File(jar).toURI().toURL(), new File(System.getenv("PPN_TEST_CLASSES") + "/").toURI().toURL()};
    for (int i = 0; i < 2; ++i) {
      final ClassLoader loader = new java.net.URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
      final var call = Class.forName(Program.class.getName(), true, loader).getDeclaredMethod("call");
      call.setAccessible(true);
      System.out.print(call.invoke(null) + (i == 0 ? " " : "\n"));
    }
  }
}
