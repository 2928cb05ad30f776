// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A chat completion whose tokens are printed as they arrive. A stream without its [DONE] was cut short, however well the
// connection ended: that is an error here.
using System.Text.Json;
using PepperPy.Network;

internal static class ChatStream
{
    private const string Question =
        """{"model": "demo", "stream": true, "messages": [{"role": "user", "content": "Say something about pepper."}]}""";

    public static async Task RunAsync(Settings settings)
    {
        using NetworkConfig config = new NetworkConfig().Set("ca_file", settings.CaFile);
        await using var client = new StreamingClient(config);
        Request request = client.CreateRequest("POST", $"{settings.Url}/v1/chat/completions")
            .Header("Authorization", $"Bearer {settings.Key}")
            .Json(Question);

        bool finished = false;
        try
        {
            await foreach (StreamEvent part in request.Events())
            {
                if (part.Data == "[DONE]") finished = true;
                else Print(part.Json());
            }
        }
        finally
        {
            Console.WriteLine();
        }
        if (!finished) throw NetworkException.FromCode(new ErrorDetails { Code = ErrorCode.StreamTruncated });
    }

    // Events without a token (the role, the reason of the end) are no error.
    private static void Print(JsonElement part)
    {
        JsonElement choice = part.GetProperty("choices")[0];
        if (choice.GetProperty("delta").TryGetProperty("content", out JsonElement token)) Console.Write(token.GetString());
    }
}
