"""The servers of a run: nginx and bench_server, on loopback ports of their own, pinned to one core."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

JSON_BODY = ('{"id":"chatcmpl-0123456789","object":"chat.completion","created":1700000000,"model":"bench",'
             '"usage":{"total_tokens":12345}, "n":1}')
assert len(JSON_BODY) == 130

CONFIG = """
daemon off;
master_process off;
worker_processes 1;
error_log {work}/error.log;
pid {work}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {work}/body;
  proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi;
  scgi_temp_path {work}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 60;
  sendfile on;
  ssl_certificate {work}/cert.pem;
  ssl_certificate_key {work}/key.pem;
  ssl_protocols TLSv1.3;
  server {{
    listen 127.0.0.1:{plain_port};
    listen 127.0.0.1:{tls_port} ssl;
    location /json {{ default_type application/json; return 200 '{body}'; }}
    location /file {{ root {work}; }}
  }}
}}
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Files:
    """A folder with a throw-away certificate, which is its own CA, and a large file that takes no space."""

    def __init__(self, file_bytes):
        self.folder = tempfile.mkdtemp(prefix="ppn-bench-")
        self.certificate, self.key = os.path.join(self.folder, "cert.pem"), os.path.join(self.folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=ppn bench", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True)
        with open(os.path.join(self.folder, "file"), "wb") as file:
            file.truncate(file_bytes)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Nginx:
    """Keep-alive answers of JSON_BODY, and the large file."""

    def __init__(self, pin, files):
        work = files.folder
        plain_port, tls_port = free_ports(2)
        self.base = {"http": f"http://127.0.0.1:{plain_port}", "https": f"https://127.0.0.1:{tls_port}"}
        self.error_log = os.path.join(work, "error.log")
        config = os.path.join(work, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(work=work, body=JSON_BODY, plain_port=plain_port, tls_port=tls_port))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([*pin, program, "-p", work, "-c", config], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self._wait_until_it_listens(tls_port)

    def _wait_until_it_listens(self, port):
        limit = time.monotonic() + 10
        while time.monotonic() < limit and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                pass
            try:
                self.process.wait(timeout=0.02)  # an nginx that ends will never listen
            except subprocess.TimeoutExpired:
                pass
        self.close()
        with open(self.error_log, encoding="utf-8") as file:
            raise RuntimeError(f"nginx did not start:\n{file.read()}")

    def close(self):
        end(self.process)


class BenchServer:
    """bench_server.c, or bench_echo_server.c with `scheme` ws. It ends with its standard input, so it can not outlive
    the run."""

    def __init__(self, pin, files, program, scheme="http"):
        self.scheme = scheme
        self.process = subprocess.Popen([*pin, program, files.certificate, files.key], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        ports = self.process.stdout.readline()
        if not ports:
            self.close()
            raise RuntimeError(f"{os.path.basename(program)} did not start")
        self.ports = json.loads(ports)

    def url(self, port, path):
        return f"{self.scheme}{'' if port == 'plain' else 's'}://127.0.0.1:{self.ports[port]}{path}"

    def close(self):
        self.process.stdin.close()
        end(self.process)
        self.process.stdout.close()
