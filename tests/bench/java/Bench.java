// Ours and java.net.http.HttpClient: the same program asks the one or the other.
//
// `get`: COUNT calls under way over kept connections, for SECONDS. `events`: COUNT streams of server-sent events, each read to
// its end. Both are done once before they are measured, for the compiler.
//
// usage: bench_java get|events ours|peer URL CA_FILE COUNT SECONDS
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;

public final class Bench {
  /** What is measured: one call, or one stream whose data is told of. */
  interface Subject {
    CompletableFuture<byte[]> get(String url);

    CompletableFuture<Void> events(String url, java.util.function.IntConsumer each);
  }

  private static final class Figures {
    final LongAdder operations = new LongAdder();
    final LongAdder errors = new LongAdder();
    final LongAdder bodyBytes = new LongAdder();
  }

  private final Subject subject;
  private final String url;
  private final int count;
  private volatile Figures figures;
  private volatile long end;

  private Bench(Subject subject, String url, int count) {
    this.subject = subject;
    this.url = url;
    this.count = count;
  }

  private void next(CountDownLatch running) {
    subject.get(url).whenComplete((body, failure) -> {
      if (failure == null) {
        figures.operations.increment();
        figures.bodyBytes.add(body.length);
      } else {
        figures.errors.increment();
        System.err.println("bench_java: " + failure);
      }
      if (failure == null && System.nanoTime() < end) {
        next(running);
      } else {
        running.countDown();
      }
    });
  }

  private Figures gets(double seconds) throws InterruptedException {
    figures = new Figures();
    end = System.nanoTime() + (long) (seconds * 1e9);
    final CountDownLatch running = new CountDownLatch(count);
    for (int i = 0; i < count; ++i) next(running);
    running.await();
    return figures;
  }

  private Figures streams() throws InterruptedException {
    final Figures all = new Figures();
    final CountDownLatch running = new CountDownLatch(count);
    for (int i = 0; i < count; ++i) {
      subject.events(url, bytes -> {
        all.operations.increment();
        all.bodyBytes.add(bytes);
      }).whenComplete((nothing, failure) -> {
        if (failure != null) {
          all.errors.increment();
          System.err.println("bench_java: " + failure);
        }
        running.countDown();
      });
    }
    running.await();
    return all;
  }

  private static long allocatedBytes() {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) sum += Math.max(bytes, 0);
    return sum;
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 6) {
      System.err.println("usage: bench_java get|events ours|peer URL CA_FILE COUNT SECONDS");
      System.exit(1);
    }
    final int count = Integer.parseInt(args[4]);
    final double seconds = Double.parseDouble(args[5]);
    final Subject subject = args[1].equals("ours") ? new Ours(args[3], count) : new Peer(args[3]);
    final Bench bench = new Bench(subject, args[2], count);
    final boolean gets = args[0].equals("get");
    if (gets) {
      bench.gets(Math.min(4, 2 * seconds));
    } else {
      bench.streams();
    }
    final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    final long allocated = allocatedBytes();
    final long cpu = system.getProcessCpuTime();
    final long began = System.nanoTime();
    final Figures all = gets ? bench.gets(seconds) : bench.streams();
    final double took = (System.nanoTime() - began) / 1e9;
    final double cpuTook = (system.getProcessCpuTime() - cpu) / 1e9;
    System.out.printf(java.util.Locale.ROOT, "{\"operations\":%d,\"errors\":%d,\"body_bytes\":%d,\"seconds\":%.6f,\"cpu_s\":%.6f,\"allocated_bytes\":%d}%n",
        all.operations.sum(), all.errors.sum(), all.bodyBytes.sum(), took, cpuTook, Math.max(0, allocatedBytes() - allocated));
    System.exit(all.errors.sum() > 0 || all.operations.sum() == 0 ? 1 : 0);
  }
}
