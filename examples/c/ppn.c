/* ppn: HTTP and WebSocket from the command line over libpepperpy_network, against the public header only. */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ppn/commands.h"
#include "ppn/exit_status.h"
#include "ppn/help.h"
#include "ppn/option_list.h"
#include "ppn/verbose.h"

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

static int check_bench(const struct options* options) {
  if (options->urls.count > 1) return complain_usage("bench takes one URL", NULL);
  if (options->bench_in_flight == 0 || options->bench_requests == 0)
    return complain_usage("bench needs -c N and -n N", NULL);
  if (options->stream_kind != STREAM_NONE)
    return complain_usage("--sse, --lines and --chunk-size go with stream; bench has --stream", NULL);
  if (options->outputs.count != 0 || options->include_head || options->report)
    return complain_usage("-o, -i and --report do not go with bench", NULL);
  return 0;
}

static int check_ws(const struct options* options) {
  if (options->urls.count > 1) return complain_usage("ws takes one URL", NULL);
  if (options->outputs.count > 1) return complain_usage("more -o than URLs", NULL);
  if (options->first_of_requests != NULL) return complain_usage("this does not go with ws", options->first_of_requests);
  return 0;
}

static const struct command {
  const char* name;
  int (*check)(const struct options* options);
  int (*run)(const struct options* options);
} commands[] = {
    {"request", check_request, command_request},
    {"stream", check_stream, command_stream},
    {"ws", check_ws, command_ws},
    {"bench", check_bench, command_bench},
};

static const struct command* find_command(const char* name) {
  for (size_t i = 0; i < sizeof commands / sizeof *commands; ++i) {
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  }
  return NULL;
}

static int run(const struct options* options, const struct command* command) {
  int status = 0;
  if (options->help) return print_help(stdout, command != NULL ? command->name : "");
  if (options->version) return print_version();
  if (options->list_options) return print_option_list(options->markdown);
  if (options->markdown) return complain_usage("--markdown goes with --list-options", NULL);
  if (command == NULL) return print_help(stderr, ""), EXIT_USAGE;
  if (options->urls.count == 0) return complain_usage("no URL", NULL);
  if (command->run != command_bench && (options->bench_in_flight | options->bench_requests) != 0)
    return complain_usage("-c and -n go with bench", NULL);
  if (command->run != command_bench && options->bench_stream) return complain_usage("--stream goes with bench", NULL);
  if (command->run != command_ws && options->compressed)
    return complain_usage("this option is not in this version", "--compressed");
  if (command->run != command_ws && (options->echo || options->subprotocols.count != 0))
    return complain_usage("--echo and --subprotocol go with ws", NULL);
  status = command->check(options);
  if (status != 0) return status;
  if (options->insecure) fputs("ppn: warning: -k: certificates and host names are not verified\n", stderr);
  if (options->verbose) verbose_start();
  return command->run(options);
}

/* Often a URL without a command, and a URL may hold secrets. */
static int complain_command(const char* name) {
  ppn_buffer* redacted = NULL;
  struct text shown = {NULL, 0, 0};
  int status = 0;
  if (ppn_redact_url(name, PPN_AUTO_LENGTH, &redacted, NULL) == PPN_OK) {
    text_append(&shown, (const char*)ppn_buffer_data(redacted), ppn_buffer_length(redacted));
  }
  status = complain_usage("unknown command", shown.data);
  text_free(&shown);
  ppn_buffer_release(redacted);
  return status;
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
  const char* name = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
  const struct command* command = find_command(name);
  int status = 0;
  if (ppn_version_number() / 1000000 != PPN_VERSION_MAJOR) {
    fprintf(stderr, "ppn: ABI_MISMATCH: made for version %s, found %s\n", PPN_VERSION_STRING, ppn_version_string());
    return exit_status_of(PPN_E_ABI_MISMATCH);
  }
  if (*name != '\0' && command == NULL) return complain_command(name);
  end_with_the_reader();
  status = options_parse(&options, argc, argv, command != NULL ? 2 : 1);
  if (status == 0) status = run(&options, command);
  options_free(&options);
  return status;
}
