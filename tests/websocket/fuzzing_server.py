#!/usr/bin/env python3
"""A WebSocket server that plays a case to each client and judges what the client did.

    fuzzing_server.py [--port N] [--list]

The path of the URL names the case: ws://127.0.0.1:PORT/6.4.2. The client has to be an echo client. One line of JSON
for each conversation: id, outcome (OK, NON-STRICT, FAILED), what was seen. run_cases.py starts it and the clients.
"""
import argparse
import collections
import contextlib
import json
import socket
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True

from frames import Broken, ping  # noqa: E402
from peer import Failed, Peer  # noqa: E402

OK, NON_STRICT, FAILED = "OK", "NON-STRICT", "FAILED"


def judge(case, peer):
    """Play the case after the request was read: (outcome, what was seen)."""
    try:
        peer.request.check()
        refusable = False
        if case.accepts:
            extra = []
            if case.options.get("deflate"):
                extra.append(peer.agree(case.answer))
                refusable = case.may_refuse or bool(peer.answered.contradicts(peer.request.offers[0]))
            peer.accept(*extra)
        if refusable and peer.request.offers and may_be_refused(peer):
            return OK, "refused the answer, which it may"
        case.play(peer)
    except (Failed, Broken) as failure:
        return FAILED, str(failure)
    except Exception:  # a fault of the case itself must not look like the client's
        return FAILED, "the case itself failed: " + traceback.format_exc()
    return (NON_STRICT if peer.notes else OK), "; ".join(peer.notes)


def may_be_refused(peer):
    """Whether the client has left at once: a ping after the answer is not answered."""
    peer.send(ping(b"there?"))
    event = peer.next_event()
    if event and event[0] in ("end", "close"):
        if event[0] == "close":
            peer.end()
        peer.exit, peer.error_names = "error", ("WS_HANDSHAKE",)
        return True
    if event != ("pong", b"there?"):
        raise Failed(f"a ping was answered by {event}")
    return False


class FuzzingServer:
    """Listens on a port of its own; `report(run, result)` is called on the thread of the conversation."""

    def __init__(self, cases, report, context=None, port=0):
        self._cases = {case.id: case for case in cases}
        self._report, self._context = report, context
        self.conversations = collections.Counter()  # how often each run has come
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted):
        began = time.monotonic()
        try:
            peer = Peer(accepted, self._context)
        except OSError as error:
            accepted.close()
            self._report(None, {"id": "?", "outcome": FAILED, "seen": f"no TLS: {error}"})
            return
        run, result = self._converse(peer)
        result["seconds"] = round(time.monotonic() - began, 3)
        peer.transport.close()
        self._report(run, result)

    def _converse(self, peer):
        try:
            target = peer.read_request()
        except (Failed, Broken) as failure:
            return None, {"id": "?", "outcome": FAILED, "seen": str(failure)}
        name, _, run = target.lstrip("/").partition("?run=")
        self.conversations[run] += 1
        case = self._cases.get(name)
        if not case:
            return run, {"id": name, "outcome": FAILED, "seen": "there is no such case"}
        outcome, seen = judge(case, peer)
        return run, {"id": name, "outcome": outcome, "seen": seen, "exit": peer.exit,
                     "error_names": list(peer.error_names)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    options = parser.parse_args()
    from cases import SECTIONS
    cases = [case for section in SECTIONS for case in section.cases]
    if options.list:
        for case in cases:
            print(f"{case.id}\t{case.description}\t{case.rfc}")
        return
    server = FuzzingServer(cases, lambda run, result: print(json.dumps(result), flush=True), port=options.port)
    print(f"listening on 127.0.0.1:{server.port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    main()
