#!/usr/bin/env bash
# Measures the library beside its peers; run.sh --help says what can be chosen. Needs a release build.
set -euo pipefail
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
