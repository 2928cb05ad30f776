// Reads the records in which the native side hands over many values at once: little-endian, without gaps.
package ai.pepperpy.network;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

final class RecordReader {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private int at;

  RecordReader(byte[] bytes, int from) {
    this.bytes = bytes;
    this.at = from;
  }

  static int int32At(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  static long int64At(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  int int32() {
    final int value = (int) INT.get(bytes, at);
    at += Integer.BYTES;
    return value;
  }

  long int64() {
    final long value = (long) LONG.get(bytes, at);
    at += Long.BYTES;
    return value;
  }

  double float64() {
    return Double.longBitsToDouble(int64());
  }

  String text() {
    final int length = int32();
    at += length;
    return new String(bytes, at - length, length, StandardCharsets.UTF_8);
  }

  /** A value of a header, whose bytes may be of any encoding: UTF-8 where it is that, else ISO-8859-1. */
  String headerText() {
    final int begin = at;
    final String utf8 = text();
    if (utf8.indexOf('\ufffd') < 0) return utf8;
    return new String(bytes, begin + Integer.BYTES, at - begin - Integer.BYTES, StandardCharsets.ISO_8859_1);
  }

  byte[] raw() {
    final int length = int32();
    at += length;
    return java.util.Arrays.copyOfRange(bytes, at - length, at);
  }

  void skip(int count) {
    at += count;
  }

  void skipText() {
    at += int32();
  }
}
