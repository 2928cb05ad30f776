// null, everywhere: each public constructor and method refuses it by name.
package ai.pepperpy.network.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.pepperpy.network.*;
import java.io.InputStream;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NullTest extends Fixture {
  @Override
  boolean collects() {
    return true;
  }

  /** null has a meaning here: no limit; any object; what equals takes. */
  private static final Set<String> TAKES_NULL = Set.of("decide", "of", "equals");

  /** Something for each type; of interfaces something that does nothing. */
  private static Object sample(Class<?> type) {
    if (type == String.class || type == CharSequence.class) return "x";
    if (type == int.class) return 1;
    if (type == long.class) return 1L;
    if (type == double.class) return 1.0;
    if (type == boolean.class) return true;
    if (type == byte[].class) return new byte[0];
    if (type == Duration.class) return Duration.ofSeconds(1);
    if (type == Path.class) return Path.of("x");
    if (type == Charset.class) return StandardCharsets.UTF_8;
    if (type == InputStream.class) return InputStream.nullInputStream();
    if (type == Map.class) return Map.of();
    if (type == List.class) return List.of();
    if (type == Headers.class) return Headers.of();
    if (type == Request.class) return Request.get("http://127.0.0.1:1/").build();
    if (type == Json.class) return Json.of(1);
    if (type == NetworkException.class) return NetworkException.of(ErrorCode.TIMEOUT, "");
    if (type == System.Logger.Level.class) return System.Logger.Level.OFF;
    if (type.isEnum()) return type.getEnumConstants()[0];
    if (type.isArray()) return Array.newInstance(type.getComponentType(), 0);
    if (type.isInterface()) {
      return java.lang.reflect.Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> null);
    }
    return null;
  }

  private static int check(Object target, Executable code, List<String> wrong) {
    int checked = 0;
    final Class<?>[] types = code.getParameterTypes();
    for (int i = 0; i < types.length; ++i) {
      if (types[i].isPrimitive() || TAKES_NULL.contains(code.getName())) continue;
      final Object[] arguments = new Object[types.length];
      boolean known = true;
      for (int j = 0; j < types.length; ++j) {
        arguments[j] = j == i ? null : sample(types[j]);
        known &= j == i || arguments[j] != null;
      }
      if (!known || (code.getDeclaringClass() == Json.class && i == 1)) continue;
      ++checked;
      try {
        if (code instanceof Constructor<?> constructor) {
          constructor.newInstance(arguments);
        } else {
          ((Method) code).invoke(target, arguments);
        }
        wrong.add(code + " took null for parameter " + i);
      } catch (InvocationTargetException thrown) {
        final Throwable cause = thrown.getCause();
        if (!(cause instanceof NullPointerException)) wrong.add(code + ", parameter " + i + ": " + cause);
      } catch (ReflectiveOperationException | IllegalArgumentException notCallable) {
        wrong.add(code + ": " + notCallable);
      }
    }
    return checked;
  }

  @Test
  void every_null_is_refused() {
    final List<String> wrong = new ArrayList<>();
    int checked = 0;
    try (HTTPClient client = client(); RateLimiter limiter = new RateLimiter(60, 1); Batch batch = new Batch();
        Middleware middleware = Middleware.traceContext();
        WebSocketClient socket = new WebSocketClient(client, "wss://localhost:1/");
        EventStream events = client.events("http://127.0.0.1:1/");
        ChunkStream chunks = client.stream("http://127.0.0.1:1/")) {
      final List<Object> targets = new ArrayList<>(List.of(client, limiter, batch, middleware, socket, events, chunks, new RetryHandler(),
          new RequestMiddleware("x"), Request.get("x"), NetworkConfig.newBuilder(), NetworkConfig.newBuilder().build(), Json.parse("{}"),
          Headers.of("a", "b"), HTTPClient.newBuilder(), APIClient.newBuilder(https(), KEY), RequestManager.newBuilder(https()),
          WebSocketClient.newBuilder(client, "wss://localhost:1/"), client.get(https() + "/echo")));
      for (Object target : targets) {
        for (Method method : target.getClass().getMethods()) {
          if (method.getDeclaringClass().getPackageName().startsWith("java.") || Modifier.isStatic(method.getModifiers()) || method.isBridge()) continue;
          method.setAccessible(true);
          checked += check(target, method, wrong);
        }
      }
      for (Class<?> type : List.of(HTTPClient.class, StreamingClient.class, RequestManager.class, APIClient.class, WebSocketClient.class,
          NetworkConfig.class, RateLimiter.class, RetryHandler.class, RequestMiddleware.class, Middleware.class, Request.class, Json.class,
          Headers.class, NetworkException.class, NetworkLog.class, NetworkRuntime.class)) {
        for (Constructor<?> constructor : type.getConstructors()) checked += check(null, constructor, wrong);
        for (Method method : type.getMethods()) {
          if (Modifier.isStatic(method.getModifiers())) checked += check(null, method, wrong);
        }
      }
    }
    assertEquals("", String.join("\n", wrong));
    assertTrue(checked > 150, "only " + checked);
  }
}
