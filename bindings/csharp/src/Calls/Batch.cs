// Many requests, a few of them at a time, under one deadline.
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>The result of one request of a batch: a response of any status, or an error.</summary>
/// <param name="Index">The number of requests that were added before it.</param>
/// <param name="Response">What the server answered; null when the request failed.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record BatchResult(int Index, Response? Response, NetworkException? Error)
{
    /// <summary>The response; throws the error when there is one.</summary>
    public Response Get() => Error is null ? Response! : throw Error;
}

/// <summary>Many requests, a few of them at a time, under one deadline. That requests fail is no failure of the batch.
/// <para>Thread: one at a time, except <see cref="Cancel"/>. Blocks: never.</para></summary>
/// <example><code>
/// using var batch = new Batch { Concurrency = 4, Timeout = TimeSpan.FromSeconds(30) };
/// foreach (string url in urls) batch.Add(client.CreateRequest("GET", url));
/// foreach (BatchResult result in await batch.RunAsync()) Use(result.Get());
/// </code></example>
public sealed class Batch : IDisposable
{
    private readonly BatchHandle _handle;
    private readonly List<Request> _requests = [];
    private volatile bool _begun;

    /// <summary>An empty batch.</summary>
    public unsafe Batch()
    {
        Library.Ensure();
        nint made = 0, error = 0;
        Failures.Check(Native.ppn_batch_new(&made, &error), error);
        _handle = new BatchHandle(made);
    }

    /// <summary>How many requests are under way at a time: 1 to 1000.</summary>
    /// <exception cref="UsageException">INVALID_ARGUMENT; INVALID_STATE: started.</exception>
    public long Concurrency
    {
        init => SetConcurrency(value);
    }

    /// <summary>The time for all of it; then what has no result ends with <see cref="NetworkTimeoutException"/>. Zero is no
    /// limit.</summary>
    public TimeSpan Timeout
    {
        init => SetTimeout(value);
    }

    /// <summary>Whether the first error, or status of 400 or more, cancels the rest.</summary>
    public bool FailFast
    {
        init => SetFailFast(value);
    }

    /// <summary>How many requests it has.</summary>
    public int Count => _requests.Count;

    /// <summary>How many requests have their result. Thread: any.</summary>
    public int Done
    {
        get
        {
            using NativeHandle.Borrowed batch = _handle.Borrow();
            return (int)Native.ppn_batch_done(batch.Value);
        }
    }

    /// <summary>Add a request; its index is the number of those before it.</summary>
    /// <exception cref="UsageException">INVALID_STATE: it, or the batch, was started before.</exception>
    public unsafe Batch Add(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using NativeHandle.Borrowed batch = _handle.Borrow();
        using NativeHandle.Borrowed of = request.Handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_batch_add(batch.Value, of.Value, &error), error);
        request.TryBegin();
        _requests.Add(request);
        return this;
    }

    /// <summary>As <see cref="Concurrency"/>.</summary>
    public unsafe Batch SetConcurrency(long requests)
    {
        using NativeHandle.Borrowed batch = _handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_batch_set_concurrency(batch.Value, requests, &error), error);
        return this;
    }

    /// <summary>As <see cref="Timeout"/>.</summary>
    public unsafe Batch SetTimeout(TimeSpan limit)
    {
        using NativeHandle.Borrowed batch = _handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_batch_set_timeout_ms(batch.Value, OptionText.Milliseconds(limit), &error), error);
        return this;
    }

    /// <summary>As <see cref="FailFast"/>.</summary>
    public unsafe Batch SetFailFast(bool enabled = true)
    {
        using NativeHandle.Borrowed batch = _handle.Borrow();
        nint error = 0;
        Failures.Check(Native.ppn_batch_set_fail_fast(batch.Value, enabled ? 1 : 0, &error), error);
        return this;
    }

    /// <summary>Start the batch and collect the results, in the order of Add.</summary>
    /// <param name="onProgress">Optional: is told (done, total) after each result, one at a time, on the thread pool.</param>
    /// <param name="cancellationToken">Ends what is under way or not begun; each such request has CANCELLED as its result.</param>
    public async Task<IReadOnlyList<BatchResult>> RunAsync(Action<int, int>? onProgress = null,
                                                           CancellationToken cancellationToken = default)
    {
        var results = new BatchResult[_requests.Count];
        int done = 0;
        await foreach (BatchResult result in ResultsAsync(cancellationToken).ConfigureAwait(false))
        {
            results[result.Index] = result;
            onProgress?.Invoke(++done, results.Length);
        }
        return results;
    }

    /// <summary>Start the batch and take the results as the requests end. Leaving the loop early cancels the rest.</summary>
    /// <param name="cancellationToken">As in RunAsync.</param>
    public IAsyncEnumerable<BatchResult> ResultsAsync(CancellationToken cancellationToken = default)
    {
        if (_handle.IsClosed) throw new ObjectDisposedException(nameof(Batch));
        return Results(cancellationToken);
    }

    /// <summary>Requests under way end with <see cref="CancelledException"/>, those that were not begun too. Thread: any.</summary>
    public void Cancel()
    {
        using NativeHandle.Borrowed batch = _handle.Borrow();
        Native.ppn_batch_cancel(batch.Value);
    }

    /// <summary>Release the batch. One that runs goes on.</summary>
    public void Dispose()
    {
        _handle.Dispose();
        if (_begun) return;
        foreach (Request request in _requests) request.End();
    }

    private async IAsyncEnumerable<BatchResult> Results([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var run = new Run(_requests);
        using NativeHandle own = Start(run);
        bool whole = false;
        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static batch => CancelQuietly((NativeHandle)batch!), own);
        try
        {
            await foreach (BatchResult result in run.Results.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return result;
            }
            whole = true;
        }
        finally
        {
            if (!whole) CancelQuietly(own);
        }
    }

    private unsafe NativeHandle Start(Run run)
    {
        using NativeHandle.Borrowed batch = _handle.Borrow();
        long token = Tokens.Add(run);
        nint error = 0;
        int code = Native.ppnb_batch_start(batch.Value, token, &error);
        if (code != Native.PPN_OK) Tokens.Remove(token);
        Failures.Check(code, error);
        _begun = true;
        // A reference of the run's own: it can be cancelled also when the batch was disposed of.
        return new BatchHandle(Native.ppn_batch_acquire(batch.Value));
    }

    private static void CancelQuietly(NativeHandle handle)
    {
        try
        {
            using NativeHandle.Borrowed batch = handle.Borrow();
            Native.ppn_batch_cancel(batch.Value);
        }
        catch (ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>Takes the results from the I/O thread to the reader.</summary>
    private sealed class Run(List<Request> requests) : ICallTarget
    {
        private readonly Channel<BatchResult> _results =
            Channel.CreateUnbounded<BatchResult>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

        public ChannelReader<BatchResult> Results => _results.Reader;

        public void OnComplete(long token, long index, int status, nint response, nint error)
        {
            if (index < 0)
            {
                Tokens.Remove(token);
                Native.ppn_response_release(response);
                Native.ppn_error_release(error);
                _results.Writer.Complete();
                return;
            }
            // Each result has to be handed over, or the batch would seem to lack one.
            BatchResult result;
            try
            {
                Request request = requests[(int)index];
                bool keep = request.KeepsResponse;
                Exception? thrown = request.End();
                Response? answer = response == 0 ? null : Response.Take(response, keep: keep);
                response = 0;
                NetworkException? failure = status == Native.PPN_OK ? null : Failures.Take(status, error, answer, thrown);
                if (failure is null) Native.ppn_error_release(error);
                result = new BatchResult((int)index, failure is null ? answer : null, failure);
            }
            catch (Exception exception)
            {
                result = new BatchResult((int)index, null,
                                         Failures.Make(new ErrorDetails { Code = ErrorCode.OutOfMemory, Message = exception.Message }, exception));
            }
            _results.Writer.TryWrite(result);
        }
    }
}
