"""The sources are as .clang-format says. Only clang-format 14 is asked: other versions format differently."""
import shutil
import subprocess

WANTED = "version 14."


def find_tool():
    for program in ("clang-format-14", "clang-format"):
        if shutil.which(program):
            version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
            if WANTED in version:
                return program
    return None


def check(tree):
    tool = find_tool()
    if tool is None:
        return "clang-format 14 is not here"
    names = tree.files("core", "capi", "bindings", "tests", "examples")
    if names:
        run = subprocess.run([tool, "--dry-run", "--Werror", "--style=file", *names], cwd=tree.root,
                             capture_output=True, text=True, check=False)
        for line in run.stderr.splitlines():
            if ": error:" in line:
                tree.found.append(line)
    return None
