"""Installs the NuGet package, puts it into a feed in a folder, and lets a project outside the tree use it: with caches of its own,
so that nothing but the package can be what it finds, and without any other feed. The program is the tour of README.md."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

README = pathlib.Path(__file__).resolve().parents[4] / "bindings" / "csharp" / "README.md"
DEADLINE_S = 200

CONFIG = """<configuration>
  <packageSources><clear /><add key="local" value="{feed}" /></packageSources>
  <fallbackPackageFolders><clear /></fallbackPackageFolders>
</configuration>
"""
PROJECT = """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net{major}.0</TargetFramework>
    <UseAppHost>false</UseAppHost>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <RestorePackagesPath>{folder}/packages</RestorePackagesPath>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="PepperPy.Network" Version="{version}" /></ItemGroup>
</Project>
"""
WANTED = ("lib/net8.0/PepperPy.Network.dll", "lib/net8.0/PepperPy.Network.xml", "README.md",
          "runtimes/linux-x64/native/libpepperpy_network.so.0", "runtimes/linux-x64/native/libpepperpy_network_csharp.so")


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=DEADLINE_S, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def start_server(program, folder):
    ready = folder / "ready"
    server = subprocess.Popen([program, "--port", "0", "--plain-port", "0", "--ca-out", folder / "ca.pem", "--ready-file", ready,
                               "--api-key", "demo-key"],
                              stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE_S
    while not ready.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit("the AI server did not start")
        time.sleep(0.01)
    return server, dict(line.split("=", 1) for line in ready.read_text().splitlines())


def main():
    dotnet, install_script, version, server_program = sys.argv[1:]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ppn-nuget-"))
    server = None
    try:
        run("cmake", f"-DCMAKE_INSTALL_PREFIX={folder}/installed", "-P", install_script)
        package = folder / "installed" / "share" / "pepperpy-network" / "csharp" / f"PepperPy.Network.{version}.nupkg"
        names = zipfile.ZipFile(package).namelist()
        missing = [name for name in WANTED if name not in names]
        if missing:
            sys.exit(f"the package lacks {missing}; it has {names}")

        major = run(dotnet, "--version").split(".")[0]
        project = folder / "project"
        project.mkdir()
        (project / "NuGet.Config").write_text(CONFIG.format(feed=package.parent))
        (project / "project.csproj").write_text(PROJECT.format(major=major, folder=folder, version=version))
        tour = "\n".join(re.findall(r"^```csharp\n(.*?)^```$", README.read_text(), re.M | re.S))
        (project / "Program.cs").write_text(tour)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PEPPERPY_")}
        environment["NUGET_HTTP_CACHE_PATH"] = str(folder / "http")
        run(dotnet, "build", "-nologo", "-v:quiet", "-c", "Release", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-o", folder / "out",
            cwd=project, env=environment)
        server, facts = start_server(server_program, folder)
        said = run(dotnet, folder / "out" / "project.dll", f"https://localhost:{facts['https_port']}", folder / "ca.pem", env=environment)
        for wanted in ("200: pepper-mini\n", "HTTP_NOT_FOUND, retryable: False\n", "\ncancelled\n", "200 " * 10, "\nTrue\n"):
            if wanted not in said:
                sys.exit(f"the program lacks {wanted!r} and said {said!r}")
    finally:
        if server is not None:
            server.terminate()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
