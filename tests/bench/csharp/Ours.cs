// By PepperPy.Network.
using PepperPy.Network;

internal sealed class Ours : IBench
{
    private readonly StreamingClient _client;
    private readonly string _url;

    public Ours(string url, string caFile, int connections)
    {
        using NetworkConfig config = new NetworkConfig().Set("ca_file", caFile).Set("max_connections_per_origin", connections);
        _client = new StreamingClient(config);
        _url = url;
    }

    public async Task<Figures> GetAsync()
    {
        Response response = await _client.GetAsync(_url);
        return response.Status == 200 ? new Figures(1, 0, response.Body.Length) : new Figures(0, 1, 0);
    }

    public async Task<Figures> EventsAsync()
    {
        long events = 0, bytes = 0;
        await foreach (StreamEvent part in _client.Events(_url))
        {
            ++events;
            bytes += part.Data.Length;
        }
        return new Figures(events, 0, bytes);
    }

    public void Dispose() => _client.Dispose();
}
