"""A throw-away CA and a certificate for the loopback interface, made with the openssl command."""
import pathlib
import ssl
import subprocess
import tempfile

_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


class Certificate:
    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self.ca_file, self.certificate_file = str(folder / "ca.pem"), str(folder / "cert.pem")
        self.key_file = str(folder / "key.pem")
        ca_key, request, extension = (str(folder / name) for name in ("ca_key.pem", "request.pem", "extension"))
        pathlib.Path(extension).write_text(_NAMES + "\n", encoding="ascii")
        new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self._openssl("req", "-x509", *new_key, "-days", "2", "-subj", "/CN=PepperPy Network test CA", "-keyout",
                      ca_key, "-out", self.ca_file)
        self._openssl("req", *new_key, "-subj", "/CN=localhost", "-keyout", self.key_file, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", ca_key, "-CAcreateserial", "-days",
                      "2", "-extfile", extension, "-out", self.certificate_file)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode()}")

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context
