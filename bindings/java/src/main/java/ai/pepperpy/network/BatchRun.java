// A batch under way: results come in on threads of the library and are worked off one after the other on the executor.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

final class BatchRun implements CallNotes.Waiting {
  private static final int END = -1;

  final CallFuture<List<Completion>> future;
  /** Kept as long as it runs, with what it keeps. */
  private final Batch batch;
  private final Serial serial;
  private final Sending[] sendings;
  private final Consumer<? super Completion> onResult;
  private final BiConsumer<? super Integer, ? super Integer> onProgress;
  private final Completion[] results;
  private int done;
  private Throwable thrown;

  BatchRun(Batch batch, Executor executor, Collection<Sending> sendings, Consumer<? super Completion> onResult,
           BiConsumer<? super Integer, ? super Integer> onProgress) {
    this.batch = batch;
    this.serial = new Serial(executor);
    this.future = new CallFuture<>(executor, batch::cancel);
    this.sendings = sendings.toArray(new Sending[0]);
    this.onResult = onResult;
    this.onProgress = onProgress;
    this.results = new Completion[onResult == null ? this.sendings.length : 0];
  }

  @Override
  public boolean arrived(long index, int status, long response, long error) {
    if (index == END) {
      serial.add(this::end);
      return false;
    }
    serial.add(() -> one((int) index, status, response, error));
    return true;
  }

  private void one(int index, int status, long response, long error) {
    sendings[index].end();
    final Response arrived = Response.take(response);
    NetworkException failure = null;
    if (status == NativeConstants.PPN_OK) {
      Native.ppn_error_release(error);
    } else {
      failure = sendings[index].explain(Errors.take(status, error, arrived), null);
    }
    final Completion result = new Completion(index, Optional.ofNullable(arrived), Optional.ofNullable(failure));
    if (onResult == null) results[index] = result;
    ++done;
    if (thrown != null) return;
    try {
      if (onResult != null) onResult.accept(result);
      if (onProgress != null) onProgress.accept(done, sendings.length);
    } catch (Throwable ofHandler) {
      thrown = ofHandler;
      batch.cancel();
    }
  }

  private void end() {
    batch.close();
    if (thrown != null) {
      future.fail(
          Errors.of(ErrorCode.CANCELLED, "a handler of the batch threw " + thrown.getClass().getName(), thrown));
    } else {
      future.done(new ArrayList<>(Arrays.asList(results)));
    }
  }
}
