// Bodies that are read while they are sent.
using System.Text;

namespace PepperPy.Network.Tests;

public class UploadTests
{
    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 7))];

    /// <summary>Answers the first requests with 503, and keeps what it gets.</summary>
    private static FaultServer Keeping(List<ServerRequest> got, int failures = 0) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            int number;
            lock (got)
            {
                got.Add(request);
                number = got.Count;
            }
            await connection.WriteAsync(number <= failures
                ? "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
                : FaultServer.Ok("thanks"));
        }
    });

    private sealed class Piecewise(byte[] bytes, int pieces, Exception? end = null) : Stream
    {
        private int _at;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int length = Math.Min(Math.Min(count, bytes.Length / pieces + 1), bytes.Length - _at);
            if (length == 0 && end is not null) throw end;
            bytes.AsSpan(_at, length).CopyTo(buffer.AsSpan(offset));
            _at += length;
            return length;
        }

        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public async Task a_stream_without_a_length_goes_as_chunks()
    {
        List<ServerRequest> got = [];
        await using FaultServer server = Keeping(got);
        using HTTPClient client = FaultServer.Client();
        byte[] body = Bytes(1_000_000);
        Response response = await Wait.For(client.CreateRequest("PUT", server.Url).Body(new Piecewise(body, 9)).SendAsync());
        Assert.Equal("thanks", response.Text);
        Assert.Equal("chunked", got[0].Header("transfer-encoding"));
        Assert.Equal(body, got[0].Body);
    }

    [Fact]
    public async Task a_stream_that_can_seek_goes_from_where_it_stands()
    {
        List<ServerRequest> got = [];
        await using FaultServer server = Keeping(got);
        using HTTPClient client = FaultServer.Client();
        var stream = new MemoryStream(Bytes(200_000)) { Position = 50_000 };
        await Wait.For(client.CreateRequest("POST", server.Url).Body(stream).SendAsync());
        Assert.Equal("150000", got[0].Header("content-length"));
        Assert.Equal(Bytes(200_000)[50_000..], got[0].Body);
        Assert.True(stream.CanRead);
    }

    [Fact]
    public async Task an_empty_stream_is_an_empty_body()
    {
        List<ServerRequest> got = [];
        await using FaultServer server = Keeping(got);
        using HTTPClient client = FaultServer.Client();
        await Wait.For(client.CreateRequest("POST", server.Url).Body(new MemoryStream()).SendAsync());
        Assert.Empty(got[0].Body);
    }

    [Fact]
    public async Task a_stream_is_sent_anew_when_the_request_is()
    {
        List<ServerRequest> got = [];
        await using FaultServer server = Keeping(got, failures: 2);
        using HTTPClient client = FaultServer.Client(config => config.Set("backoff_factor", 0.001));
        byte[] body = Bytes(300_000);
        Response response = await Wait.For(client.CreateRequest("PUT", server.Url).Body(new MemoryStream(body)).SendAsync());
        Assert.Equal(200, response.Status);
        Assert.Equal(3, response.Attempts);
        Assert.All(got, request => Assert.Equal(body, request.Body));
    }

    [Fact]
    public async Task what_reading_throws_is_the_cause_of_the_error()
    {
        await using FaultServer server = Keeping([]);
        using HTTPClient client = FaultServer.Client();
        var mine = new FormatException("no more");
        var exception = await Wait.Throws<CancelledException>(
            client.CreateRequest("POST", server.Url).Body(new Piecewise(Bytes(100_000), 3, mine)).SendAsync());
        Assert.Same(mine, exception.InnerException);
        Assert.Contains(nameof(Piecewise), mine.StackTrace);
    }

    [Fact]
    public async Task a_stream_shorter_than_announced_is_an_error()
    {
        await using FaultServer server = Keeping([]);
        using HTTPClient client = FaultServer.Client();
        var exception = await Wait.Throws<UsageException>(
            client.CreateRequest("POST", server.Url).Body(new Piecewise(Bytes(100), 1), length: 1000).SendAsync());
        Assert.Equal(ErrorCode.InvalidArgument, exception.Code);
    }

    [Fact]
    public async Task a_file_is_sent()
    {
        List<ServerRequest> got = [];
        await using FaultServer server = Keeping(got);
        using HTTPClient client = FaultServer.Client();
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Bytes(70_000));
            await Wait.For(client.CreateRequest("POST", server.Url).BodyFile(file).SendAsync());
            Assert.Equal(Bytes(70_000), got[0].Body);
        }
        finally
        {
            File.Delete(file);
        }
        using Request request = client.CreateRequest("POST", server.Url);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<UsageException>(() => request.BodyFile("/nowhere")).Code);
    }

    [Fact]
    public async Task an_upload_that_nobody_takes_can_be_cancelled()
    {
        var arrived = new TaskCompletionSource();
        await using var server = new FaultServer(async connection =>
        {
            arrived.SetResult();
            await connection.WaitForStopAsync();
        });
        using HTTPClient client = FaultServer.Client();
        using var source = new CancellationTokenSource();
        Task<Response> call = client.CreateRequest("POST", server.Url).Body(new MemoryStream(new byte[50_000_000])).SendAsync(source.Token);
        await Wait.For(arrived.Task);
        await source.CancelAsync();
        await Wait.Throws<OperationCanceledException>(call);
    }

    [Fact]
    public async Task a_request_with_a_stream_that_is_never_sent_reads_nothing()
    {
        using var client = new HTTPClient();
        var stream = new MemoryStream(Bytes(10));
        using (Request request = client.CreateRequest("POST", "http://127.0.0.1:1/").Body(stream))
        {
        }
        await Task.Yield();
        Assert.Equal(0, stream.Position);
    }
}
