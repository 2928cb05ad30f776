// One request under way whose response is collected: for a future, or for a thread that waits.
package ai.pepperpy.network;

import ai.pepperpy.network.internal.Native;
import ai.pepperpy.network.internal.NativeConstants;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

final class Call implements CallNotes.Waiting, Runnable {
  private final Executor executor;
  private final CallFuture<Response> future;
  private final Wait wait;
  /** The request, for cancelling; 0 once it has ended. */
  private long request;
  private int status;
  private long response;
  private long error;
  private volatile boolean there;
  private volatile boolean interrupted;
  private final Sending sending = new Sending();

  private Call(Executor executor, boolean waits) {
    this.executor = executor;
    this.future = waits ? null : new CallFuture<>(executor, this::cancel);
    this.wait = waits ? new Wait() : null;
  }

  static CompletableFuture<Response> async(Handle client, Executor executor, Request request) {
    final Call call = new Call(executor, false);
    try {
      call.start(client, request);
    } catch (NetworkException refused) {
      call.future.fail(refused);
    }
    return call.future;
  }

  static Response blocking(Handle client, Executor executor, Request request) {
    Upcalls.mustNotWait();
    final Call call = new Call(executor, true);
    call.wait.prepare();
    call.start(client, request);
    call.wait.until(() -> call.there, call::interrupt);
    return call.take();
  }

  private void start(Handle client, Request described) {
    final long made = RequestMaker.make(client, described, executor, sending);
    request = made;  // before its start, and nobody knows this object yet
    final long token = CallNotes.expect(this);
    final long[] failure = new long[1];
    final int code = Native.ppnb_request_start(made, token, failure);
    if (code == NativeConstants.PPN_OK) return;
    CallNotes.forget(token);
    releaseRequest();
    sending.end();
    Errors.check(code, failure);
  }

  private void interrupt() {
    interrupted = true;
    cancel();
  }

  synchronized void cancel() {
    if (request != 0) Native.ppn_request_cancel(request);
  }

  private synchronized void releaseRequest() {
    Native.ppn_request_release(request);
    request = 0;
  }

  @Override
  public boolean arrived(long index, int code, long arrivedResponse, long arrivedError) {
    status = code;
    response = arrivedResponse;
    error = arrivedError;
    there = true;
    if (wait != null) {
      wait.wake();
    } else {
      Upcalls.dispatch(executor, this);
    }
    return false;
  }

  @Override
  public void run() {
    try {
      future.done(take());
    } catch (Throwable failure) {
      future.fail(failure);
    }
  }

  private Response take() {
    releaseRequest();
    sending.end();
    final Response arrived = Response.take(response);
    if (status == NativeConstants.PPN_OK) {
      Native.ppn_error_release(error);
      return arrived;
    }
    throw sending.explain(Errors.take(status, error, arrived), interrupted ? new InterruptedException() : null);
  }
}
