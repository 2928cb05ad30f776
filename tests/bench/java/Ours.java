// The library.
import ai.pepperpy.network.NetworkConfig;
import ai.pepperpy.network.Response;
import ai.pepperpy.network.StreamingClient;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

final class Ours implements Bench.Subject {
  private final StreamingClient client;

  Ours(String caFile, int count) {
    client = new StreamingClient(NetworkConfig.newBuilder().caFile(caFile).maxConnectionsPerOrigin(count).build());
  }

  @Override
  public CompletableFuture<byte[]> get(String url) {
    return client.getAsync(url).thenApply(Response::raiseForStatus).thenApply(Response::bytes);
  }

  @Override
  public CompletableFuture<Void> events(String url, IntConsumer each) {
    return client.events(url).forEachAsync(event -> each.accept(event.data().length()));
  }
}
