// JSON in and out.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.ErrorCode;
import ai.pepperpy.network.Json;
import ai.pepperpy.network.ProtocolException;
import ai.pepperpy.network.UsageException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void values_are_plain_objects() {
    final Json json = Json.parse(" { \"a\" : [1, -2.5e1, true, false, null, \"x\"], \"b\" : {} , \"a~/b\": 9223372036854775807, \"c\": 9223372036854775808 } ");
    assertEquals(Arrays.asList(1L, -25.0, true, false, null, "x"), json.list("/a"));
    assertEquals(Map.of(), json.map("/b"));
    assertEquals(Long.MAX_VALUE, json.integer("/a~0~1b"));
    assertEquals(new BigInteger("9223372036854775808"), json.at("/c").value());
    assertNull(json.at("/a/4").value());
    assertTrue(json.contains("/a/4"));
    assertTrue(json.bool("/a/2"));
    assertEquals(1.0, json.number("/a/0"));
    assertEquals(6, json.size("/a"));
    assertEquals(List.of("a", "b", "a~/b", "c"), new ArrayList<>(json.map("").keySet()));
  }

  @Test
  void strings_keep_every_character() {
    final String text = "\0\u0001\n\"\\/\u00e9\u2028\uD83C\uDF36";
    assertEquals(text, Json.parse(Json.of(text).toString()).string(""));
    assertEquals(text, Json.parse("\"\\u0000\\u0001\\n\\\"\\\\\\/\\u00e9\\u2028\\ud83c\\udf36\"").string(""));
    assertEquals("\b\f\r\t", Json.parse("\"\\b\\f\\r\\t\"").string(""));
  }

  @Test
  void what_is_no_json_is_refused_and_not_repeated() {
    for (String wrong : List.of("", "{", "{\"secret\":}", "[1,]", "01", "nul", "\"\u0001\"", "1 2", "\"\\x\"", "[".repeat(200) + "]".repeat(200))) {
      final ProtocolException refused = assertThrows(ProtocolException.class, () -> Json.parse(wrong), wrong);
      assertEquals(ErrorCode.JSON_PARSE, refused.code());
      assertTrue(!refused.getMessage().contains("secret"));
    }
    assertThrows(ProtocolException.class, () -> Json.parse(new byte[] {'"', (byte) 0xff, '"'}));
  }

  @Test
  void missing_values_and_pointers_that_are_none_have_names() {
    final Json json = Json.parse("{\"a\":[1]}");
    for (String pointer : List.of("/b", "/a/1", "/a/01", "/a/-", "/a/x", "/a/0/z")) {
      assertEquals(ErrorCode.JSON_VALUE, assertThrows(ProtocolException.class, () -> json.at(pointer)).code());
    }
    assertEquals(ErrorCode.JSON_VALUE, assertThrows(ProtocolException.class, () -> json.string("/a")).code());
    assertEquals(ErrorCode.INVALID_ARGUMENT, assertThrows(UsageException.class, () -> json.at("a")).code());
    assertEquals(ErrorCode.INVALID_ARGUMENT, assertThrows(UsageException.class, () -> json.at("/~2")).code());
    assertEquals("none", json.string("/b", "none"));
  }

  @Test
  void values_without_a_form_are_refused() {
    for (Object wrong : List.of(Double.NaN, new Object(), Map.of(1, 2))) {
      assertEquals(ErrorCode.INVALID_ARGUMENT, assertThrows(UsageException.class, () -> Json.of(wrong)).code());
    }
    final List<Object> itself = new ArrayList<>();
    itself.add(itself);
    assertThrows(UsageException.class, () -> Json.of(itself));
    assertEquals("[1,2.5,\"c\",{\"k\":null}]", Json.of(new Object[] {1, 2.5f, 'c', java.util.Collections.singletonMap("k", null)}).toString());
  }

  @Test
  void values_can_not_be_changed() {
    assertThrows(UnsupportedOperationException.class, () -> Json.parse("[1]").list("").add(2L));
    assertThrows(UnsupportedOperationException.class, () -> Json.parse("{\"a\":1}").map("").clear());
  }
}
