// A call that is under way: the task that its user waits for, and what the library calls when it has ended.
using System;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>The I/O thread only notes the end and queues the rest, which runs on the thread pool: reading the response, and what waits
/// for the task. That is one switch of threads; RunContinuationsAsynchronously on top would be a second one.</summary>
internal sealed class PendingCall : TaskCompletionSource<Response>, ICallTarget, IThreadPoolWorkItem
{
    private readonly Request _request;
    private readonly CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private nint _response;
    private nint _error;
    private int _status;

    public PendingCall(Request request, CancellationToken cancellationToken)
    {
        _request = request;
        _cancellationToken = cancellationToken;
    }

    public unsafe Task<Response> Start()
    {
        if (!_request.TryBegin())
        {
            SetException(Request.StartedBefore());
            return Task;
        }
        if (_cancellationToken.IsCancellationRequested)
        {
            _request.End();
            SetCanceled(_cancellationToken);
            return Task;
        }
        long token = Tokens.Add(this);
        int code;
        nint error = 0;
        try
        {
            using NativeHandle.Borrowed request = _request.Handle.Borrow();
            // Before the start, so that the end finds it. A request that is cancelled before can not be started.
            if (_cancellationToken.CanBeCanceled)
            {
                _registration = _cancellationToken.UnsafeRegister(static call => ((PendingCall)call!)._request.Cancel(), this);
            }
            code = Native.ppnb_request_start(request.Value, token, &error);
        }
        catch (ObjectDisposedException exception)
        {
            Tokens.Remove(token);
            SetException(exception);
            return Task;
        }
        if (code != Native.PPN_OK)
        {
            Tokens.Remove(token);
            _status = code;
            _error = error;
            Execute();
        }
        return Task;
    }

    public void OnComplete(long token, long index, int status, nint response, nint error)
    {
        Tokens.Remove(token);
        _status = status;
        _response = response;
        _error = error;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        // Waits for a cancel that runs right now, which uses the request.
        _registration.Dispose();
        bool keep = _request.KeepsResponse;
        Exception? thrown = _request.End();
        Response? response = null;
        try
        {
            if (_response != 0) response = Response.Take(_response, keep: keep);
            if (_status == Native.PPN_OK && response is not null)
            {
                Native.ppn_error_release(_error);
                SetResult(response);
            }
            else if (_status == Native.PPN_E_CANCELLED && thrown is null && _cancellationToken.IsCancellationRequested
                     || _status == Native.PPN_E_INVALID_STATE && _cancellationToken.IsCancellationRequested)
            {
                Native.ppn_error_release(_error);
                SetCanceled(_cancellationToken);
            }
            else
            {
                SetException(Failures.Take(_status, _error, response, thrown));
            }
        }
        catch (Exception exception)
        {
            TrySetException(exception);
        }
    }
}
