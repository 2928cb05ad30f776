"""Who may include whom: base <- codec, policy, io <- http <- client <- capi/src. Bindings see <pepperpy/...> and themselves."""
import os
import posixpath
import re

MAY_INCLUDE = {
    "base": {"base"},
    "codec": {"base", "codec"},
    "policy": {"base", "policy"},
    "io": {"base", "io"},
    "http": {"base", "codec", "policy", "io", "http"},
    "client": {"base", "codec", "policy", "io", "http", "client"},
}
LAYERS = set(MAY_INCLUDE)
# Bytes and time are arguments there.
PURE = {"codec", "policy"}
IMPURE_HEADERS = ("sys/", "netinet/", "arpa/", "net/", "unistd.h", "poll.h", "fcntl.h", "netdb.h", "pthread.h",
                  "time.h", "thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "ctime", "fstream",
                  "iostream", "random")
C_HEADER_MAY = {"stddef.h", "stdint.h"}
# A header of the C++ standard library is one word without an ending.
CPP_HEADER_MAY = re.compile(r"[a-z_]+|pepperpy/network\.h")
# C and C++, files of SWIG, and the C that Go has in its comments.
BINDING = (".c", ".cpp", ".h", ".hpp", ".h.in", ".i", ".go")
BINDING_INCLUDE = re.compile(r'^\s*(?://)?\s*[#%]\s*(?:include|import)\b[^<"]*[<"]([^>"]+)[>"]')
# From where an include may find a file of ours.
INCLUDE_ROOTS = ("", "bindings", "bindings/swig", "capi", "capi/include", "capi/src", "core", "examples", "tests")


def check(tree):
    for name in tree.files("core"):
        layer = name.split("/")[1]
        if layer not in LAYERS:
            tree.report(name, 1, f"core/{layer} is no layer of the core")
            continue
        for line, _, target in tree.includes(name):
            first = target.split("/")[0]
            if first in LAYERS and "/" in target and first not in MAY_INCLUDE[layer]:
                tree.report(name, line, f"{layer} must not include {target}")
            if first == "pepperpy" or ".." in target.split("/"):
                tree.report(name, line, f"the core must not include {target}")
            if layer in PURE and target.startswith(IMPURE_HEADERS) and _is_header(target):
                tree.report(name, line, f"{layer} knows neither sockets nor threads nor clocks: {target}")
        if layer in PURE:
            for line, text in tree.code_lines(name):
                if "_clock::now(" in text or "clock_gettime(" in text:
                    tree.report(name, line, f"{layer} takes time as an argument")

    for name in tree.files("capi/include", ends=(".h", ".h.in")):
        for line, bracket, target in tree.includes(name):
            sibling = bracket == '"' and _exists(tree, posixpath.join(posixpath.dirname(name), target))
            if target not in C_HEADER_MAY and not sibling:
                tree.report(name, line, f"a public header includes only its siblings, stddef.h and stdint.h: {target}")

    for name in tree.files("capi/include", ends=(".hpp",)):
        for line, bracket, target in tree.includes(name):
            sibling = bracket == '"' and _exists(tree, posixpath.join(posixpath.dirname(name), target))
            if not sibling and not (bracket == "<" and CPP_HEADER_MAY.fullmatch(target)):
                tree.report(name, line, f"the C++ wrapper includes its siblings, <pepperpy/network.h> and the standard "
                                        f"library: {target}")

    for name in tree.files("bindings", ends=BINDING):
        for line, text in tree.lines(name):
            match = BINDING_INCLUDE.match(text)
            if match and (ours := _found(tree, name, match[1])) and not ours.startswith(("bindings/", "capi/include/")):
                tree.report(name, line, f"a binding includes <pepperpy/...> and its own files, not {ours}")

    # The clients of tests/bench are users like others; its C++ measures parts of the core from inside.
    users = [*tree.files("examples", "bindings", "tests/bindings", "tests/capi", "tests/conformance", "tests/cpp",
                         "tests/install"),
             *tree.files("tests/bench", ends=(".c", ".h"))]
    for name in users:
        for line, _, target in tree.includes(name):
            if target.split("/")[0] in LAYERS and "/" in target or "capi/src" in posixpath.normpath(target):
                tree.report(name, line, f"sees the public headers only, not {target}")


def _exists(tree, name):
    return any(os.path.exists(tree.path(name + end)) for end in ("", ".in"))


def _found(tree, name, target):
    """The file of ours that an include of `name` means; None when it is of somebody else, or generated."""
    for root in (posixpath.dirname(name), *INCLUDE_ROOTS):
        place = posixpath.normpath(posixpath.join(root, target))
        if _exists(tree, place):
            return place
    return None


def _is_header(target):
    return target.endswith(".h") or target in IMPURE_HEADERS or "/" in target
