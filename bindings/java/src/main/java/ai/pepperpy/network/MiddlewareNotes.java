// What is told about middleware: steps of requests, and tokens that are wanted.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.MiddlewareHandler;
import ai.pepperpy.network.internal.Native;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;

final class MiddlewareNotes extends MiddlewareHandler {
  private record Installed(Executor executor, RequestMiddleware.AsyncStep[] steps, LongConsumer refresh) {}

  private static final ConcurrentHashMap<Long, Installed> INSTALLED = new ConcurrentHashMap<>();

  static long expect(Executor executor, RequestMiddleware.AsyncStep[] steps) {
    final long token = CallNotes.newToken();
    INSTALLED.put(token, new Installed(executor, steps, null));
    return token;
  }

  /** `refresh` gets a reference of a middleware, which it releases. */
  static long expectRefresh(Executor executor, LongConsumer refresh) {
    final long token = CallNotes.newToken();
    INSTALLED.put(token, new Installed(executor, null, refresh));
    return token;
  }

  static void forget(long token) {
    INSTALLED.remove(token);
  }

  @Override
  public void on_step(long token, int step, long context) {
    final int[] depth = Upcalls.enter();
    try {
      final Installed installed = INSTALLED.get(token);
      if (installed == null) {
        new MiddlewareContext(context).finish();
        return;
      }
      final RequestMiddleware.AsyncStep code = installed.steps()[Integer.numberOfTrailingZeros(step)];
      Upcalls.dispatch(installed.executor(), () -> run(code, context));
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }

  private static void run(RequestMiddleware.AsyncStep code, long handle) {
    final MiddlewareContext context = new MiddlewareContext(handle);
    try {
      final CompletionStage<?> later = code.run(context);
      if (later == null) {
        context.finish();
      } else {
        context.keep();
        later.whenComplete((nothing, thrown) -> {
          if (thrown != null) context.failBy(thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown);
          context.finish();
        });
      }
    } catch (Throwable thrown) {
      context.failBy(thrown);
      context.finish();
    }
  }

  @Override
  public void on_refresh(long token, long middleware) {
    final int[] depth = Upcalls.enter();
    try {
      final Installed installed = INSTALLED.get(token);
      if (installed == null) {
        Native.ppn_middleware_refresh_failed(middleware, null);
        Native.ppn_middleware_release(middleware);
        return;
      }
      Upcalls.dispatch(installed.executor(), () -> installed.refresh().accept(middleware));
    } catch (Throwable thrown) {
      Upcalls.unexpected(thrown);
    } finally {
      Upcalls.exit(depth);
    }
  }

  @Override
  public void on_released(long token) {
    INSTALLED.remove(token);
  }
}
