"""What SWIG has written for C#: no class of its own for a type that no typemap knows, nothing public, no names of callbacks that a
director would look for by reflection."""
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
sources = {path.name: path.read_text() for path in folder.glob("*.cs")}
faults = [f"{name}: a class of SWIG's own for a type" for name in sources if name.startswith("SWIGTYPE_")]
for name, text in sources.items():
    if name == "NetworkConfig.Options.cs":
        continue
    faults += [f"{name}: {found}" for found in set(re.findall(r"SWIGTYPE_\w+|SwigDirector\w*|GetMethod\(", text))]
    faults += [f"{name}: public {found}" for found in re.findall(r"^public .*(?:class|enum) (\w+)", text, re.M)]
print("\n".join(faults) or "nothing to say")
sys.exit(1 if faults or len(sources) < 3 else 0)
