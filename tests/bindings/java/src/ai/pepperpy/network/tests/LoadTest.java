// The library is loaded, fits, and knows the codes that these classes know.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.ErrorCode;
import ai.pepperpy.network.NetworkException;
import ai.pepperpy.network.NetworkRuntime;
import ai.pepperpy.network.UsageException;
import java.lang.reflect.Field;
import org.junit.jupiter.api.Test;

class LoadTest extends Fixture {
  @Test
  void versions_of_library_and_classes_are_the_same() {
    assertEquals(NetworkRuntime.bindingVersion(), NetworkRuntime.version());
  }

  @Test
  void every_code_has_the_name_that_the_library_gives_it() throws IllegalAccessException {
    int codes = 0;
    for (Field field : ErrorCode.class.getFields()) {
      assertEquals(field.getName(), ErrorCode.name(field.getInt(null)));
      ++codes;
    }
    assertTrue(codes > 80, "only " + codes + " codes");
  }

  @Test
  void every_code_becomes_an_exception_that_says_it() throws IllegalAccessException {
    for (Field field : ErrorCode.class.getFields()) {
      final int code = field.getInt(null);
      if (code < 100) continue;
      final NetworkException made = NetworkException.of(code, "said");
      assertEquals(code, made.code());
      assertEquals(field.getName() + ": said", made.getMessage());
      assertEquals(code / 100 == 6 ? "Status" : "", made.getClass().getSuperclass().getSimpleName().startsWith("Status") ? "Status"
          : made.getClass().getSimpleName().startsWith("Status") ? "Status" : "");
    }
  }

  @Test
  void a_code_that_does_not_exist_is_refused() {
    assertEquals(ErrorCode.INVALID_ARGUMENT, assertThrows(UsageException.class, () -> NetworkException.of(7, "x")).code());
  }

  @Test
  void secrets_are_hidden_in_texts() {
    assertEquals("https://localhost/a?key=REDACTED", NetworkRuntime.redactUrl("https://localhost/a?key=abc"));
  }
}
