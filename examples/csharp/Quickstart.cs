// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Ask an AI server which models it has, then for one chat completion, over one client.
using System.Text.Json;
using PepperPy.Network;

internal static class Quickstart
{
    private const string Question =
        """{"model": "demo", "messages": [{"role": "user", "content": "Say something about pepper."}]}""";

    public static async Task RunAsync(Settings settings)
    {
        using NetworkConfig config = new NetworkConfig().Set("ca_file", settings.CaFile);
        await using var client = new HTTPClient(config);
        KeyValuePair<string, string>[] headers = [new("Authorization", $"Bearer {settings.Key}")];

        string url = $"{settings.Url}/v1/models";
        Response models = (await client.GetAsync(url, headers)).RaiseForStatus();
        Console.WriteLine($"GET {url}\n  /data/0/id = {models.Json().GetProperty("data")[0].GetProperty("id")}");

        url = $"{settings.Url}/v1/chat/completions";
        Response chat = (await client.PostJsonAsync(url, Question, headers)).RaiseForStatus();
        JsonElement message = chat.Json().GetProperty("choices")[0].GetProperty("message");
        Console.WriteLine($"POST {url}\n  /choices/0/message/content = {message.GetProperty("content")}");
    }
}
