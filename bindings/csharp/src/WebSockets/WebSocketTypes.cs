// What a WebSocket tells.
using System;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PepperPy.Network.Interop;

namespace PepperPy.Network;

/// <summary>What a message is.</summary>
public enum MessageKind
{
    /// <summary>UTF-8.</summary>
    Text = 1,

    /// <summary>Any bytes.</summary>
    Binary = 2,
}

/// <summary>Where a WebSocket is.</summary>
public enum WebSocketState
{
    /// <summary>Not started.</summary>
    Described = 0,

    /// <summary>From the need of a connection to the end of its handshake.</summary>
    Connecting = 1,

    /// <summary>Messages go both ways.</summary>
    Open = 2,

    /// <summary>A Close frame was sent or received.</summary>
    Closing = 3,

    /// <summary>Waiting before the next connection.</summary>
    ReconnectWait = 4,

    /// <summary>Terminated.</summary>
    Closed = 5,
}

/// <summary>A message; its bytes are the reader's own.</summary>
public readonly struct WebSocketMessage
{
    internal WebSocketMessage(MessageKind kind, ReadOnlyMemory<byte> data)
    {
        Kind = kind;
        Data = data;
    }

    /// <summary>Text or binary.</summary>
    public MessageKind Kind { get; }

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Its bytes as text.</summary>
    public string Text => NativeText.Decode(Data.Span);

    /// <summary>Its bytes as JSON.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: it is no JSON.</exception>
    public JsonElement Json() => JsonText.Parse(Text);

    /// <summary>Its bytes as an object that System.Text.Json makes of their JSON.</summary>
    /// <exception cref="ProtocolException">JSON_PARSE: it is no JSON of this type.</exception>
    public T? Json<T>(JsonTypeInfo<T> type) => JsonText.Parse(Text, type);

    /// <summary>A text, or how many bytes there are.</summary>
    public override string ToString() => Kind == MessageKind.Text ? Text : $"{Data.Length} bytes";
}

/// <summary>How a connection ended.</summary>
/// <param name="Code">That of the server's Close frame, 1005 when it named none, 1006 when there was no Close frame (RFC 6455
/// 7.1.5).</param>
/// <param name="Reason">What came with it.</param>
/// <param name="Error">Null when both sides closed as they should.</param>
public sealed record WebSocketClose(int Code, string Reason, NetworkException? Error);

/// <summary>Another connection will be tried. While its hook runs, <see cref="SetHeader"/> and <see cref="SetUrl"/> change the next
/// handshake: the place for a new token.</summary>
public sealed class ReconnectAttempt
{
    private readonly WebSocketClient.Session _session;

    internal ReconnectAttempt(WebSocketClient.Session session, int number, TimeSpan delay, int code, NetworkException? error)
    {
        _session = session;
        Number = number;
        Delay = delay;
        Code = code;
        Error = error;
    }

    /// <summary>From 1; begins anew after a connection that was stable.</summary>
    public int Number { get; }

    /// <summary>How long the try waits.</summary>
    public TimeSpan Delay { get; }

    /// <summary>As <see cref="WebSocketClose.Code"/>; 0 when no connection had opened.</summary>
    public int Code { get; }

    /// <summary>What ended the last one; may be null after a close without an error.</summary>
    public NetworkException? Error { get; }

    /// <summary>Set a header of the next handshake.</summary>
    /// <exception cref="UsageException">INVALID_HEADER; INVALID_STATE: the hook has returned.</exception>
    public void SetHeader(string name, string value) => _session.SetHeader(name, value);

    /// <summary>Use another URL for the next handshake.</summary>
    /// <exception cref="UsageException">INVALID_URL; INVALID_STATE: the hook has returned.</exception>
    public void SetUrl(string url) => _session.SetUrl(url);

    /// <summary>No further try: the WebSocket ends.</summary>
    public void GiveUp() => _session.Cancel();
}

/// <summary>A message that will never be sent.</summary>
/// <param name="Kind">Text or binary.</param>
/// <param name="Data">Its bytes.</param>
public sealed record UnsentMessage(MessageKind Kind, ReadOnlyMemory<byte> Data);
