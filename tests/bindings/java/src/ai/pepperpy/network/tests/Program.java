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
    final HTTPClient client = new HTTPClient();
    final CountDownLatch live = new CountDownLatch(8);
    for (int i = 0; i < 4; ++i) {
      client.events(server.url()).forEachAsync(event -> {
        if (event.index() != 1000) return;
        live.countDown();
        if (way.equals("exit-in-handler") && live.getCount() == 4) {
          System.out.println("live");
          System.exit(3);
        }
      });
      final EventStream read = client.events(server.url());
      final Thread reader = new Thread(() -> {
        while (read.hasNext()) {
          if (read.next().index() == 1000 && !way.equals("exit-in-handler")) live.countDown();
        }
      });
      reader.setDaemon(true);
      reader.start();
    }
    live.await();
    System.out.println("live");
    if (way.equals("exit")) System.exit(3);
  }
}
