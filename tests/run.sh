#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. The last line is `N passed, N failed, N skipped`.
set -uo pipefail

usage() {
  cat <<'USAGE'
usage: tests/run.sh [--sanitize] [--fuzz] [--bench] [--all] [--help]

  (nothing)    release build and its tests
  --sanitize   the tests again under address + undefined and under thread sanitizer
  --fuzz       each fuzzer for a minute, after the tests
  --bench      the benchmarks as well, after the tests
  --all        everything above

Builds live in build/<preset>. The exit status is 0 only when nothing failed.
USAGE
}

sanitize=no
fuzz=no
bench=no
for argument in "$@"; do
  case "$argument" in
    --sanitize) sanitize=yes ;;
    --fuzz) fuzz=yes ;;
    --bench) bench=yes ;;
    --all) sanitize=yes fuzz=yes bench=yes ;;
    --help | -h) usage && exit 0 ;;
    *) echo "run.sh: unknown option $argument" >&2 && usage >&2 && exit 2 ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
. tests/packages.sh

jobs=$(nproc)
passed=0 failed=0 skipped=0

say() { printf '\n== %s\n' "$*"; }

# A step that is no test of its own, such as a build, counts when it fails.
step_failed() {
  printf '== FAILED: %s\n' "$*"
  failed=$((failed + 1))
}

finish() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
  exit
}

# ThreadSanitizer of clang 16 can not place its shadow where the kernel randomises addresses with more than 28 bits.
launcher_for() {
  local bits
  bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)
  if [ "$1" = tsan ] && [ "$bits" -gt 28 ] && setarch -R true 2>/dev/null; then
    echo setarch -R
  fi
}

run_preset() {
  local preset=$1 launcher report counts
  read -r -a launcher < <(launcher_for "$preset")
  say "$preset: configure"
  cmake --preset "$preset" </dev/null || { step_failed "$preset: configure" && return; }
  say "$preset: build"
  "${launcher[@]}" cmake --build --preset "$preset" -j "$jobs" </dev/null ||
    { step_failed "$preset: build" && return; }
  say "$preset: tests"
  report="build/$preset/junit.xml"
  rm -f "$report"
  "${launcher[@]}" ctest --preset "$preset" -j "$jobs" --no-tests=error --output-junit "$PWD/$report" </dev/null
  if counts=$(python3 tests/junit_counts.py "$report"); then
    read -r p f s <<<"$counts"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  else
    step_failed "$preset: tests left no report"
  fi
}

say "packages"
ppn_install_packages || { step_failed "packages" && finish; }

run_preset release
if [ "$sanitize" = yes ]; then
  run_preset asan
  run_preset tsan
fi
if [ "$fuzz" = yes ]; then run_preset fuzz; fi
if [ "$bench" = yes ]; then
  say "bench"
  tests/bench/run.sh --build build/release </dev/null || step_failed "bench"
fi
say "result"
finish
