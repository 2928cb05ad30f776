#!/usr/bin/env bash
# Installs what is missing, builds, starts the local AI server and runs the main job against it through the C ABI.
set -uo pipefail

usage() {
  cat <<'USAGE'
usage: examples/demo.sh [--build-dir DIR] [--help]

  (nothing)         install what is missing, build the release preset, run the demo
  --build-dir DIR   run the demo with the programs of this finished build

The AI server listens on the loopback interface and is ended with the demo. The exit status is 0 only when every step
came out as it should, the ones that must fail included.
USAGE
}

build=
while [ $# -gt 0 ]; do
  case "$1" in
    --build-dir)
      [ $# -gt 1 ] || { echo "demo.sh: --build-dir needs a directory" >&2 && exit 2; }
      build=$(cd "$2" 2>/dev/null && pwd) || { echo "demo.sh: there is no directory $2" >&2 && exit 2; }
      shift 2
      ;;
    --help | -h) usage && exit 0 ;;
    *) echo "demo.sh: unknown option $1" >&2 && usage >&2 && exit 2 ;;
  esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2

work=$(mktemp -d) || exit 2
server_pid=
clean_up() {
  if [ -n "$server_pid" ]; then
    kill "$server_pid" 2>/dev/null
    wait "$server_pid" 2>/dev/null
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

right=0 wrong=0
heading() { printf '\n== %s\n' "$*"; }
give_up() { printf 'demo.sh: %s\n' "$*" >&2 && exit 1; }

verdict() { # verdict PROBLEM: empty when all is as it should be
  if [ -z "$1" ]; then
    right=$((right + 1))
    printf -- '-- as it should be\n'
  else
    wrong=$((wrong + 1))
    printf -- '-- WRONG: %s\n' "$1"
  fi
}

# expect STATUS PATTERN COMMAND...: shows the command and what it prints while it prints it, then checks its exit status
# and that a line of its output or errors matches the extended regular expression.
expect() {
  local status=$1 pattern=$2 got problem=
  shift 2
  printf '$ %s\n' "$(shorten "$@")"
  "$@" 2>&1 </dev/null | tee "$work/output"
  got=${PIPESTATUS[0]}
  [ "$got" -eq "$status" ] || problem="exit status $got, not $status"
  grep -Eq -- "$pattern" "$work/output" || problem="${problem:+$problem; }no line matches $pattern"
  verdict "$problem"
}

# The command as one would type it: programs and files without their folders, arguments in quotes where they need them.
shorten() {
  local argument line=
  for argument in "$@"; do
    argument=${argument#"$bin/"}
    argument=${argument/#"$work/"/}
    case "$argument" in *[!A-Za-z0-9_./:=@%+,-]*) argument="'$argument'" ;; esac
    line+="${line:+ }$argument"
  done
  printf '%s' "$line"
}

if [ -z "$build" ]; then
  heading "Packages"
  . tests/packages.sh
  ppn_install_packages || give_up "packages are missing"
  heading "Build (build/release)"
  build=$PWD/build/release
  programs=(pepperpy_network ppn ppn-ai-server quickstart dlopen_quickstart chat_stream chat_pull cancel retry
    rate_limited_batch middleware_trace ws_chat ws_reconnect)
  cmake --preset release </dev/null >"$work/configure" 2>&1 || { cat "$work/configure" && give_up "cmake failed"; }
  cmake --build --preset release -j "$(nproc)" --target "${programs[@]}" </dev/null || give_up "the build failed"
fi
bin=$build/bin

heading "The local AI server"
mkfifo "$work/started"
"$bin/ppn-ai-server" --port 0 --ca-out "$work/ca.pem" --ready-file "$work/ready" --api-key demo-key \
  >"$work/started" 2>"$work/server-errors" </dev/null &
server_pid=$!
read -r -t 60 line <"$work/started" || { cat "$work/server-errors" && give_up "the AI server did not start"; }
echo "$line"
port=$(sed -n 's/^https_port=//p' "$work/ready")

# What the machine's user has set for programs like ours must not decide a step.
for variable in $(compgen -e PEPPERPY_); do unset "$variable"; done
export PEPPERPY_DEMO_URL=https://localhost:$port
export PEPPERPY_DEMO_KEY=demo-key
export PEPPERPY_DEMO_CA=$work/ca.pem
export PEPPERPY_DEMO_LIBRARY=$build/lib/libpepperpy_network.so
chat=$PEPPERPY_DEMO_URL/v1/chat/completions
trust=(--cacert "$work/ca.pem")
key=(-H "Authorization: Bearer $PEPPERPY_DEMO_KEY")
question='{"model":"demo","messages":[{"role":"user","content":"Tell me about pepper."}]}'
streamed='{"model":"demo","stream":true,"max_tokens":6,"messages":[{"role":"user","content":"Tell me about pepper."}]}'

heading "An authenticated chat completion from C (linked)"
expect 0 '/choices/0/message/content = .' "$bin/quickstart"

heading "The library loaded at run time (dlopen)"
expect 0 'first model: .' "$bin/dlopen_quickstart"

heading "A streamed completion, tokens pushed to a callback"
expect 0 'pepper' "$bin/chat_stream"

heading "A streamed completion, tokens pulled by the caller"
expect 0 'pepper' "$bin/chat_pull"

heading "A streamed completion, cancelled by another thread after its first token"
expect 0 'then 1 completion: CANCELLED' "$bin/cancel"

heading "ppn request: two requests over one connection, as JSON"
expect 0 '"status":200.*"reused":true' \
  "$bin/ppn" request "${trust[@]}" "${key[@]}" --json "$question" --report "$chat" "$chat"

heading "ppn stream: events as they arrive"
expect 0 '^\[DONE\]$' "$bin/ppn" stream --sse "${trust[@]}" "${key[@]}" --json "$streamed" "$chat"

heading "ppn bench: 200 completions, 8 at a time"
expect 0 '"requests":200,"errors":0,' \
  "$bin/ppn" bench -c 8 -n 200 "${trust[@]}" "${key[@]}" --json "$question" "$chat"

heading "Retries from C: a GET, a POST that may have been done, a POST with a key"
expect 0 'no other attempt: unsafe_method' "$bin/retry"

heading "A rate-limited batch: 12 requests, 4 at once, 20 a second"
expect 0 '^12 requests in ([4-9][0-9]{2}|[0-9]{4,}) ms: ' "$bin/rate_limited_batch"

heading "Middleware: an answer without a request, a signature from another thread, a trace"
expect 0 'the server got traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01' "$bin/middleware_trace"

heading "A conversation over a WebSocket: two questions, answers word by word"
expect 0 '^> And about salt\?$' "$bin/ws_chat"

heading "A WebSocket that is lost twice: opened again with a new token, and asked again"
expect 0 '^0 message\(s\) not sent$' "$bin/ws_reconnect"

heading "ppn ws: a handshake without a key is refused"
expect 48 '^ppn: WS_HANDSHAKE: ' "$bin/ppn" ws "${trust[@]}" "wss${PEPPERPY_DEMO_URL#https}/v1/realtime"

heading "A server that fails twice and says when to come back: two retries"
expect 0 '"status":200.*"attempts":3,.*"error":null' \
  "$bin/ppn" request "${trust[@]}" --retry 2 --report "$PEPPERPY_DEMO_URL/flaky?fail=2&status=503"

heading "The same server without --retry: one attempt, as curl makes"
expect 22 'ppn: HTTP_UNAVAILABLE: ' \
  "$bin/ppn" request "${trust[@]}" "$PEPPERPY_DEMO_URL/flaky?fail=2&status=503&key=once"

heading "Two requests at two a second, one at once: the second one waits"
expect 0 'waits for the rate limiter: [0-9]+ ms' \
  "$bin/ppn" request -v "${trust[@]}" --rate 2/s:1 "$PEPPERPY_DEMO_URL/echo" "$PEPPERPY_DEMO_URL/echo"

heading "Named: a rate limit that is reached"
limited="$PEPPERPY_DEMO_URL/limited?limit=1"
expect 22 'ppn: HTTP_TOO_MANY_REQUESTS: ' "$bin/ppn" request "${trust[@]}" "$limited" "$limited"

heading "Refused: a request without a key"
expect 22 'ppn: HTTP_UNAUTHORIZED: ' "$bin/ppn" request "${trust[@]}" --json "$question" "$chat"

heading "Refused: a certificate that nobody vouches for"
expect 43 '^ppn: CERT_UNTRUSTED: ' "$bin/ppn" request "${key[@]}" --json "$question" "$chat"

heading "Named: a body that ends too early"
expect 45 '^ppn: BODY_TRUNCATED: ' "$bin/ppn" request -o "$work/body" "${trust[@]}" "$PEPPERPY_DEMO_URL/truncate"

heading "Named: a body that stalls"
expect 44 '^ppn: TIMEOUT: ' \
  "$bin/ppn" request -o "$work/body" "${trust[@]}" --max-time 0.5 "$PEPPERPY_DEMO_URL/stall"

heading "Result"
printf '%d steps as they should be, %d wrong\n' "$right" "$wrong"
[ "$wrong" -eq 0 ]
