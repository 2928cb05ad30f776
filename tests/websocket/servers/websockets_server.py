#!/usr/bin/env python3
"""A server on python3-websockets: the same paths, argument and lines as ws_server.js."""
import asyncio
import json
import ssl
import sys
import urllib.parse

import websockets

LARGE = ("pepper " * 150000)[:1 << 20]
MESSAGES = ["Hello", bytes(range(256)), "", b"", "gr\u00fc\u00dfe \U0001f336", LARGE, LARGE.encode()]


async def drive(connection, code, report):
    for message in MESSAGES:
        await connection.send(message)
        answer = await connection.recv()
        report["right" if answer == message and isinstance(answer, type(message)) else "wrong"] += 1
    await connection.close(code, "done")


async def echo(connection):
    async for message in connection:
        await connection.send(message)
        if message == "bye":
            await connection.close(1000)


async def serve(connection):
    url = urllib.parse.urlsplit(connection.path)
    report = {"path": url.path, "protocol": connection.subprotocol or "",
              "extensions": ", ".join(extension.name for extension in connection.extensions),
              "header": connection.request_headers.get("X-Test"), "right": 0, "wrong": 0}
    try:
        if url.path == "/drive":
            await drive(connection, int(urllib.parse.parse_qs(url.query).get("code", ["1000"])[0]), report)
        else:
            await echo(connection)
    except websockets.ConnectionClosed as closed:
        report["error"] = str(closed)
    await connection.wait_closed()
    print(json.dumps({**report, "code": connection.close_code}), flush=True)


async def main():
    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    context = None
    if options.get("certificate"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
    server = await websockets.serve(serve, "127.0.0.1", 0, ssl=context, max_size=1 << 24, subprotocols=["chat.v2"],
                                    compression="deflate" if options.get("deflate") else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
