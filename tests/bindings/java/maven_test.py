#!/usr/bin/env python3
"""maven_test.py JAR POM VERSION AI_SERVER: the jar goes into a local Maven repository, and a project outside the tree is built with
it and run, as a module. Maven gets its own parts from Debian's packages; nothing comes over a network."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

DEBIAN_REPOSITORY = pathlib.Path("/usr/share/maven-repo")
NEEDED = ("compiler", "install", "jar", "resources")
SETTINGS = """<settings>
  <localRepository>{local}</localRepository>
  <mirrors><mirror><id>debian</id><mirrorOf>*</mirrorOf><url>file://{debian}</url></mirror></mirrors>
</settings>
"""
PATIENCE_S = 120


def version_of(plugin):
    """The newest version that Debian has, but for the link that it calls debian."""
    folder = DEBIAN_REPOSITORY / "org/apache/maven/plugins" / f"maven-{plugin}-plugin"
    versions = [name.name for name in folder.iterdir() if name.name[0].isdigit()]
    return max(versions, key=lambda name: [int(part) if part.isdigit() else 0 for part in name.split(".")])


def run(*command, cwd=None):
    process = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S,
                             check=False)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{process.stdout[-4000:]}{process.stderr[-2000:]}")
    return process.stdout


def wait_for(path, server):
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit("the AI server did not start")
        time.sleep(0.02)
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def build(folder, jar, pom, version):
    settings = folder / "settings.xml"
    settings.write_text(SETTINGS.format(local=folder / "repository", debian=DEBIAN_REPOSITORY))
    maven = ("mvn", "-B", "-q", "-s", settings)
    plugin = "org.apache.maven.plugins:maven-{0}-plugin:{1}:{2}"
    run(*maven, plugin.format("install", version_of("install"), "install-file"), f"-Dfile={jar}", f"-DpomFile={pom}", cwd=folder)
    installed = folder / "repository/ai/pepperpy/pepperpy-network" / version / f"pepperpy-network-{version}.jar"
    if not installed.is_file():
        sys.exit(f"there is no {installed}")
    project = folder / "consumer"
    shutil.copytree(pathlib.Path(__file__).parent / "consumer", project)
    run(*maven, plugin.format("resources", version_of("resources"), "resources"),
        plugin.format("compiler", version_of("compiler"), "compile"), plugin.format("jar", version_of("jar"), "jar"),
        f"-Dpepperpy.version={version}", cwd=project)
    return [project / "target/consumer-1.jar", installed]


def main():
    jar, pom, version, ai_server = sys.argv[1:]
    missing = [name for name in NEEDED if not (DEBIAN_REPOSITORY / f"org/apache/maven/plugins/maven-{name}-plugin").is_dir()]
    if shutil.which("mvn") is None or missing:
        print(f"skipped: no Maven, or not its plugins {missing}")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        jars = build(folder, jar, pom, version)
        ready, ca = folder / "ready", folder / "ca.pem"
        server = subprocess.Popen([ai_server, "--port", "0", "--ca-out", str(ca), "--ready-file", str(ready), "--api-key", "k"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = wait_for(ready, server)["https_port"]
            printed = run("java", "--module-path", os.pathsep.join(map(str, jars)), "--module", "consumer/consumer.Main",
                          f"https://localhost:{port}", "k", ca)
        finally:
            server.terminate()
            server.wait()
    print(printed, end="")
    return 0 if printed == "pepper-mini\n" else 1


if __name__ == "__main__":
    sys.exit(main())
