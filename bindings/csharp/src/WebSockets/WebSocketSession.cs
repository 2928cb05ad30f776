// What the library calls for a WebSocket. Hooks of the user run one after another on the thread pool, in the order of the events.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

public sealed partial class WebSocketClient
{
    /// <summary>Does not keep the handle: a client that nobody has any more is collected, and its connection dropped.</summary>
    internal sealed class Session : IWebSocketTarget
    {
        private readonly object _gate = new();
        private readonly Queue<Func<Task>> _events = new();
        private bool _running;
        private WeakReference<SocketHandle>? _handle;

        public ReadySignal Ready { get; } = new();

        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Terminated { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<Response, Task>? OpenHook { get; set; }

        public Func<WebSocketClose, Task>? CloseHook { get; set; }

        public Func<ReconnectAttempt, Task>? ReconnectHook { get; set; }

        public Func<NetworkException?, Task>? TerminatedHook { get; set; }

        /// <summary>What a hook threw first; the connection was dropped for it.</summary>
        public Exception? Thrown { get; private set; }

        public void Use(SocketHandle handle) => _handle = new WeakReference<SocketHandle>(handle);

        public void OnReady() => Ready.OnReady();

        public void OnOpen(nint handshake)
        {
            if (OpenHook is { } hook)
            {
                Response answer = Response.Take(handshake);
                Post(() => hook(answer));
            }
            else
            {
                Native.ppn_response_release(handshake);
            }
            Opened.TrySetResult();
        }

        public void OnClose(int code, nint reason, nint error)
        {
            string text = NativeText.TakeText(reason) ?? "";
            if (CloseHook is { } hook)
            {
                NetworkException? failure = error == 0 ? null : Failures.Take(Native.ppn_error_code(error), error);
                Post(() => hook(new WebSocketClose(code, text, failure)));
            }
            else
            {
                Native.ppn_error_release(error);
            }
        }

        public void OnReconnecting(long attempt, long delayMs, int code, nint error)
        {
            if (ReconnectHook is not { } hook)
            {
                Native.ppn_error_release(error);
                With(Resume);
                return;
            }
            NetworkException? failure = error == 0 ? null : Failures.Take(Native.ppn_error_code(error), error);
            var next = new ReconnectAttempt(this, (int)attempt, TimeSpan.FromMilliseconds(delayMs), code, failure);
            Post(async () =>
            {
                await hook(next).ConfigureAwait(false);
                With(Resume);
            });
        }

        public void OnTerminated(nint error)
        {
            NetworkException? failure = error == 0 ? null : Failures.Take(Native.ppn_error_code(error), error, inner: Thrown);
            if (TerminatedHook is { } hook) Post(() => hook(failure));
            if (failure is null)
            {
                Opened.TrySetResult();
                Terminated.TrySetResult();
            }
            else
            {
                Opened.TrySetException(failure);
                Terminated.TrySetException(failure);
                // Nobody has to wait for it.
                _ = Opened.Task.Exception;
                _ = Terminated.Task.Exception;
            }
            Ready.OnReady();
        }

        public void OnDisposed()
        {
            Opened.TrySetException(new ObjectDisposedException(nameof(WebSocketClient)));
            _ = Opened.Task.Exception;
            Terminated.TrySetResult();
            Ready.OnReady();
        }

        public unsafe void SetHeader(string name, string value)
        {
            ArgumentNullException.ThrowIfNull(name);
            ArgumentNullException.ThrowIfNull(value);
            if (_handle is null || !_handle.TryGetTarget(out SocketHandle? handle)) throw new ObjectDisposedException(nameof(WebSocketClient));
            WebSocketClient.Put(handle, &Native.ppn_websocket_set_header, name, value);
        }

        public void SetUrl(string url)
        {
            ArgumentNullException.ThrowIfNull(url);
            if (_handle is null || !_handle.TryGetTarget(out SocketHandle? handle)) throw new ObjectDisposedException(nameof(WebSocketClient));
            WebSocketClient.SetUrl(handle, url);
        }

        public void Cancel() => With(static websocket => Native.ppn_websocket_cancel(websocket));

        private static void Resume(nint websocket) => Native.ppn_websocket_resume(websocket);

        private void With(Action<nint> action)
        {
            if (_handle is null || !_handle.TryGetTarget(out SocketHandle? handle)) return;
            try
            {
                using NativeHandle.Borrowed socket = handle.Borrow();
                action(Native.ppnb_socket_websocket(socket.Value));
            }
            catch (ObjectDisposedException)
            {
                // It was released.
            }
        }

        private void Post(Func<Task> hook)
        {
            lock (_gate)
            {
                _events.Enqueue(hook);
                if (_running) return;
                _running = true;
            }
            ThreadPool.UnsafeQueueUserWorkItem(static session => _ = session.RunAsync(), this, preferLocal: false);
        }

        private async Task RunAsync()
        {
            while (true)
            {
                Func<Task>? hook;
                lock (_gate)
                {
                    if (!_events.TryDequeue(out hook))
                    {
                        _running = false;
                        return;
                    }
                }
                try
                {
                    await hook().ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    Thrown ??= exception;
                    Cancel();
                }
            }
        }
    }

    /// <summary>A message that is on its way.</summary>
    private sealed class PendingMessage() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), ISentTarget
    {
        public void OnSent(int status)
        {
            if (status == Native.PPN_OK)
            {
                TrySetResult();
                return;
            }
            TrySetException(Failures.Take(status, 0));
        }
    }
}
