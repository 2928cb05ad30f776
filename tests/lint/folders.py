"""The shape of the tree: what may lie at the top, and a README.md that opens every folder."""
import os

TOP = {"CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
       "core", "capi", "bindings", "tests", "pkgconfig", "examples"}
GENERATED = {"build", "out", "compile_commands.json"}
LANGUAGES = ("java", "csharp", "go")
WITH_README = ("", "capi", "core", "core/base", "core/client", "core/codec", "core/decisions", "core/http", "core/io",
               "core/policy", "bindings", "bindings/swig", "tests", "tests/abi", "tests/bench", "tests/bindings",
               "tests/conformance", "tests/cpp", "tests/examples", "tests/headers", "tests/install", "tests/lint",
               "tests/support", "tests/websocket", "pkgconfig", "examples", "examples/c", "examples/cpp",
               "examples/server", *(f"{folder}/{name}" for folder in ("examples", "tests/bindings") for name in LANGUAGES))
# These are what the people of a language read: installing, a tour, tables of names.
MANUALS = tuple(f"bindings/{name}" for name in LANGUAGES)
README_LINES = 60
MANUAL_LINES = 400


def check(tree):
    for name in sorted(os.listdir(tree.root)):
        if name not in TOP | GENERATED and not name.startswith("."):
            tree.report(name, 1, "is not one of the things that lie at the top")
    for folder in (*WITH_README, *MANUALS):
        if not os.path.isdir(tree.path(folder)):
            continue
        readme = os.path.join(folder, "README.md")
        if not os.path.exists(tree.path(readme)):
            tree.report(readme, 1, "is missing")
            continue
        lines = len(tree.text(readme).splitlines())
        if folder in MANUALS and lines > MANUAL_LINES:
            tree.report(readme, MANUAL_LINES, f"is longer than {MANUAL_LINES} lines")
        elif folder and folder not in MANUALS and lines > README_LINES:
            tree.report(readme, README_LINES, "is longer than one screen")
