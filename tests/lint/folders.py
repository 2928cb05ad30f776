"""The shape of the tree: what may lie at the top, and a README.md that opens every folder."""
import os

TOP = {"CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
       "core", "capi", "bindings", "tests", "pkgconfig", "examples"}
GENERATED = {"build", "out", "compile_commands.json"}
WITH_README = ("", "capi", "core", "core/base", "core/client", "core/codec", "core/decisions", "core/http", "core/io",
               "core/policy", "bindings", "tests", "tests/abi", "tests/bench", "tests/cpp", "tests/examples", "tests/headers",
               "tests/install", "tests/lint", "tests/support", "tests/websocket", "pkgconfig", "examples", "examples/server")
README_LINES = 60


def check(tree):
    for name in sorted(os.listdir(tree.root)):
        if name not in TOP | GENERATED and not name.startswith("."):
            tree.report(name, 1, "is not one of the things that lie at the top")
    for folder in WITH_README:
        if not os.path.isdir(tree.path(folder)):
            continue
        readme = os.path.join(folder, "README.md")
        if not os.path.exists(tree.path(readme)):
            tree.report(readme, 1, "is missing")
        elif folder and len(tree.text(readme).splitlines()) > README_LINES:
            tree.report(readme, README_LINES, "is longer than one screen")
