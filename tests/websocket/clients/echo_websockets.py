#!/usr/bin/env python3
"""An echo client on python3-websockets: URL, and the options of a case as JSON. Proves the harness, not the library.

Ends with 0 after a Close with 1000 or 1001, with 77 when it has no such option, else with 1.
"""
import asyncio
import json
import ssl
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory


async def echo(url, options):
    extensions = [ClientPerMessageDeflateFactory(client_max_window_bits=True)] if options.get("deflate") else None
    context = ssl.create_default_context(cafile=options["cacert"]) if "cacert" in options else None
    ping_interval, pong_timeout = options.get("ping_interval_ms"), options.get("pong_timeout_ms")
    async with websockets.connect(
            url, ssl=context, compression=None, max_size=options.get("max_message_bytes", 1 << 24),
            extensions=extensions, subprotocols=options.get("subprotocols"),
            open_timeout=options.get("open_timeout_ms", 10000) / 1000,
            close_timeout=options.get("close_timeout_ms", 5000) / 1000,
            ping_interval=ping_interval and ping_interval / 1000,
            ping_timeout=pong_timeout and pong_timeout / 1000) as connection:
        async for message in connection:
            await connection.send(message)


def main():
    options = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    try:
        asyncio.run(echo(sys.argv[1], options))
    except websockets.ConnectionClosedOK:  # the peer was gone before its message was answered
        pass
    except Exception as error:  # whatever it is, the harness asks for the status alone
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
