// By System.Net.Http, as its people use it; it verifies the certificate, too.
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

internal sealed class Peer : IBench
{
    private readonly HttpClient _client;
    private readonly string _url;

    public Peer(string url, string caFile, int connections)
    {
        X509Certificate2 authority = X509Certificate2.CreateFromPem(File.ReadAllText(caFile));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        _client = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        });
        _url = url;
    }

    public async Task<Figures> GetAsync()
    {
        using HttpResponseMessage response = await _client.GetAsync(_url);
        byte[] body = await response.Content.ReadAsByteArrayAsync();
        return response.IsSuccessStatusCode ? new Figures(1, 0, body.Length) : new Figures(0, 1, 0);
    }

    /// <summary>A line at a time, the common splitter.</summary>
    public async Task<Figures> EventsAsync()
    {
        long events = 0, bytes = 0;
        using HttpResponseMessage response = await _client.GetAsync(_url, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        string data = "";
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data = line[(line.Length > 5 && line[5] == ' ' ? 6 : 5)..];
            }
            else if (line.Length == 0 && data.Length > 0)
            {
                ++events;
                bytes += data.Length;
                data = "";
            }
        }
        return new Figures(events, response.IsSuccessStatusCode ? 0 : 1, bytes);
    }

    public void Dispose() => _client.Dispose();
}
