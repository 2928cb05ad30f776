"""The sources as the rules see them: files with their lines, and a place to put what was found."""
import os
import re

FOLDERS = ("core", "capi", "bindings", "tests", "examples", "pkgconfig")
CODE = (".c", ".cpp", ".h", ".hpp")
# What tools of languages leave beside the sources.
BUILT = {"__pycache__", "node_modules", "target", "obj"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Tree:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.found = []

    def path(self, name):
        return os.path.join(self.root, name)

    def files(self, *folders, ends=CODE):
        """Names below `folders`, relative to the root, sorted."""
        names = []
        for folder in folders:
            for place, below, files in os.walk(self.path(folder)):
                below[:] = [d for d in below if not d.startswith(".") and d not in BUILT]
                names += [os.path.relpath(os.path.join(place, f), self.root) for f in files if f.endswith(tuple(ends))]
        return sorted(names)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def lines(self, name):
        return enumerate(self.text(name).splitlines(), 1)

    def includes(self, name):
        """(line number, bracket, target) of every include."""
        for number, line in self.lines(name):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1], match[2]

    def code_lines(self, name):
        """Lines without comments and string literals, so that a rule about names reads code only."""
        text = re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', lambda m: re.sub(r"[^\n]", " ", m[0]), self.text(name),
                      flags=re.S)
        return enumerate(text.splitlines(), 1)

    def report(self, name, line, message):
        self.found.append(f"{name}:{line}: {message}")
