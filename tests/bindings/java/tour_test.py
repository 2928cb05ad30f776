#!/usr/bin/env python3
"""tour_test.py JAVA INSTALL_SCRIPT VERSION AI_SERVER: installs the package, copies the tour out of README.md into a folder outside the
tree and does what README.md says, with a port of its own."""
import pathlib
import re
import subprocess
import sys
import tempfile

from maven_test import run, wait_for

README = pathlib.Path(__file__).resolve().parents[3] / "bindings/java/README.md"
ANSWER = re.escape("You said: hello")
EXPECTED = "".join((
    rf"{ANSWER}[^\n]*\n",  # the answer
    r"200\n",  # without waiting
    r"(\{[^\n]*\}\n)+\[DONE\]\n",  # the events
    r"HTTP_NOT_FOUND, retryable: false, wait: Optional\.empty\n",
    r"200\n",  # inside limit and retries
    r"(\{[^\n]*\}\n)+",  # the conversation
))


def main():
    java, install_script, version, ai_server = sys.argv[1:]
    tours = re.findall(r"^```java\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)
    if len(tours) != 1 or "https://localhost:8443" not in tours[0]:
        sys.exit("README.md has no tour, or another one")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("cmake", f"-DCMAKE_INSTALL_PREFIX={folder}/installed", "-P", install_script)
        jar = folder / f"installed/share/pepperpy-network/java/pepperpy-network-{version}.jar"
        ready = folder / "ready"
        server = subprocess.Popen([ai_server, "--port", "0", "--ca-out", folder / "ca.pem", "--ready-file", ready],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = wait_for(ready, server)["https_port"]
            (folder / "Tour.java").write_text(tours[0].replace("localhost:8443", f"localhost:{port}"), encoding="utf-8")
            printed = run(java, "--class-path", jar, "Tour.java", cwd=folder)
        finally:
            server.terminate()
            server.wait()
    if not re.fullmatch(EXPECTED, printed):
        sys.exit(f"the tour printed\n{printed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
