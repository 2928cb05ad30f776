/* Replays behaviours.json through the C API: one line of JSON for each behaviour. README.md says what the lines hold. */
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "c/plays.h"

static int32_t set_options(ppn_json* script, const char* list, ppn_config* config, ppn_error** error) {
  int32_t status = PPN_OK;
  const size_t count = script_size(script, "%s", list);
  for (size_t i = 0; i < count && status == PPN_OK; ++i) {
    const char* const name = script_text(script, "%s/%zu/0", list, i);
    const char* const value = script_text(script, "%s/%zu/1", list, i);
    status = ppn_config_set(config, name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, error);
  }
  return status;
}

static int32_t make_client(const struct stage* stage, size_t index, ppn_client** client, ppn_error** error) {
  char list[64];
  ppn_config* config = NULL;
  snprintf(list, sizeof list, "/behaviours/%zu/request/options", index);
  int32_t status = ppn_config_new(&config, error);
  if (status == PPN_OK) status = ppn_config_set_ca_file(config, stage->ca_file, PPN_AUTO_LENGTH, error);
  if (status == PPN_OK) status = set_options(stage->script, "/common_options", config, error);
  if (status == PPN_OK) status = set_options(stage->script, list, config, error);
  if (status == PPN_OK) status = ppn_client_new(config, client, error);
  ppn_config_release(config);
  return status;
}

static void replay(const struct stage* stage, size_t index) {
  const char* const kind = script_text(stage->script, "/behaviours/%zu/request/kind", index);
  struct outcome outcome = {0};
  ppn_client* client = NULL;
  outcome.name = script_text(stage->script, "/behaviours/%zu/name", index);
  outcome.reconnect_ms = -1;
  outcome.is_websocket = kind != NULL && strcmp(kind, "websocket") == 0;
  snprintf(outcome.run, sizeof outcome.run, "c-%ld-%zu", (long)getpid(), index);
  outcome.code = make_client(stage, index, &client, &outcome.error);
  if (outcome.code == PPN_OK) {
    outcome.code = (outcome.is_websocket ? play_websocket : play_request)(stage, index, client, &outcome);
  }
  outcome_print(&outcome);
  outcome_free(&outcome);
  ppn_client_release(client);
}

static int read_file(const char* name, struct text* out) {
  char block[16384];
  size_t count = 0;
  FILE* const file = fopen(name, "rb");
  if (file == NULL) return 0;
  while ((count = fread(block, 1, sizeof block, file)) > 0) text_add(out, block, count);
  return fclose(file) == 0;
}

int main(int argc, char** argv) {
  struct stage stage = {0};
  struct text file = {NULL, 0};
  ppn_error* error = NULL;
  const char* const only = getenv("PPN_CONFORMANCE_ONLY");
  if (argc != 5) return fputs("usage: conformance_c BEHAVIOURS HTTPS_BASE HTTP_BASE CA_FILE\n", stderr), 2;
  if (!read_file(argv[1], &file)) return perror(argv[1]), 1;
  const int32_t status = ppn_json_parse(file.bytes, file.length, &stage.script, &error);
  text_free(&file);
  if (status != PPN_OK) return fprintf(stderr, "%s: %s\n", argv[1], ppn_error_message(error)), 1;
  stage.https_base = argv[2];
  stage.http_base = argv[3];
  stage.ca_file = argv[4];
  const size_t count = script_size(stage.script, "/behaviours");
  for (size_t i = 0; i < count; ++i) {
    if (only == NULL || strcmp(only, script_text(stage.script, "/behaviours/%zu/name", i)) == 0) replay(&stage, i);
  }
  ppn_json_release(stage.script);
  ppn_runtime_shutdown(NULL);
  const long long alive = ppn_debug_live_objects();
  if (alive != 0) return fprintf(stderr, "conformance_c: %lld objects are still alive\n", alive), 1;
  return 0;
}
