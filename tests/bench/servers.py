"""nginx on loopback ports of its own, plain and TLS 1.3, pinned to one core."""
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
  ssl_certificate {work}/cert.pem;
  ssl_certificate_key {work}/key.pem;
  ssl_protocols TLSv1.3;
  server {{
    listen 127.0.0.1:{plain_port};
    listen 127.0.0.1:{tls_port} ssl;
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Nginx:
    def __init__(self, pin):
        self.work = tempfile.mkdtemp(prefix="ppn-bench-")
        self.plain_port, self.tls_port = free_ports(2)
        self.ca_file = os.path.join(self.work, "cert.pem")
        self._make_certificate()
        config = os.path.join(self.work, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(work=self.work, body=JSON_BODY, plain_port=self.plain_port,
                                     tls_port=self.tls_port))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([*pin, program, "-p", self.work, "-c", config], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self._wait_until_it_listens()

    def _make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=ppn bench", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", os.path.join(self.work, "key.pem"), "-out", self.ca_file],
                       check=True, capture_output=True)

    def _wait_until_it_listens(self):
        end = time.monotonic() + 10
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
                return
            except OSError:
                pass
            try:
                self.process.wait(timeout=0.02)  # an nginx that ends will never listen
            except subprocess.TimeoutExpired:
                pass
        with open(os.path.join(self.work, "error.log"), encoding="utf-8") as file:
            log = file.read()
        self.close()
        raise RuntimeError(f"nginx did not start:\n{log}")

    def url(self, scheme):
        return f"{scheme}://127.0.0.1:{self.tls_port if scheme == 'https' else self.plain_port}/json"

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)
