// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A conversation over a WebSocket: a question is sent, its answer is printed word by word as the events come, then the next
// question follows over the same connection. An answer that a lost connection has cut is an error here.
using System.Text.Json;
using PepperPy.Network;

internal static class WsChat
{
    private static readonly string[] s_questions = ["Say something about pepper.", "And about salt?"];

    public static async Task RunAsync(Settings settings)
    {
        using NetworkConfig config = NetworkConfig.APIClient(settings.Url, settings.Key).Set("ca_file", settings.CaFile);
        await using var client = new APIClient(config);
        await using var socket = new WebSocketClient(client, "/v1/realtime").Option("websocket_reconnect", "off");
        await socket.ConnectAsync();

        int answered = 0;
        await AskAsync(socket, s_questions[0]);
        // No timeout of our own; pings find out when the server has gone.
        await foreach (WebSocketMessage message in socket)
        {
            JsonElement happened = message.Json();
            switch (happened.GetProperty("type").GetString())
            {
                case "response.output_text.delta":
                    Console.Write(happened.GetProperty("delta").GetString());
                    break;
                case "response.completed":
                    Console.WriteLine();
                    if (++answered < s_questions.Length) await AskAsync(socket, s_questions[answered]);
                    else socket.Close();
                    break;
                case "error":
                    string? text = happened.GetProperty("error").GetProperty("message").GetString();
                    throw NetworkException.FromCode(new ErrorDetails { Code = ErrorCode.InvalidArgument, Message = text ?? "" });
                    // else a type of no interest: a server may add some
            }
        }
        if (answered < s_questions.Length) throw NetworkException.FromCode(new ErrorDetails { Code = ErrorCode.WsClosed });
    }

    private static Task AskAsync(WebSocketClient socket, string question)
    {
        Console.WriteLine($"> {question}");
        return socket.SendJsonAsync($$"""{"type": "response.create", "input": "{{JsonEncodedText.Encode(question)}}"}""");
    }
}
