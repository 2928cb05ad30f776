// A server that plays faults byte by byte: each connection is handed to a script.
package ai.pepperpy.network.tests;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

final class RawServer implements Closeable {
  interface Script {
    void serve(Connection connection) throws Exception;
  }

  static final class Connection {
    private final Socket socket;
    final int number;

    private Connection(Socket socket, int number) {
      this.socket = socket;
      this.number = number;
    }

    /** The head of a request and the body that Content-Length announces; null when the peer has gone. */
    String readRequest() throws IOException {
      final ByteArrayOutputStream read = new ByteArrayOutputStream();
      final InputStream in = socket.getInputStream();
      while (!read.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        final int next = in.read();
        if (next < 0) return null;
        read.write(next);
      }
      final String head = read.toString(StandardCharsets.ISO_8859_1);
      for (String line : head.split("\r\n")) {
        if (line.toLowerCase().startsWith("content-length:")) {
          read.write(in.readNBytes(Integer.parseInt(line.substring(15).trim())));
        }
      }
      return read.toString(StandardCharsets.ISO_8859_1);
    }

    void send(String latin1) throws IOException {
      socket.getOutputStream().write(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    /** Everything up to the end of the connection, which does not matter. */
    void readAll() throws IOException {
      socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
    }

    /** Whether the peer has ended the connection; waits for it. */
    boolean readEnd() throws IOException {
      try {
        return socket.getInputStream().read() < 0;
      } catch (java.net.SocketException reset) {
        return true;
      }
    }
  }

  private final ServerSocket listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
  private final ConcurrentLinkedQueue<Socket> open = new ConcurrentLinkedQueue<>();
  final AtomicInteger connections = new AtomicInteger();

  RawServer(Script script) throws IOException {
    final Thread accepting = new Thread(() -> {
      for (;;) {
        try {
          final Socket socket = listener.accept();
          socket.setTcpNoDelay(true);
          open.add(socket);
          final Connection connection = new Connection(socket, connections.getAndIncrement());
          final Thread serving = new Thread(() -> {
            try (socket) {
              script.serve(connection);
            } catch (Exception gone) {
              // The test sees what came of it.
            }
          });
          serving.setDaemon(true);
          serving.start();
        } catch (IOException closed) {
          return;
        }
      }
    });
    accepting.setDaemon(true);
    accepting.start();
  }

  /** Answers every request of every connection with the same bytes. */
  static RawServer answering(String latin1) throws IOException {
    return new RawServer(connection -> {
      while (connection.readRequest() != null) connection.send(latin1);
    });
  }

  static String response(int status, String headers, String body) {
    return "HTTP/1.1 " + status + " Status\r\n" + headers + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  static final String EVENTS = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) socket.close();
  }
}
