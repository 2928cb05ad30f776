"""What is measured: the rows, the programs that each of them compares, and the budgets of the project."""
import dataclasses
import os

from peers import NodeProgram, Program, Wrk
from servers import JSON_BODY

IN_FLIGHT = 64
EVENT_STREAMS = 100
EVENT_DATA_BYTES = 56  # of the 64 bytes of an event
MESSAGE_BYTES = 128
NPM_WS = "ws@8.18.0"  # one version, so that runs can be compared


@dataclasses.dataclass(frozen=True)
class Size:
    """How much one run does."""
    rounds: int
    seconds: float
    file_mib: int
    downloads: int
    idle_streams: int
    sockets: int  # WebSockets that echo at once
    events_per_stream: int
    paced_events: int  # of each stream, one per millisecond
    samples: int  # of the load time
    cancels: int


FULL = Size(rounds=5, seconds=2, file_mib=256, downloads=3, idle_streams=10_000, sockets=1_000, events_per_stream=10_000,
            paced_events=2_000, samples=20, cancels=200)
QUICK = Size(rounds=2, seconds=1, file_mib=256, downloads=1, idle_streams=2_000, sockets=1_000, events_per_stream=3_000,
             paced_events=1_000, samples=10, cancels=50)
SMOKE = Size(rounds=1, seconds=0.1, file_mib=4, downloads=1, idle_streams=50, sockets=50, events_per_stream=50,
             paced_events=20, samples=2, cancels=5)


@dataclasses.dataclass(frozen=True)
class Budget:
    """`figure` is at most `limit` (at least it, with `least`), times the same figure of `peer` when one is named, or
    that figure and `limit` more, with `added`."""
    limit: float
    peer: str = None
    figure: str = None  # the first figure of the row when None
    least: bool = False
    added: bool = False


@dataclasses.dataclass(frozen=True)
class Row:
    group: str    # what --rows names
    name: str
    peers: tuple
    figures: tuple  # (key, unit, scale); the first is compared
    budgets: tuple = ()
    ours: tuple = ("ppn",)  # the peers that the budgets are for
    rounds: int = 100       # at most; memory and the longest of many samples need no repetition
    body_bytes: object = None  # of a run's figures: how many there must be

    def check(self, figures):
        wanted = self.body_bytes(figures) if self.body_bytes else figures["body_bytes"]
        return None if figures["body_bytes"] == wanted else f"{figures['body_bytes']} body bytes, not {wanted}"


GO = {"environment": {"GOMAXPROCS": "1"}, "needs": "go"}
CPU_US = ("cpu_us", "us CPU", 1)
PER_S = ("per_s", "/s", 1)


class Places:
    """Where things are in this run."""

    def __init__(self, build, files, nginx, server, echo):
        self.build, self.files, self.nginx, self.server, self.echo = build, files, nginx, server, echo
        self.ca_file = files.certificate

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def peer(self, label, name, *arguments, **more):
        return Program(label, self.program(name), *arguments, **more)


def get_rows(at, size):
    for scheme, name, limit in (("http", "GET plain", 9.0), ("https", "GET TLS 1.3", 12.0)):
        url = at.nginx.base[scheme] + "/json"
        arguments = (url, at.ca_file, IN_FLIGHT, size.seconds)
        yield Row("get", name, (
            Wrk(url, IN_FLIGHT, size.seconds),
            at.peer("libcurl multi", "bench_curl_get", *arguments),
            at.peer("Go net/http", "bench_go_get", *arguments, **GO),
            at.peer("ppn", "bench_ppn_get", *arguments)), (CPU_US, PER_S), (Budget(limit),), body_bytes=json_bytes)


# The same request by a client without retries, by one as it is made, and with retries, a limiter and a middleware.
def policy_rows(at, size):
    for scheme, name, limit in (("http", "GET plain, policies", 9.0), ("https", "GET TLS 1.3, policies", 12.0)):
        arguments = (at.nginx.base[scheme] + "/json", at.ca_file, IN_FLIGHT, size.seconds)
        yield Row("policies", name, (
            at.peer("ppn bare", "bench_ppn_get", *arguments, "bare"),
            at.peer("ppn", "bench_ppn_get", *arguments),
            at.peer("ppn policies", "bench_ppn_get", *arguments, "policies")), (CPU_US, PER_S),
            (Budget(limit), Budget(1.0, "ppn bare", added=True)), ours=("ppn policies",), body_bytes=json_bytes)


def json_bytes(figures):
    return figures["operations"] * len(JSON_BODY)


def blocking_rows(at, size):
    for scheme, name in (("http", "blocking plain"), ("https", "blocking TLS 1.3")):
        arguments = (at.nginx.base[scheme] + "/json", at.ca_file, 1, size.seconds)
        yield Row("blocking", name, (
            at.peer("libcurl easy", "bench_curl_blocking", *arguments),
            at.peer("ppn", "bench_ppn_blocking", *arguments)), (CPU_US, PER_S),
            (Budget(1, "libcurl easy"), Budget(1, "libcurl easy", "per_s", least=True)), body_bytes=json_bytes)


def thread_rows(at, size):
    arguments = (at.nginx.base["http"] + "/json", at.ca_file, IN_FLIGHT, size.seconds)
    yield Row("threads", "64 threads plain", (
        at.peer("64 libcurl easy", "bench_curl_blocking", *arguments),
        at.peer("Go, 64 goroutines", "bench_go_get", *arguments, **GO),
        at.peer("ppn", "bench_ppn_blocking", *arguments)), (CPU_US, PER_S), (Budget(12.0),), body_bytes=json_bytes)


def download_rows(at, size):
    length = size.file_mib << 20
    for scheme, name in (("http", "plain"), ("https", "TLS 1.3")):
        url = at.nginx.base[scheme] + "/file"
        yield Row("download", f"{size.file_mib} MiB {name}", (
            at.peer("libcurl easy", "bench_curl_download", url, at.ca_file, "push", size.downloads),
            at.peer("ppn push", "bench_ppn_download", url, at.ca_file, "push", size.downloads),
            at.peer("ppn pull", "bench_ppn_download", url, at.ca_file, "pull", size.downloads)),
            (("cpu_us", "ms CPU", 1e-3), ("wall_us", "ms", 1e-3)), (Budget(0.9, "libcurl easy"),),
            ours=("ppn push", "ppn pull"), body_bytes=lambda figures: figures["operations"] * length)


def handshake_rows(at, size):
    for port, name, resume in (("tls_full", "handshake full", "full"), ("tls", "handshake resumed", "resume")):
        url = at.server.url(port, "/session")
        first, others = len("full"), len("full") if resume == "full" else len("resumed")
        yield Row("handshake", name, (
            at.peer("OpenSSL alone", "bench_openssl_connect", at.server.ports[port], at.ca_file, resume, size.seconds),
            at.peer("libcurl easy", "bench_curl_blocking", url, at.ca_file, 1, size.seconds),
            at.peer("ppn", "bench_ppn_blocking", url, at.ca_file, 1, size.seconds)), (CPU_US, PER_S),
            (Budget(1.1, "OpenSSL alone"),),
            body_bytes=lambda figures, first=first, others=others: first + others * (figures["operations"] - 1))


def idle_rows(at, size):
    for port, name, limit in (("plain", "idle plain", 2.0), ("tls", "idle TLS 1.3", 23.0)):
        arguments = (at.server.url(port, "/idle"), at.ca_file, "idle", size.idle_streams)
        yield Row("idle", f"{size.idle_streams} {name}", (
            at.peer("libcurl multi", "bench_curl_streams", *arguments),
            at.peer("ppn", "bench_ppn_streams", *arguments)),
            (("heap_per_stream", "kB heap", 1e-3), ("resident_per_stream", "kB RSS", 1e-3), CPU_US),
            (Budget(limit * 1e3),), rounds=1,
            body_bytes=lambda figures: figures["operations"] * EVENT_DATA_BYTES)


def websocket_peers(at, port, *arguments, wslay=False):
    """wslay has no TLS and no deflate of its own."""
    arguments = (at.echo.url(port, ""), at.ca_file, *arguments)
    peers = [at.peer("libwslay", "bench_wslay_websocket", *arguments, needs="libwslay")] if wslay else []
    modules = os.path.join(os.path.abspath(at.build), "bench-npm", "node_modules")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench_ws_websocket.js")
    return (*peers, NodeProgram("npm ws", script, modules, "ws", *arguments),
            at.peer("ppn", "bench_ppn_websocket", *arguments))


def websocket_rows(at, size):
    both = [Budget(1, peer) for peer in ("libwslay", "npm ws")]
    faster = [Budget(1, peer, "per_s", least=True) for peer in ("libwslay", "npm ws")]
    echoes = (  # name, port, connections, messages in flight on each, bytes of one, more
        ("WS 128 B plain", "plain", 1, IN_FLIGHT, MESSAGE_BYTES),
        ("WS 128 B TLS 1.3", "tls", 1, IN_FLIGHT, MESSAGE_BYTES),
        # Half of what our queue of outgoing messages holds.
        ("WS 64 KiB plain", "plain", 1, 8, 64 << 10),
        ("WS 64 KiB TLS 1.3", "tls", 1, 8, 64 << 10),
        ("WS 4 KiB plain", "plain", 1, 8, 4 << 10),
        ("WS 4 KiB deflate", "plain", 1, 8, 4 << 10, "deflate"),
        (f"WS 128 B, {size.sockets} sockets", "plain", size.sockets, 1, MESSAGE_BYTES))
    for name, port, connections, in_flight, length, *more in echoes:
        wslay = port == "plain" and not more
        yield Row("websocket", name,
                  websocket_peers(at, port, "echo", connections, in_flight, length, size.seconds, *more, wslay=wslay),
                  (CPU_US, PER_S), (*both, *faster) if wslay else (both[1], faster[1]),
                  body_bytes=lambda figures, length=length: figures["operations"] * length)
    for port, name, peer in (("plain", "plain", "libwslay"), ("tls", "TLS 1.3", "npm ws")):
        yield Row("websocket", f"{size.idle_streams} WS idle {name}",
                  websocket_peers(at, port, "idle", size.idle_streams, wslay=port == "plain"),
                  (("resident_per_connection", "kB RSS", 1e-3), ("heap_per_connection", "kB heap", 1e-3), CPU_US),
                  (Budget(1, peer),), rounds=1,
                  body_bytes=lambda figures: figures["operations"] * MESSAGE_BYTES)


def event_rows(at, size):
    for path, count, kind in (("events", size.events_per_stream, "unpaced"), ("paced", size.paced_events, "1 per ms")):
        for port, name in (("plain", "plain"), ("tls", "TLS 1.3")):
            url = at.server.url(port, f"/{path}/{count}")
            total = EVENT_STREAMS * count * EVENT_DATA_BYTES
            yield Row("events", f"events {kind} {name}", (
                at.peer("libcurl multi", "bench_curl_streams", url, at.ca_file, "events", EVENT_STREAMS),
                at.peer("ppn", "bench_ppn_streams", url, at.ca_file, "events", EVENT_STREAMS)), (CPU_US, PER_S),
                (Budget(0.8, "libcurl multi"),), body_bytes=lambda figures, total=total: total)


def decoder_rows(at, size):
    seconds = min(size.seconds, 0.3)
    # An event of 64 bytes has 56 of data; the others are larger by their 8 bytes of framing.
    for data, title in ((EVENT_DATA_BYTES, "64 B"), (1024, "1 KiB"), (16 << 10, "16 KiB")):
        for cut, how in ((0, "whole"), (1448, "cut at 1448"), (16, "cut at 16"), (1, "cut at 1")):
            limits = (Budget(1.0, least=True),) if data == EVENT_DATA_BYTES and cut in (0, 1448) else ()
            yield Row("decoder", f"SSE {title} {how}", (at.peer("ppn", "bench_core", "sse", data, cut, seconds),),
                      (("gb_per_s", "GB/s", 1),), limits)
    # Twice the time is the noise of a cache; a decoder that is not linear would need 32 times as long.
    yield Row("decoder", "SSE 512 KiB / 16 KiB", (at.peer("ppn", "bench_core", "sse_linear", seconds),),
              (("large_by_small", "x per byte", 1),), (Budget(2.0),))


def load_rows(at, size):
    library = os.path.join(at.build, "lib", "libpepperpy_network.so.0")
    yield Row("load", "load to first byte", (
        at.peer("libcurl", "bench_load", "curl", "libcurl.so.4", size.samples),
        at.peer("ppn", "bench_load", "ppn", library, size.samples),
        at.peer("ppn, trust store", "bench_load", "ppn_trust", library, size.samples)),
        (("first_byte_ms", "ms", 1), ("dlopen_ms", "ms dlopen", 1), ("child_cpu_ms", "ms CPU", 1)), (Budget(5.0),))


def cancel_rows(at, size):
    for phase in ("connect", "tls", "first_byte", "body", "paused"):
        yield Row("cancel", f"cancel in {phase}", (at.peer("ppn", "bench_ppn_cancel", phase, size.cancels),),
                  (("longest_ms", "ms longest", 1), ("median_ms", "ms median", 1)), (Budget(50.0),), rounds=1)


def micro_rows(at, size):
    seconds = min(size.seconds, 0.3)
    ns = (("cpu_us", "ns CPU", 1e3),)
    yield Row("micro", "request new, release", (at.peer("ppn", "bench_ppn_handles", seconds),), ns)
    yield Row("micro", "head of 21 fields", (at.peer("ppn", "bench_core", "head", seconds),), ns)
    yield Row("micro", "WebSocket text of 128 B", (at.peer("ppn", "bench_core", "frames", 128, seconds),), ns, (Budget(0.04),))


# Each language beside the client that its people have already: the same program, which asks the one or the other.
LANGUAGES = (("Java", "bench_java", "JDK HttpClient"), ("C#", "bench_csharp", ".NET HttpClient"),
             ("Go", "bench_binding_go", "Go net/http"))
ALLOCATED = ("allocated_b", "B allocated", 1)


def binding_rows(at, size):
    for language, program, other in LANGUAGES:
        if not os.access(at.program(program), os.X_OK):
            print(f"bench: no {program}, the rows of {language} are skipped")
            continue

        def peers(mode, url, count, program=program, other=other):
            arguments = (url, at.ca_file, count, size.seconds)
            return (at.peer(other, program, mode, "peer", *arguments), at.peer("ppn", program, mode, "ours", *arguments))

        for scheme, name in (("http", "GET plain"), ("https", "GET TLS 1.3")):
            yield Row("bindings", f"{language} {name}", peers("get", at.nginx.base[scheme] + "/json", IN_FLIGHT),
                      (CPU_US, PER_S, ALLOCATED), (Budget(1, other),), body_bytes=json_bytes)
        for port, name in (("plain", "events plain"), ("tls", "events TLS 1.3")):
            url = at.server.url(port, f"/events/{size.events_per_stream}")
            total = EVENT_STREAMS * size.events_per_stream * EVENT_DATA_BYTES
            # What the way through the binding costs, beside the same in C.
            native = at.peer("ppn in C", "bench_ppn_streams", url, at.ca_file, "events", EVENT_STREAMS)
            yield Row("bindings", f"{language} {name}", (native, *peers("events", url, EVENT_STREAMS)), (CPU_US, PER_S),
                      (Budget(1.0, "ppn in C", added=True),), body_bytes=lambda figures, total=total: total)


GROUPS = {"get": get_rows, "policies": policy_rows, "blocking": blocking_rows, "threads": thread_rows, "download": download_rows,
          "handshake": handshake_rows, "idle": idle_rows, "events": event_rows, "websocket": websocket_rows,
          "decoder": decoder_rows, "load": load_rows, "cancel": cancel_rows, "micro": micro_rows, "bindings": binding_rows}
