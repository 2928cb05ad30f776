// The client of the JDK, with the least that makes events of lines.
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.IntConsumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

final class Peer implements Bench.Subject {
  private final HttpClient client;

  Peer(String caFile) throws GeneralSecurityException, IOException {
    final KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream in = new FileInputStream(caFile)) {
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) trusted.setCertificateEntry("ca" + number++, one);
    }
    final TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    final SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(tls).build();
  }

  private static HttpRequest request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build();
  }

  @Override
  public CompletableFuture<byte[]> get(String url) {
    return client.sendAsync(request(url), HttpResponse.BodyHandlers.ofByteArray()).thenApply(response -> {
      if (response.statusCode() != 200) throw new IllegalStateException("status " + response.statusCode());
      return response.body();
    });
  }

  @Override
  public CompletableFuture<Void> events(String url, IntConsumer each) {
    return client.sendAsync(request(url), HttpResponse.BodyHandlers.fromLineSubscriber(new Flow.Subscriber<String>() {
      private int data = -1;

      @Override
      public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
      }

      @Override
      public void onNext(String line) {
        if (line.startsWith("data: ")) {
          data = line.substring(6).length();
        } else if (line.isEmpty() && data >= 0) {
          each.accept(data);
          data = -1;
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onComplete() {}
    })).thenApply(response -> null);
  }
}
