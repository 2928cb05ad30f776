#!/usr/bin/env python3
"""wrong_version.py NM WRAPPER OUT: write a library in C with all that the wrapper wants, which says that it has another version."""
import subprocess
import sys

VERSION = 99_002_003


def main():
    nm, wrapper, out = sys.argv[1:]
    symbols = subprocess.run([nm, "-D", "--undefined-only", wrapper], capture_output=True, text=True, check=True).stdout
    names = sorted({line.split()[-1] for line in symbols.splitlines() if line.split()[-1].startswith("ppn_")})
    with open(out, "w", encoding="utf-8") as file:
        for name in names:
            value = VERSION if name == "ppn_version_number" else 0
            file.write(f"int {name}(void);\nint {name}(void) {{ return {value}; }}\n")


if __name__ == "__main__":
    main()
