// Codes, the tree of exceptions, and what an exception knows.
using PepperPy.Network.Interop;

namespace PepperPy.Network.Tests;

public class ErrorTests
{
    public static TheoryData<int> Codes()
    {
        Library.Ensure();
        var codes = new TheoryData<int>();
        // The first one is that of success.
        for (nuint i = 1; pepperpy_network.ppn_code_at(i) is var code && code >= 0; ++i) codes.Add(code);
        return codes;
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void each_code_has_a_name_of_this_language(int code)
    {
        Assert.True(Enum.IsDefined((ErrorCode)code), $"ErrorCode lacks {code}");
        var exception = NetworkException.FromCode(new ErrorDetails { Code = (ErrorCode)code });
        Assert.Equal(exception.CodeName.Replace("_", "").ToLowerInvariant(), exception.Code.ToString().ToLowerInvariant());
        Assert.StartsWith(exception.CodeName + ": ", exception.Message);
    }

    [Fact]
    public void there_is_no_code_that_the_library_lacks()
    {
        HashSet<int> known = [];
        foreach (object[] row in (IEnumerable<object[]>)Codes()) known.Add((int)row[0]);
        Assert.All(Enum.GetValues<ErrorCode>(), code => Assert.True(code == ErrorCode.None || known.Contains((int)code)));
    }

    [Theory]
    [InlineData(ErrorCode.ConfigError, typeof(ConfigException), typeof(UsageException))]
    [InlineData(ErrorCode.InvalidUrl, typeof(UsageException), typeof(NetworkException))]
    [InlineData(ErrorCode.DnsFailed, typeof(ConnectionException), typeof(NetworkException))]
    [InlineData(ErrorCode.CertHostname, typeof(TlsException), typeof(NetworkException))]
    [InlineData(ErrorCode.Timeout, typeof(NetworkTimeoutException), typeof(NetworkException))]
    [InlineData(ErrorCode.HttpProtocol, typeof(ProtocolException), typeof(NetworkException))]
    [InlineData(ErrorCode.HttpBadRequest, typeof(BadRequestException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpUnauthorized, typeof(AuthenticationException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpForbidden, typeof(PermissionDeniedException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpNotFound, typeof(NotFoundException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpConflict, typeof(ConflictException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpUnprocessable, typeof(UnprocessableException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpTooManyRequests, typeof(TooManyRequestsException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpUnavailable, typeof(ServerException), typeof(StatusException))]
    [InlineData(ErrorCode.HttpOther4xx, typeof(StatusException), typeof(NetworkException))]
    [InlineData(ErrorCode.StreamTruncated, typeof(StreamException), typeof(NetworkException))]
    [InlineData(ErrorCode.WsHandshake, typeof(WebSocketException), typeof(NetworkException))]
    [InlineData(ErrorCode.Cancelled, typeof(CancelledException), typeof(NetworkException))]
    [InlineData(ErrorCode.RateLimited, typeof(RateLimitException), typeof(NetworkException))]
    [InlineData(ErrorCode.CircuitOpen, typeof(CircuitOpenException), typeof(NetworkException))]
    [InlineData(ErrorCode.Internal, typeof(NetworkException), typeof(Exception))]
    [InlineData((ErrorCode)777, typeof(NetworkException), typeof(Exception))]
    public void a_code_becomes_its_class(ErrorCode code, Type expected, Type parent)
    {
        var exception = NetworkException.FromCode(new ErrorDetails { Code = code, Message = "m" });
        Assert.Equal(expected, exception.GetType());
        Assert.Equal(parent, expected.BaseType);
    }

    [Fact]
    public async Task a_status_is_an_exception_only_when_asked()
    {
        using HTTPClient client = AiServer.Shared.Client();
        Response response = await client.PostJsonAsync(AiServer.Shared.Url + "/v1/chat/completions", "{}");
        Assert.Equal(401, response.Status);
        Assert.False(response.IsSuccess);
        var exception = Assert.Throws<AuthenticationException>(response.RaiseForStatus);
        Assert.Equal(ErrorCode.HttpUnauthorized, exception.Code);
        Assert.Equal("HTTP_UNAUTHORIZED", exception.CodeName);
        Assert.Equal(401, exception.Status);
        Assert.Equal("invalid_api_key", exception.ProviderCode);
        Assert.StartsWith("req-", exception.RequestId);
        Assert.True(exception.IsAuth);
        Assert.False(exception.IsRetryable);
        Assert.Same(response, exception.Response);
    }

    [Fact]
    public async Task retry_after_and_attempts_come_with_the_error()
    {
        using HTTPClient client = AiServer.Shared.Client();
        Response response = await client.CreateRequest("GET", AiServer.Shared.Url + "/flaky?fail=9&status=429&retry-after=7&key=errors")
            .Option("max_retries", 0).SendAsync();
        var exception = Assert.Throws<TooManyRequestsException>(response.RaiseForStatus);
        Assert.Equal(TimeSpan.FromSeconds(7), exception.RetryAfter);
        Assert.True(exception.IsRetryable);
        Assert.True(exception.IsRateLimited);
        Assert.Equal(1, response.Attempts);
    }

    [Fact]
    public async Task a_refused_connection_says_where_and_how_often()
    {
        using HTTPClient client = FaultServer.Client(config => config.Set("backoff_factor", 0.001).Set("max_retries", 2));
        var exception = await Wait.Throws<ConnectionException>(client.GetAsync("http://127.0.0.1:1/x?api_key=hush-hush-hush"));
        Assert.Equal("connect", exception.Phase);
        Assert.Equal(SentState.None, exception.Sent);
        Assert.Equal(3, exception.Attempts.Count);
        Assert.Equal("not_sent", exception.Attempts[0].Outcome);
        Assert.NotNull(exception.Attempts[0].Delay);
        Assert.Equal(StopReason.MaxRetries, exception.Details.StopReason);
        Assert.DoesNotContain("hush-hush-hush", exception.ToString() + exception.Url);
    }

    [Fact]
    public async Task certificates_of_strangers_are_refused()
    {
        await using var server = FaultServer.Answering(FaultServer.Ok("x"));
        using HTTPClient client = AiServer.Shared.Client();
        var exception = await Wait.Throws<TlsException>(client.GetAsync(server.Url));
        Assert.Equal(ErrorCode.CertUntrusted, exception.Code);
    }

    [Fact]
    public void no_text_of_a_server_is_taken_for_the_mark_of_an_exception()
    {
        var mine = new FormatException("mine");
        string message = Thrown.Keep(mine);
        Assert.Equal("FormatException: mine", Thrown.Extract(new ErrorDetails { Message = message }, out Exception? found).Message);
        Assert.Same(mine, found);
        string number = message[(message.LastIndexOfAny(['-', ' ']) + 1)..];
        string foreign = $"overloaded [exception {number}";
        Assert.Equal(foreign, Thrown.Extract(new ErrorDetails { Message = foreign }, out found).Message);
        Assert.Null(found);
        // Also one that is long forgotten is not shown.
        for (int i = 0; i < 1100; ++i) Thrown.Keep(mine);
        Assert.Equal("FormatException: mine", Thrown.Extract(new ErrorDetails { Message = message }, out found).Message);
        Assert.Null(found);
    }
}
