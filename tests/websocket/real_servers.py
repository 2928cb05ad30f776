"""Real WebSocket servers as children: npm `ws`, python3-websockets, and nginx in front of one. None is needed to build;
what is not there is said by `missing()`."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from ppn_client import DEADLINE_S, support

HERE = pathlib.Path(__file__).resolve().parent
NODE_MODULES = support.BUILD / "tests" / "websocket" / "node"
WS_VERSION = "8.23.0"
DEBIAN_NODE_MODULES = "/usr/share/nodejs"  # of the package node-ws


class Server:
    """A program that prints its port and then a line of JSON for each connection that ended."""

    def __init__(self, command, environment, certificate=None, deflate=False):
        options = {"deflate": deflate}
        if certificate:
            options.update(certificate=certificate.certificate_file, key=certificate.key_file)
        self._child = support.Child(*command, json.dumps(options), environment=environment)
        self.scheme = "wss" if certificate else "ws"

    def __enter__(self):
        self._child.__enter__()
        self.port = int(self._child.read_until(b"\n"))
        return self

    def __exit__(self, *error):
        self._child.__exit__(*error)

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def report(self):
        return json.loads(self._child.read_until(b"\n"))


class NpmWs:
    _environment = None

    @classmethod
    def missing(cls):
        """Why it can not be had, or an empty text. Installs the pinned version below the build."""
        if not shutil.which("node"):
            return "node is not there"
        if not (NODE_MODULES / "node_modules" / "ws").exists() and shutil.which("npm"):
            NODE_MODULES.mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "install", "--prefix", str(NODE_MODULES), "--no-audit", "--no-fund",
                            f"ws@{WS_VERSION}"], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S,
                           check=False)
        cls._environment = {"NODE_PATH": f"{NODE_MODULES / 'node_modules'}:{DEBIAN_NODE_MODULES}"}
        found = support.run("node", "-e", "require('ws')", environment=cls._environment)
        return "" if found.returncode == 0 else f"npm could not install ws@{WS_VERSION}, and node-ws is not there"

    @classmethod
    def start(cls, **keywords):
        return Server(["node", HERE / "servers" / "ws_server.js"], cls._environment, **keywords)

    @classmethod
    def client(cls):
        path = cls._environment["NODE_PATH"]
        return f"env NODE_PATH={path} node {HERE / 'clients' / 'echo_ws.js'} {{url}} {{options}}"


class PythonWebsockets:
    _python = None

    @classmethod
    def missing(cls):
        # Debian's package is seen by Debian's Python alone, which need not be the one that runs this.
        for python in (sys.executable, "/usr/bin/python3"):
            if os.access(python, os.X_OK) and support.run(python, "-c", "import websockets").returncode == 0:
                cls._python = python
                return ""
        return "python3-websockets is not there"

    @classmethod
    def start(cls, **keywords):
        return Server([cls._python, "-B", HERE / "servers" / "websockets_server.py"], {}, **keywords)

    @classmethod
    def client(cls):
        return f"{cls._python} -B {HERE / 'clients' / 'echo_websockets.py'} {{url}} {{options}}"


NGINX_CONFIG = """
daemon off;
master_process off;
{user}
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  ssl_certificate {certificate}; ssl_certificate_key {key};
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    proxy_http_version 1.1;
    location / {{
      proxy_pass http://127.0.0.1:{backend};
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
    location /plain/ {{ proxy_pass http://127.0.0.1:{backend}/; }}
    location /nobody/ {{
      proxy_pass http://127.0.0.1:1/;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Nginx:
    """In front of a server: / with the headers of an upgrade, /plain/ without them, /nobody/ to a closed port."""

    _program = shutil.which("nginx") or "/usr/sbin/nginx"

    def __init__(self, backend, certificate):
        self._backend, self._certificate = backend, certificate

    @classmethod
    def missing(cls):
        return "" if os.access(cls._program, os.X_OK) else "nginx is not there"

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self.port, self.tls_port = free_port(), free_port()
        text = NGINX_CONFIG.format(folder=folder, certificate=self._certificate.certificate_file, port=self.port,
                                   key=self._certificate.key_file, tls_port=self.tls_port, backend=self._backend,
                                   user="user root;" if os.geteuid() == 0 else "")
        (folder / "nginx.conf").write_text(text, encoding="ascii")
        self._process = subprocess.Popen([self._program, "-p", folder, "-e", folder / "error.log", "-c",
                                          folder / "nginx.conf"], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), 1).close()
                return self
            except OSError:
                try:
                    self._process.wait(timeout=0.02)  # an nginx that ends will never listen
                except subprocess.TimeoutExpired:
                    pass
        log = (folder / "error.log").read_text(encoding="utf-8", errors="replace")
        self.__exit__()
        raise RuntimeError(f"nginx did not start:\n{log}")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=DEADLINE_S)
        self._folder.cleanup()

    def url(self, path, tls):
        return f"wss://127.0.0.1:{self.tls_port}{path}" if tls else f"ws://127.0.0.1:{self.port}{path}"
