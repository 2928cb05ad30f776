// HttpClient over a client of this library.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;
using System.Threading.Tasks;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>Lets every library that takes an <see cref="HttpClient"/> make its calls by this one: its pool, retries, limits, middleware and
/// certificates. Bodies are streamed both ways. Errors arrive as <see cref="HttpRequestException"/> with the
/// <see cref="NetworkException"/> inside; when a limit of time has passed as <see cref="TaskCanceledException"/> with a
/// <see cref="TimeoutException"/> inside, as .NET itself does it, and the NetworkException in that.
/// <para>Each call is a stream for the library: the options stream_..._timeout_ms limit it, and HttpClient.Timeout the whole of it.
/// Bodies with a Content-Encoding come as they are. It speaks HTTP/1.1: a request that insists on another version fails. How many
/// redirects are followed (max_redirects) and how long connections are kept is said by the options of the client, not by the request.
/// The token of a call ends with the head of its response; reads of the body have tokens of their own. Thread: any, several at
/// once.</para></summary>
/// <example><code>
/// using var http = new HttpClient(new PepperPyHttpMessageHandler(client));
/// </code></example>
public sealed class PepperPyHttpMessageHandler : HttpMessageHandler
{
    /// <summary>A body whose length is known, up to so much, is handed over at once.</summary>
    private const int SmallBody = 64 * 1024;

    private readonly NetworkClient _client;
    private readonly bool _disposeClient;

    /// <summary>Over a client of its own.</summary>
    public PepperPyHttpMessageHandler() : this(new HTTPClient(), disposeClient: true)
    {
    }

    /// <summary>Over a client.</summary>
    /// <param name="client">Any of the four.</param>
    /// <param name="disposeClient">Whether it is disposed of with this handler.</param>
    public PepperPyHttpMessageHandler(NetworkClient client, bool disposeClient = false)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _disposeClient = disposeClient;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // It waits on this thread, for the library and for most contents.
        Task<HttpResponseMessage> call = SendAsync(request, blocks: true, stop.Token);
        try
        {
            return call.GetAwaiter().GetResult();
        }
        catch (ThreadInterruptedException)
        {
            stop.Cancel();
            // It may have been answered meanwhile.
            call.ContinueWith(static ended => ended.Result.Dispose(), CancellationToken.None,
                              TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                              TaskScheduler.Default);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, blocks: false, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _disposeClient) _client.Dispose();
        base.Dispose(disposing);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool blocks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        CheckVersion(request);
        ChunkStream? stream = null;
        try
        {
            using Request made = _client.CreateRequest(request.Method.Method, Address(request.RequestUri));
            Copy(request.Headers, made, request.RequestUri!);
            if (request.Headers.ExpectContinue == true) made.Option("expect_continue", true).Option("expect_continue_min_bytes", 0);
            if (request.Content is { } content) await SetBodyAsync(content, made, cancellationToken).ConfigureAwait(false);
            stream = made.Chunks(null, cancellationToken);
            Response head = blocks ? stream.WaitForResponse() : await stream.GetResponseAsync().ConfigureAwait(false);
            // As with the handlers of .NET the token is that of the sending; reading has its own.
            stream.LeaveCall();
            HttpResponseMessage answer = Answer(request, head, stream);
            stream = null;
            return answer;
        }
        catch (NetworkException exception)
        {
            throw HttpErrors.Request(exception);
        }
        finally
        {
            stream?.Dispose();
        }
    }

    private static string Address(Uri? uri)
    {
        if (uri is null || !uri.IsAbsoluteUri) throw new InvalidOperationException("the request has no absolute URI");
        // A host in other letters goes as its name in the DNS.
        if (uri.IdnHost == uri.Host) return uri.AbsoluteUri;
        string port = uri.IsDefaultPort ? "" : $":{uri.Port}";
        return $"{uri.Scheme}://{uri.IdnHost}{port}{uri.PathAndQuery}";
    }

    private static void CheckVersion(HttpRequestMessage request)
    {
        bool fits = request.VersionPolicy switch
        {
            HttpVersionPolicy.RequestVersionOrLower => true,
            HttpVersionPolicy.RequestVersionOrHigher => request.Version <= HttpVersion.Version11,
            _ => request.Version == HttpVersion.Version11,
        };
        if (fits) return;
        throw new HttpRequestException(HttpRequestError.VersionNegotiationError,
                                       $"HTTP/{request.Version} is asked for ({request.VersionPolicy}), and this client speaks HTTP/1.1");
    }

    private static void Copy(HttpRequestHeaders headers, Request to, Uri uri)
    {
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            // Spaces around it are no part of a value (RFC 9110 5.5).
            string value = values.ToString().Trim(' ', '\t');
            // The framing and the pool are the library's; these ask for what it does anyway, or may do or not.
            bool said = Same(name, "Host") && (Same(value, uri.Authority) || Same(value, uri.IdnHost))
                || Same(name, "Transfer-Encoding") && Same(value, "chunked")
                || Same(name, "Connection") && (Same(value, "keep-alive") || Same(value, "close"))
                || Same(name, "Expect");
            if (!said) to.Header(name, value);
        }
    }

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static async Task SetBodyAsync(HttpContent content, Request to, CancellationToken cancellationToken)
    {
        foreach ((string name, HeaderStringValues values) in content.Headers.NonValidated)
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) to.Header(name, values.ToString());
        }
        long? length = content.Headers.ContentLength;
        if (length <= SmallBody)
        {
            byte[] bytes = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            to.Body(bytes);
            return;
        }
        // A content that knows its length can be copied again, unless somebody else has said how much there is of a stream.
        bool again = length is not null;
        if (content is StreamContent) again &= (await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false)).CanSeek;
        to.Body((stream, token) => content.CopyToAsync(stream, null, token), again ? static () => { } : null, length ?? -1);
    }

    private static HttpResponseMessage Answer(HttpRequestMessage request, Response head, ChunkStream stream)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)head.Status)
        {
            RequestMessage = request,
            Version = head.HttpVersion == "HTTP/1.0" ? HttpVersion.Version10 : HttpVersion.Version11,
        };
        // As the handlers of .NET do it: where the answer came from.
        if (head.Redirects > 0 && Uri.TryCreate(head.Url, UriKind.Absolute, out Uri? last)) request.RequestUri = last;
        answer.Content = new StreamContent(new ResponseBody(stream, answer));
        foreach (KeyValuePair<string, string> field in head.Headers)
        {
            if (!answer.Headers.TryAddWithoutValidation(field.Key, field.Value))
            {
                answer.Content.Headers.TryAddWithoutValidation(field.Key, field.Value);
            }
        }
        return answer;
    }
}
