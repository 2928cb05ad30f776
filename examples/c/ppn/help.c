#include "help.h"

#include <string.h>

#include "exit_status.h"

static const char overview[] =
    "usage: ppn request [options] URL...     fetch in order over one client\n"
    "       ppn stream [options] [--sse | --lines | --chunk-size N] URL\n"
    "                                        print a response while it arrives\n"
    "       ppn ws [options] URL             lines out as messages over a WebSocket, messages to the output\n"
    "       ppn bench [options] -c N -n N URL\n"
    "                                        measure the same request, N times, N at a time\n"
    "       ppn --list-options [--markdown]  the options for --set and --config\n"
    "       ppn COMMAND --help | --help | --version\n"
    "\n"
    "HTTP and WebSocket from the command line. Options are spelled as curl spells them, and mean the same.\n";

static const char request_usage[] =
    "usage: ppn request [options] URL...\n"
    "\n"
    "Fetch URLs in order over one client: connections are kept and used again. An interrupt ends the\n"
    "command at once.\n"
    "\n"
    "  ppn request https://localhost:8443/v1/models\n"
    "  ppn request -H 'Authorization: Bearer KEY' --json @question.json URL\n"
    "  ppn request --report --max-time 5 URL URL | jq .timings_ms.total\n"
    "  ppn request --retry 3 --rate 60/m:5 URL URL\n";

static const char stream_usage[] =
    "usage: ppn stream [options] [--sse | --lines | --chunk-size N] URL\n"
    "\n"
    "Print a response while it arrives; nothing waits for more. An interrupt (SIGINT, SIGTERM) cancels\n"
    "the stream, and a reader that goes away (ppn stream ... | head -1) ends the command quietly.\n"
    "\n"
    "  ppn stream --sse -H 'Authorization: Bearer KEY' --json '{\"stream\":true, ...}' URL\n"
    "  ppn stream --lines --report URL\n"
    "\n"
    "pieces\n"
    "      --sse                the data of each event of a text/event-stream\n"
    "      --lines              each line, blank ones dropped\n"
    "      --chunk-size N       raw bytes, at most N at a time (raw bytes are also the default)\n"
    "      --profile NAME       how the events of a provider end and what its errors look like: openai,\n"
    "                           openai_responses, anthropic; a stream without its end was cut then\n"
    "      --reconnect          go on after a cut with Last-Event-ID (events only)\n";

static const char ws_usage[] =
    "usage: ppn ws [options] URL\n"
    "\n"
    "Open a WebSocket (ws, wss) and send each line of standard input as a text message. Messages that arrive\n"
    "are printed: a text with a line end, binary ones as they are. When the input ends, what was read is sent\n"
    "and the WebSocket closed with code 1000; what arrives before the server has closed as well is printed.\n"
    "A lost connection is not opened again, unless --set websocket_reconnect=on asks for it. An interrupt\n"
    "(SIGINT, SIGTERM) closes with code 1001, a second one ends the command at once.\n"
    "\n"
    "  ppn ws -H 'Authorization: Bearer KEY' wss://localhost:8443/v1/realtime\n"
    "  ppn ws --echo --compressed --subprotocol chat ws://127.0.0.1:9001/\n"
    "\n"
    "messages\n"
    "      --echo               send every message back as it came, until the server closes; nothing is read\n"
    "                           from standard input, nothing printed\n"
    "      --subprotocol NAME   offer a subprotocol; may be repeated, the first is preferred\n"
    "      --compressed         offer permessage-deflate\n"
    "handshake\n"
    "  -H, --header 'N: V'      add a header; 'N;' sends it empty\n"
    "  -u, --user NAME:PASSWORD Basic authentication\n";

static const char ws_output_options[] =
    "output\n"
    "  -o, --output FILE        instead of standard output\n"
    "  -i, --include            head of the handshake's response before the messages\n"
    "  -s, --silent             no error line;  -S, --show-error: an error line in spite of -s\n"
    "  -v, --verbose            handshake, how each connection closed and log lines on standard error; what -H\n"
    "                           and -u say and other secrets as ***\n";

static const char bench_usage[] =
    "usage: ppn bench [options] -c N -n N URL\n"
    "\n"
    "Send the same request again and again, asynchronously over one client, and print one JSON object:\n"
    "  {\"requests\",\"errors\",\"seconds\",\"rps\",\"cpu_us_per_request\",\"p50_ms\",\"p99_ms\",\"peak_rss_kb\"}\n"
    "errors are those requests that failed or were answered with status >= 400; the first one is named.\n"
    "p50_ms and p99_ms are from start to end of those that did not fail. CPU is that of the whole command.\n"
    "With --stream each request is a text/event-stream that is read to its end, and the object is\n"
    "  "
    "{\"streams\",\"errors\",\"events\",\"seconds\",\"events_per_second\",\"cpu_us_per_event\",\"p50_ms\",\"p99_ms\",\n"
    "   \"peak_rss_kb\"}, where p50_ms and p99_ms are from start to first event.\n"
    "An interrupt ends the command at once, without a result.\n"
    "\n"
    "  ppn bench -c 64 -n 100000 http://127.0.0.1:8080/\n"
    "  ppn bench --stream -c 10 -n 100 -H 'Authorization: Bearer KEY' --json @question.json URL\n"
    "\n"
    "load\n"
    "  -c, --concurrency N      requests in flight (1 to 100000)\n"
    "  -n, --requests N         requests in all (1 to 1000000000000)\n"
    "      --stream             count events of streams\n";

static const char request_options[] =
    "request\n"
    "  -X, --request METHOD     default GET, or POST with a body\n"
    "  -H, --header 'N: V'      add a header; 'N;' sends it empty\n"
    "  -d, --data DATA          body of a form; @FILE (line ends dropped) or @- reads it\n"
    "      --data-binary DATA   as -d, byte for byte; @FILE is sent from the disk\n"
    "      --json DATA          JSON body, checked before it is sent\n"
    "  -u, --user NAME:PASSWORD Basic authentication\n";

static const char output_options[] =
    "output\n"
    "  -o, --output FILE        instead of standard output; the k-th belongs to the k-th URL\n"
    "  -i, --include            response head before the body\n"
    "  -s, --silent             no error line and no progress;  -S, --show-error: an error line in spite of -s\n"
    "  -v, --verbose            request, response head, timings and the steps of the call (attempts, retries,\n"
    "                           waits) on standard error; what -H and -u say and other secrets as ***\n"
    "      --report             request: one JSON line per URL instead of the body;\n"
    "                           stream: one per event, line or chunk, and one for the end\n"
    "      --report-body        --report with \"body_base64\" (request only)\n";

static const char bench_output_options[] =
    "output\n"
    "  -s, --silent             no error line and no progress;  -S, --show-error: an error line in spite of -s\n"
    "  -v, --verbose            log lines of the library on standard error\n";

static const char connection_options[] =
    "connection\n"
    "      --resolve HOST:PORT:ADDR[,ADDR]...   instead of asking DNS; may be repeated, HOST may be *\n"
    "      --unix-socket PATH   connect to this Unix socket, whatever the host of the URL\n"
    "      --cacert FILE, --capath DIR   certificates to trust instead of the system's\n"
    "  -E, --cert FILE, --key FILE, --pass PASSWORD   client certificate and its key, PEM\n"
    "      --crlfile FILE       revocation lists, PEM: every issuer of a chain needs one\n"
    "      --pinnedpubkey LIST  sha256//BASE64 of the keys a server may have, separated by , or ;\n"
    "  -k, --insecure           do not verify certificates: for tests only\n"
    "      --http1.1            accepted; there is no other version\n"
    "  -m, --max-time SECONDS   the whole of a request, stream or WebSocket, retries and waits included\n"
    "      --connect-timeout SECONDS\n";

static const char retry_options[] =
    "  -L, --location           follow redirects; without it a redirect is the response\n"
    "      --max-redirs N       how many -L follows, 0 to 100; 50 without it\n"
    "retries and limits\n"
    "      --retry N            up to N more attempts, 0 to 10, of what may be repeated: a POST only when the\n"
    "                           server says that it did nothing, or with an idempotency key (--set\n"
    "                           idempotency_header=NAME). Without it there are none, as with curl, unless\n"
    "                           max_retries or PEPPERPY_NETWORK_MAX_RETRIES asks for them\n"
    "      --rate N[/s|/m|/h][:BURST]   no more attempts than that (N alone: N a minute); the others wait\n";

static const char configuration_options[] =
    "configuration\n"
    "      --config FILE.json   options of the table as a JSON object: retries, limits, circuit breaker,\n"
    "                           hedging, timeouts, TLS and all others\n"
    "      --set NAME=VALUE     one option of the table; of these, --config and the options above the later\n"
    "                           one wins\n"
    "      --list-options       the table\n";

static const char exit_statuses[] =
    "exit status: 0; 1 command line or local file; 22 HTTP status >= 400 (request with --report: 0);\n"
    "  40 + hundreds digit of the error number: 41 usage, 42 network, 43 TLS, 44 timeout, 45 protocol,\n"
    "  46 HTTP status (stream with --report), 47 stream, 48 WebSocket (a refused handshake, a close code other\n"
    "  than 1000 and 1001, a lost connection), 49 policy (limits, circuit breaker); 130 or 143 a stream or\n"
    "  WebSocket was interrupted. With several requests the last failure counts.\n"
    "  Errors: \"ppn: CODE: message\" on standard error.\n";

int print_help(FILE* file, const char* command) {
  const int is_bench = strcmp(command, "bench") == 0;
  const int is_ws = strcmp(command, "ws") == 0;
  const char* usage = is_bench                          ? bench_usage
                      : strcmp(command, "request") == 0 ? request_usage
                      : strcmp(command, "stream") == 0  ? stream_usage
                      : is_ws                           ? ws_usage
                                                        : overview;
  const char* const parts[] = {usage,
                               *command != '\0' ? "" : "\n",
                               is_ws ? "" : request_options,
                               is_bench ? bench_output_options
                               : is_ws  ? ws_output_options
                                        : output_options,
                               connection_options,
                               is_ws ? "" : retry_options,
                               configuration_options,
                               "\n",
                               exit_statuses};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
    if (fputs(parts[i], file) < 0) return EXIT_USAGE;
  }
  return fflush(file) != 0 ? EXIT_USAGE : 0;
}
