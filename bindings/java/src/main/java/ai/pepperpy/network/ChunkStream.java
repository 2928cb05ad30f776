package ai.pepperpy.network;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.Executor;

/** The bytes of a response as they arrive. */
public final class ChunkStream extends PieceStream<byte[]> {
  private final StreamCore core;

  ChunkStream(StreamCore core) {
    super(core);
    this.core = core;
  }

  @Override
  byte[] piece(byte[] batch, int at) {
    return Event.bytes(batch, at);
  }

  @Override
  Executor executor() {
    return core.executor;
  }

  /**
   * Status and headers. A request whose head was taken is not tried again when the stream breaks. Blocks: for the head.
   *
   * @return the response, without a body
   * @throws NetworkException what the request failed with
   */
  public Response response() {
    return core.response();
  }

  /**
   * The bytes as a stream of Java, whose closing closes this. What fails is thrown as an IOException with the
   * {@link NetworkException} as its cause.
   *
   * @return the stream
   */
  public InputStream inputStream() {
    return new Bytes();
  }

  private final class Bytes extends InputStream {
    private byte[] piece = Texts.EMPTY;
    private int at;

    private boolean more() throws IOException {
      try {
        while (at == piece.length) {
          if (!hasNext()) return false;
          piece = ChunkStream.this.next();
          at = 0;
        }
        return true;
      } catch (NetworkException failure) {
        throw new IOException(failure.getMessage(), failure);
      }
    }

    @Override
    public int read() throws IOException {
      return more() ? piece[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, to.length);
      if (length == 0) return 0;
      if (!more()) return -1;
      final int count = Math.min(length, piece.length - at);
      System.arraycopy(piece, at, to, offset, count);
      at += count;
      return count;
    }

    @Override
    public int available() {
      return piece.length - at;
    }

    @Override
    public void close() {
      ChunkStream.this.close();
    }
  }
}
