#!/bin/sh
# Runs `dotnet build`. When packages could not be had it says which ones a build needs, after what NuGet says of its tries.
said=$("$@" 2>&1)
status=$?
[ -z "$said" ] || printf '%s\n' "$said"
case $said in
*"error NU"*)
  echo "PepperPy.Network for C# is not built: NuGet could not get the targeting pack and analyzers of .NET 8, or what the tests need." \
    "Give it a source or a folder of packages (NuGet.Config), or configure with -DPPN_BUILD_BINDINGS=OFF." >&2
  ;;
esac
exit $status
