/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * The same library found at run time: dlopen and dlsym, nothing of it linked. The header gives types and constants.
 * The library stays mapped until the process ends; dlclose would not unload it. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: dlopen_quickstart [URL [KEY [CA_FILE]]]\n"
    "  as quickstart; $PEPPERPY_DEMO_LIBRARY names the shared library to load instead of the installed one\n";

/* The functions this program needs. */
static struct {
  int32_t (*version_number)(void);
  const char* (*code_name)(int32_t);
  const char* (*error_message)(const ppn_error*);
  void (*error_release)(ppn_error*);
  int32_t (*config_new)(ppn_config**, ppn_error**);
  int32_t (*config_set_ca_file)(ppn_config*, const char*, size_t, ppn_error**);
  void (*config_release)(ppn_config*);
  int32_t (*client_new)(const ppn_config*, ppn_client**, ppn_error**);
  void (*client_release)(ppn_client*);
  int32_t (*request_new)(ppn_client*, const char*, size_t, const char*, size_t, ppn_request**, ppn_error**);
  int32_t (*request_set_header)(ppn_request*, const char*, size_t, const char*, size_t, ppn_error**);
  int32_t (*request_send)(ppn_request*, ppn_response**, ppn_error**);
  void (*request_release)(ppn_request*);
  int32_t (*response_check_status)(const ppn_response*, ppn_error**);
  int32_t (*response_json_string)(ppn_response*, const char*, size_t, const char**, size_t*, ppn_error**);
  void (*response_release)(ppn_response*);
} ppn;

/* A function pointer can not be cast from void* in ISO C; POSIX promises that both have the same size and form. */
static int find(void* library, const char* name, void* slot) {
  void* symbol = dlsym(library, name);
  if (symbol == NULL) fprintf(stderr, "dlopen_quickstart: %s\n", dlerror());
  memcpy(slot, &symbol, sizeof symbol);
  return symbol != NULL;
}

static int load(void) {
  char name[64];
  const char* file = getenv("PEPPERPY_DEMO_LIBRARY");
  snprintf(name, sizeof name, "libpepperpy_network.so.%d", PPN_ABI_VERSION);
  void* library = dlopen(file != NULL ? file : name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return fprintf(stderr, "dlopen_quickstart: %s\n", dlerror()), 0;
  return find(library, "ppn_version_number", &ppn.version_number) && find(library, "ppn_code_name", &ppn.code_name) &&
         find(library, "ppn_error_message", &ppn.error_message) &&
         find(library, "ppn_error_release", &ppn.error_release) && find(library, "ppn_config_new", &ppn.config_new) &&
         find(library, "ppn_config_set_ca_file", &ppn.config_set_ca_file) &&
         find(library, "ppn_config_release", &ppn.config_release) && find(library, "ppn_client_new", &ppn.client_new) &&
         find(library, "ppn_client_release", &ppn.client_release) &&
         find(library, "ppn_request_new", &ppn.request_new) &&
         find(library, "ppn_request_set_header", &ppn.request_set_header) &&
         find(library, "ppn_request_send", &ppn.request_send) &&
         find(library, "ppn_request_release", &ppn.request_release) &&
         find(library, "ppn_response_check_status", &ppn.response_check_status) &&
         find(library, "ppn_response_json_string", &ppn.response_json_string) &&
         find(library, "ppn_response_release", &ppn.response_release);
}

static const char* setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = getenv(variable);
  return value != NULL ? value : otherwise;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) return fputs(usage, stderr), 1;
  char url[1024];
  char authorization[512];
  const char* text = NULL;
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  ppn_error* error = NULL;
  if (!load()) return 1;
  const char* base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const char* key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const char* ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  int32_t status = PPN_E_ABI_MISMATCH;
  if (ppn.version_number() / 1000000 != PPN_VERSION_MAJOR) goto done;
  status = PPN_E_INVALID_ARGUMENT;
  if (snprintf(url, sizeof url, "%s/v1/models", base) >= (int)sizeof url) goto done;
  if (snprintf(authorization, sizeof authorization, "Bearer %s", key) >= (int)sizeof authorization) goto done;

  if ((status = ppn.config_new(&config, &error)) != PPN_OK) goto done;
  if ((status = ppn.config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn.client_new(config, &client, &error)) != PPN_OK) goto done;
  status = ppn.request_new(client, "GET", PPN_AUTO_LENGTH, url, PPN_AUTO_LENGTH, &request, &error);
  if (status != PPN_OK) goto done;
  status = ppn.request_set_header(request, "Authorization", PPN_AUTO_LENGTH, authorization, PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn.request_send(request, &response, &error)) != PPN_OK) goto done;
  if ((status = ppn.response_check_status(response, &error)) != PPN_OK) goto done;
  status = ppn.response_json_string(response, "/data/0/id", PPN_AUTO_LENGTH, &text, NULL, &error);
  if (status != PPN_OK) goto done;
  printf("loaded version %d, first model: %s\n", (int)ppn.version_number(), text);
done:
  if (status != PPN_OK) {
    fprintf(stderr, "dlopen_quickstart: %s: %s\n", ppn.code_name(status), ppn.error_message(error));
  }
  ppn.error_release(error);
  ppn.response_release(response);
  ppn.request_release(request);
  ppn.client_release(client);
  ppn.config_release(config);
  return status == PPN_OK ? 0 : 1;
}
