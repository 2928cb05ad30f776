"""WebSocket peers from Debian's python3-websockets: a server for our client, a client for our server."""
import asyncio
import sys
import threading

import support

DEBIAN_PACKAGES = "/usr/lib/python3/dist-packages"
SKIPPED = 77

# Debian's own, which any Python 3 can read, whichever one is the first on the path and whatever was added to it.
sys.path.insert(0, DEBIAN_PACKAGES)
try:
    import websockets
except ImportError:
    print("skipped: there is no python3-websockets")
    sys.exit(SKIPPED)
finally:
    sys.path.remove(DEBIAN_PACKAGES)


class WebSocketServer:
    """Runs the coroutine `serve(socket)` for each connection, on a thread with a loop of its own."""

    def __init__(self, serve, **options):
        self._serve = serve
        self._options = {"compression": None, "max_size": None, **options}
        self._started = threading.Event()
        self.failures = []

    def __enter__(self):
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        if not self._started.wait(support.DEADLINE_S):
            raise TimeoutError("the WebSocket server did not start")
        return self

    def __exit__(self, kind, *_):
        self._loop.call_soon_threadsafe(self._stop.set_result, None)
        self._thread.join(support.DEADLINE_S)
        if kind is None and self.failures:
            raise self.failures[0]

    async def _run(self):
        self._loop = asyncio.get_running_loop()
        self._stop = self._loop.create_future()
        async with websockets.serve(self._guard, "127.0.0.1", 0, **self._options) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.url = f"ws://127.0.0.1:{self.port}"
            self._started.set()
            await self._stop

    async def _guard(self, socket):
        try:
            await asyncio.wait_for(self._serve(socket), support.DEADLINE_S)
        except websockets.ConnectionClosed:
            pass
        except Exception as failure:  # shown by __exit__, in the thread of the test
            self.failures.append(failure)
