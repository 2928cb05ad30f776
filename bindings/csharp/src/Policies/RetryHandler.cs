// Repeats what fails, any function of the user.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>What a <see cref="RetryHandler"/> does after a failure, and why.</summary>
/// <param name="Retry">Whether it calls again.</param>
/// <param name="Delay">After how long.</param>
/// <param name="Outcome">What became of the attempt: "not_sent", "sent_no_response", "status_retryable", "fatal" and others.</param>
/// <param name="Reason">Why it does not.</param>
public readonly record struct RetryDecision(bool Retry, TimeSpan Delay, string Outcome, StopReason Reason);

/// <summary>Calls a function, and again when it throws a <see cref="NetworkException"/> that may go away, after a delay that grows and
/// that the server may set. Everything else that the function throws, and the last NetworkException, reaches the caller as it is. A
/// client with max_retries repeats its calls itself: around such calls set one of both to 0, or the attempts multiply.
/// <para>Thread: any, for RunAsync, several at a time; one at a time for what sets it, and before the first run. Blocks:
/// never.</para></summary>
/// <example><code>
/// using var retry = new RetryHandler(maxRetries: 3, retryCodes: [500, 502, 503]);
/// Response response = await retry.RunAsync(async () => (await client.GetAsync(url)).RaiseForStatus());
/// </code></example>
public sealed class RetryHandler : IDisposable
{
    private readonly RetryPolicyHandle _handle;
    private TimeSpan? _timeout;
    private Action<NetworkException, RetryDecision>? _onRetry;

    /// <summary>With the defaults of the library, or with other ones.</summary>
    /// <param name="maxRetries">Calls after the first one; 0 to 10.</param>
    /// <param name="retryCodes">The statuses that are repeated, instead of the usual ones.</param>
    /// <exception cref="ConfigException">Out of range.</exception>
    public unsafe RetryHandler(int? maxRetries = null, IEnumerable<int>? retryCodes = null)
    {
        Library.Ensure();
        nint made = 0, error = 0;
        Failures.Check(Native.ppn_retry_policy_new(&made, &error), error);
        _handle = new RetryPolicyHandle(made);
        try
        {
            if (maxRetries is { } retries) Set("max_retries", retries);
            if (retryCodes is not null) Set("retry_codes", string.Join(',', retryCodes));
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    internal RetryPolicyHandle Handle => _handle;

    /// <summary>What waits between two calls, for tests: the default is Task.Delay.</summary>
    public Func<TimeSpan, CancellationToken, Task> Sleeper { get; set; } = Task.Delay;

    /// <summary>The clock of the timeout, for tests.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Where chance comes from, for tests: 0 to 1.</summary>
    public Func<double> Chance { get; set; } = System.Random.Shared.NextDouble;

    /// <summary>Set one option by its name: "max_retries", "backoff_factor", "max_backoff_ms", "backoff_jitter", "max_retry_after_ms",
    /// "retry_codes", "retry_unsafe" or "final_error_codes".</summary>
    /// <exception cref="ConfigException">No such option, not a value of its type, or out of range.</exception>
    public unsafe RetryHandler Set(string name, string value)
    {
        NamedValue.Put(_handle, &Native.ppn_retry_policy_set, name, value);
        return this;
    }

    /// <inheritdoc cref="Set(string, string)"/>
    public RetryHandler Set(string name, long value) => Set(name, OptionText.Of(value));

    /// <inheritdoc cref="Set(string, string)"/>
    public RetryHandler Set(string name, double value) => Set(name, OptionText.Of(value));

    /// <inheritdoc cref="Set(string, string)"/>
    public RetryHandler Set(string name, bool value) => Set(name, OptionText.Of(value));

    /// <summary>Set an option in milliseconds.</summary>
    /// <exception cref="ConfigException">As the others.</exception>
    public RetryHandler Set(string name, TimeSpan value)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Set(name, OptionText.Of(name, value));
    }

    /// <summary>Set the time that one run has, waits included: what would wait beyond it fails at once. A function that runs is not
    /// interrupted.</summary>
    public RetryHandler Timeout(TimeSpan total)
    {
        _timeout = total;
        return this;
    }

    /// <summary>Set what is called before each wait.</summary>
    public RetryHandler OnRetry(Action<NetworkException, RetryDecision> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        _onRetry = hook;
        return this;
    }

    /// <summary>Call `function` until it returns, and return what it does.</summary>
    /// <param name="function">Any; it is taken for something that may be done twice, as GET is.</param>
    /// <param name="method">Says otherwise: a "POST" is repeated only when the server did not do the work.</param>
    /// <param name="keyed">Whether the request carries an idempotency key that the server honours.</param>
    /// <param name="cancellationToken">Ends the waiting between two calls.</param>
    public async Task<T> RunAsync<T>(Func<Task<T>> function, string method = "GET", bool keyed = false,
                                     CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(method);
        if (_handle.IsClosed) throw new ObjectDisposedException(nameof(RetryHandler));
        long began = Clock.GetTimestamp();
        for (int retries = 0; ; ++retries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan delay;
            try
            {
                return await function().ConfigureAwait(false);
            }
            catch (NetworkException exception)
            {
                TimeSpan? remaining = _timeout is { } total ? total - Clock.GetElapsedTime(began) : null;
                RetryDecision decision = Decide(exception, method, keyed, retries, remaining);
                if (!decision.Retry) throw;
                _onRetry?.Invoke(exception, decision);
                delay = decision.Delay;
            }
            await Sleeper(delay, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Call `function` until it returns.</summary>
    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<Task> function, string method = "GET", bool keyed = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAsync(
            async () =>
            {
                await function().ConfigureAwait(false);
                return true;
            },
            method, keyed, cancellationToken);
    }

    /// <summary>What a run would do after an error.</summary>
    /// <param name="error">What the function threw.</param>
    /// <param name="method">As in RunAsync.</param>
    /// <param name="keyed">As in RunAsync.</param>
    /// <param name="retriesDone">Retries before this decision.</param>
    /// <param name="remaining">The time that is left; null = no deadline.</param>
    public unsafe RetryDecision Decide(NetworkException error, string method = "GET", bool keyed = false, int retriesDone = 0,
                                       TimeSpan? remaining = null)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(method);
        using NativeHandle.Borrowed policy = _handle.Borrow();
        using var text = new Utf8Text(method, stackalloc byte[Utf8Text.Scratch]);
        int retry = 0, outcome = 0, reason = 0;
        long delay = 0;
        nint failure = 0;
        long asked = error.RetryAfter is { } after ? Math.Max(OptionText.Milliseconds(after), -1) : -1;
        long left = remaining is { } time ? Math.Max((long)time.TotalMilliseconds, 0) : -1;
        fixed (byte* bytes = text)
        {
            Failures.Check(
                Native.ppn_retry_policy_decide(policy.Value, bytes, text.Length, error.Status, (int)error.Code, (int)error.Sent,
                                               keyed ? 1 : 0, retriesDone, asked, left, Chance(), &retry, &delay, &outcome, &reason,
                                               &failure),
                failure);
        }
        return new RetryDecision(retry != 0, TimeSpan.FromMilliseconds(delay), NativeText.Of(Native.ppn_outcome_name(outcome)),
                                 (StopReason)reason);
    }

    /// <summary>Release the policy. Runs under way, and later ones, throw <see cref="ObjectDisposedException"/> when they would
    /// decide.</summary>
    public void Dispose() => _handle.Dispose();
}
