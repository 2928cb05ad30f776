// A server that does to a connection what a test says, byte by byte, with or without TLS.
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PepperPy.Network.Tests;

internal sealed class FaultServer : IAsyncDisposable
{
    private static readonly Lazy<(X509Certificate2 Certificate, string File)> s_identity = new(MakeIdentity);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    /// <param name="script">Is given each connection.</param>
    /// <param name="tls">Whether it is under TLS.</param>
    public FaultServer(Func<Connection, Task> script, bool tls = true)
    {
        _listener.Start();
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Url = tls ? $"https://localhost:{port}" : $"http://127.0.0.1:{port}";
        _accepting = AcceptAsync(script, tls);
    }

    public string Url { get; }

    public string WsUrl => "ws" + Url[4..];

    public static string CaFile => s_identity.Value.File;

    public static HTTPClient Client(Action<NetworkConfig>? options = null)
    {
        using NetworkConfig config = new NetworkConfig().Set("ca_file", CaFile);
        options?.Invoke(config);
        return new HTTPClient(config);
    }

    /// <summary>Answers each request with one text.</summary>
    public static FaultServer Answering(string answer, bool tls = true) => new(
        async connection =>
        {
            while (await connection.ReadRequestAsync() is not null) await connection.WriteAsync(answer);
        },
        tls);

    public static string Ok(string body, string type = "text/plain") =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public const string EventStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        Task[] connections;
        lock (_connections) connections = [.. _connections];
        await Task.WhenAll(connections).WaitAsync(Wait.Deadline);
    }

    private async Task AcceptAsync(Func<Connection, Task> script, bool tls)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                lock (_connections) _connections.Add(Task.Run(() => ServeAsync(client, script, tls)));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client, Func<Connection, Task> script, bool tls)
    {
        using (client)
        {
            client.NoDelay = true;
            Stream stream = client.GetStream();
            try
            {
                if (tls)
                {
                    var secure = new SslStream(stream);
                    await secure.AuthenticateAsServerAsync(
                        new SslServerAuthenticationOptions { ServerCertificate = s_identity.Value.Certificate }, _stop.Token);
                    stream = secure;
                }
                await script(new Connection(stream, client, _stop.Token));
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client has gone, as many tests want it.
            }
            finally
            {
                await stream.DisposeAsync();
            }
        }
    }

    private static (X509Certificate2, string) MakeIdentity()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        string file = Path.Combine(Directory.CreateTempSubdirectory("ppn-csharp").FullName, "ca.pem");
        File.WriteAllText(file, made.ExportCertificatePem());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
#pragma warning disable SYSLIB0057 // The loader that replaces it is not there in .NET 8.
        return (new X509Certificate2(made.Export(X509ContentType.Pkcs12)), file);
#pragma warning restore SYSLIB0057
    }
}

/// <summary>The server's end of one connection.</summary>
internal sealed class Connection(Stream stream, TcpClient client, CancellationToken stop)
{
    private byte[] _buffer = [];

    public Stream Stream => stream;

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public async Task WriteAsync(byte[] bytes)
    {
        await stream.WriteAsync(bytes, stop);
        await stream.FlushAsync(stop);
    }

    public Task WriteChunkAsync(string text) =>
        WriteAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Head and body of one request with a Content-Length or chunks; null when the client has gone.</summary>
    public async Task<ServerRequest?> ReadRequestAsync()
    {
        int end;
        while ((end = _buffer.AsSpan().IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync()) return null;
        }
        string head = Encoding.Latin1.GetString(_buffer, 0, end);
        _buffer = _buffer[(end + 4)..];
        string? length = Header(head, "content-length");
        byte[] body = [];
        if (length is not null) body = await TakeAsync(int.Parse(length));
        else if (Header(head, "transfer-encoding") == "chunked") body = await TakeChunksAsync();
        return new ServerRequest(head, body);
    }

    /// <summary>Ends when the client has closed its side.</summary>
    public async Task ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }
    }

    /// <summary>Takes nothing until the server is stopped.</summary>
    public async Task WaitForStopAsync()
    {
        var stopped = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = stop.Register(() => stopped.TrySetResult());
        await stopped.Task;
    }

    /// <summary>End it without a word: the client sees a reset.</summary>
    public void Reset() => client.Client.Close(0);

    private async Task<byte[]> TakeAsync(int length)
    {
        while (_buffer.Length < length)
        {
            if (!await FillAsync()) throw new IOException("the client has gone inside a body");
        }
        byte[] taken = _buffer[..length];
        _buffer = _buffer[length..];
        return taken;
    }

    private async Task<byte[]> TakeChunksAsync()
    {
        using var body = new MemoryStream();
        while (true)
        {
            int end;
            while ((end = _buffer.AsSpan().IndexOf("\r\n"u8)) < 0)
            {
                if (!await FillAsync()) throw new IOException("the client has gone inside a body");
            }
            int size = Convert.ToInt32(Encoding.ASCII.GetString(_buffer, 0, end), 16);
            _buffer = _buffer[(end + 2)..];
            byte[] chunk = await TakeAsync(size + 2);
            if (size == 0) return body.ToArray();
            body.Write(chunk, 0, size);
        }
    }

    private async Task<bool> FillAsync()
    {
        byte[] piece = new byte[16 * 1024];
        int count = await stream.ReadAsync(piece, stop);
        if (count == 0) return false;
        _buffer = [.. _buffer, .. piece[..count]];
        return true;
    }

    internal static string? Header(string head, string name) =>
        head.Split("\r\n").Skip(1).Select(line => line.Split(':', 2))
            .Where(field => field[0].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(field => field[1].Trim()).FirstOrDefault();
}

/// <summary>What the server got.</summary>
internal sealed record ServerRequest(string Head, byte[] Body)
{
    public string? Header(string name) => Connection.Header(Head, name);
}
