"""The codes of <pepperpy/network/error.h> are those of the core's table: same names, same numbers, none more."""
import re

ENUM = re.compile(r"enum class ErrorCode[^{]*\{(.*?)\};", re.S)
ENUMERATOR = re.compile(r"^\s*(\w+)\s*=\s*(\d+)\s*,", re.M)
ROW = re.compile(r'\{\s*(\w+)\s*,\s*"([A-Z0-9_]+)"\s*,')
PUBLIC = re.compile(r"^\s*(?:#\s*define\s+)?PPN_(OK|E_[A-Z0-9_]+)\s*(?:=\s*)?\(?(?:\(int32_t\))?\s*(\d+)\s*\)?", re.M)

ENUM_FILE = "core/base/error_code.hpp"
TABLE_FILE = "core/base/error_code.cpp"
HEADER = "capi/include/pepperpy/network/error.h"


def check(tree):
    numbers = dict(ENUMERATOR.findall(ENUM.search(tree.text(ENUM_FILE))[1]))
    core = {}
    for identifier, name in ROW.findall(tree.text(TABLE_FILE)):
        if name != identifier.upper():
            tree.report(TABLE_FILE, 1, f"{identifier} is called {name}")
        core[name] = numbers.get(identifier)
    for identifier in numbers.keys() - {name.lower() for name in core}:
        tree.report(TABLE_FILE, 1, f"no row for {identifier}")
    public = {}
    for name, number in PUBLIC.findall(tree.text(HEADER)):
        name = name.removeprefix("E_")
        if name in public:
            tree.report(HEADER, 1, f"{name} is there twice")
        public[name] = number
    if not core or not public:
        tree.report(HEADER, 1, "no codes found; has the form of the table changed?")
    for name in sorted(core.keys() | public.keys()):
        if core.get(name) != public.get(name):
            tree.report(HEADER, 1, f"{name}: {public.get(name)} here, {core.get(name)} in the core")
