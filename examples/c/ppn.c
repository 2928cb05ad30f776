/* ppn: HTTP from the command line over libpepperpy_network, against the public header only. */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ppn/commands.h"
#include "ppn/exit_status.h"
#include "ppn/option_list.h"
#include "ppn/verbose.h"

static const char help[] =
    "usage: ppn request [options] URL...     fetch in order over one client\n"
    "       ppn stream [options] [--sse | --lines | --chunk-size N] URL\n"
    "                                        print a response while it arrives\n"
    "       ppn --list-options [--markdown]  the options for --set and --config\n"
    "       ppn --help | --version\n"
    "\n"
    "request\n"
    "  -X, --request METHOD     default GET, or POST with a body\n"
    "  -H, --header 'N: V'      add a header; 'N;' sends it empty\n"
    "  -d, --data DATA          body of a form; @FILE (line ends dropped) or @- reads it\n"
    "      --data-binary DATA   as -d, byte for byte\n"
    "      --json DATA          JSON body, checked before it is sent\n"
    "  -u, --user NAME:PASSWORD Basic authentication\n"
    "output\n"
    "  -o, --output FILE        instead of standard output; the k-th belongs to the k-th URL\n"
    "  -i, --include            response head before the body\n"
    "  -s, --silent             no error line;  -S, --show-error: an error line in spite of -s\n"
    "  -v, --verbose            request, response head and timings on standard error, secrets as ***\n"
    "      --report             request: one JSON line per URL instead of the body;\n"
    "                           stream: one per event, line or chunk, and one for the end\n"
    "      --report-body        --report with \"body_base64\" (request only)\n"
    "stream\n"
    "      --sse                the data of each event of a text/event-stream\n"
    "      --lines              each line, blank ones dropped\n"
    "      --chunk-size N       raw bytes, at most N at a time (raw bytes are also the default)\n"
    "connection\n"
    "      --resolve HOST:PORT:ADDR   this address instead of asking DNS; may be repeated\n"
    "      --cacert FILE, --capath DIR   certificates to trust instead of the system's\n"
    "      --cert FILE, --key FILE   client certificate and its key, PEM\n"
    "  -k, --insecure           do not verify certificates: for tests only\n"
    "      --http1.1            accepted; there is no other version\n"
    "  -m, --max-time SECONDS   the whole of a request or stream;  --connect-timeout SECONDS\n"
    "configuration\n"
    "      --config FILE.json   options of the table as a JSON object\n"
    "      --set NAME=VALUE     one option of the table; with --config the later one wins\n"
    "\n"
    "exit status: 0; 1 command line or local file; 22 HTTP status >= 400 (request with --report: 0);\n"
    "  40 + hundreds digit of the error number: 41 usage, 42 network, 43 TLS, 44 timeout, 45 protocol,\n"
    "  46 HTTP status (stream with --report), 47 stream, 49 policy; 130 a stream was interrupted.\n"
    "  With several URLs the last failure counts. Errors: \"ppn: CODE: message\" on standard error.\n";

static int print_help(FILE* file) {
  return fputs(help, file) < 0 || fflush(file) != 0 ? EXIT_USAGE : 0;
}

static int print_version(void) {
  return printf("ppn %s, libpepperpy_network %s\n", PPN_VERSION_STRING, ppn_version_string()) < 0 ? EXIT_USAGE : 0;
}

static int check_request(const struct options* options) {
  if (options->stream_kind != STREAM_NONE)
    return complain_usage("--sse, --lines and --chunk-size go with stream", NULL);
  if (options->outputs.count > options->urls.count) return complain_usage("more -o than URLs", NULL);
  return 0;
}

static int check_stream(const struct options* options) {
  if (options->urls.count > 1) return complain_usage("stream takes one URL", NULL);
  if (options->outputs.count > 1) return complain_usage("more -o than URLs", NULL);
  if (options->report_body) return complain_usage("--report-body goes with request", NULL);
  return 0;
}

static int run(const struct options* options, const char* command) {
  const int is_stream = strcmp(command, "stream") == 0;
  int status = 0;
  if (options->help) return print_help(stdout);
  if (options->version) return print_version();
  if (options->list_options) return print_option_list(options->markdown);
  if (options->markdown) return complain_usage("--markdown goes with --list-options", NULL);
  if (*command == '\0') return print_help(stderr), EXIT_USAGE;
  if (options->urls.count == 0) return complain_usage("no URL", NULL);
  status = is_stream ? check_stream(options) : check_request(options);
  if (status != 0) return status;
  if (options->insecure) fputs("ppn: warning: -k: certificates and host names are not verified\n", stderr);
  if (options->verbose) verbose_start();
  return is_stream ? command_stream(options) : command_request(options);
}

/* Loading libPocoFoundation blocks SIGPIPE in the thread that loads it. A command whose reader has gone ends quietly,
 * as `ppn ... | head` expects; the library's own sockets never raise the signal. */
static void end_with_the_reader(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

int main(int argc, char** argv) {
  struct options options;
  const char* command = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
  int status = 0;
  if (ppn_version_number() / 1000000 != PPN_VERSION_MAJOR) {
    fprintf(stderr, "ppn: ABI_MISMATCH: made for version %s, found %s\n", PPN_VERSION_STRING, ppn_version_string());
    return exit_status_of(PPN_E_ABI_MISMATCH);
  }
  if (strcmp(command, "ws") == 0 || strcmp(command, "bench") == 0) {
    return complain_usage("this command is not in this version", command);
  }
  if (*command != '\0' && strcmp(command, "request") != 0 && strcmp(command, "stream") != 0) {
    return complain_usage("unknown command", command);
  }
  end_with_the_reader();
  status = options_parse(&options, argc, argv, *command != '\0' ? 2 : 1);
  if (status == 0) status = run(&options, command);
  options_free(&options);
  return status;
}
