/* SPDX-License-Identifier: CC0-1.0. Copy freely.
 *
 * Cancel a streamed completion: another thread waits for the first token, then ends the request. Exactly one terminal
 * callback comes, with CANCELLED, and the program says how long that took. */
#define _POSIX_C_SOURCE 200809L
#include <pepperpy/network.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: cancel [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

static const char question[] =
    "{\"model\": \"demo\", \"stream\": true, "
    "\"messages\": [{\"role\": \"user\", \"content\": \"Tell me a very long story.\"}]}";

/* What the callbacks, which run on a thread of the library, tell the other threads. */
struct run {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  ppn_request* request;
  int events, completions;
  ppn_error* error; /* of the completion */
  struct timespec cancelled_at, completed_at;
};

static int32_t on_event(void* user_data, ppn_request* request, const ppn_event* event) {
  struct run* run = user_data;
  (void)request, (void)event;
  pthread_mutex_lock(&run->mutex);
  ++run->events;
  pthread_cond_broadcast(&run->changed);
  pthread_mutex_unlock(&run->mutex);
  return PPN_CB_CONTINUE;
}

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* error) {
  struct run* run = user_data;
  (void)request, (void)response;
  pthread_mutex_lock(&run->mutex);
  clock_gettime(CLOCK_MONOTONIC, &run->completed_at);
  if (++run->completions == 1) run->error = ppn_error_acquire(error);
  pthread_cond_broadcast(&run->changed);
  pthread_mutex_unlock(&run->mutex);
}

static void wait_for(struct run* run, const int* count) {
  pthread_mutex_lock(&run->mutex);
  while (*count + run->completions == 0) pthread_cond_wait(&run->changed, &run->mutex);
  pthread_mutex_unlock(&run->mutex);
}

static void* cancel_after_first_event(void* user_data) {
  struct run* run = user_data;
  wait_for(run, &run->events);
  clock_gettime(CLOCK_MONOTONIC, &run->cancelled_at);
  ppn_request_cancel(run->request);
  return NULL;
}

static const char* setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  const char* value = argc > index ? argv[index] : getenv(variable);
  return value != NULL ? value : otherwise;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) return fputs(usage, stderr), 1;
  const char* base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const char* key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const char* ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  char url[1024], auth[512];
  struct run run = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, 0, 0, NULL, {0, 0}, {0, 0}};
  pthread_t canceller;
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  ppn_error* error = NULL;
  int32_t status = PPN_E_INVALID_ARGUMENT;
  if (snprintf(url, sizeof url, "%s/v1/chat/completions", base) >= (int)sizeof url) goto done;
  if (snprintf(auth, sizeof auth, "Bearer %s", key) >= (int)sizeof auth) goto done;
  if ((status = ppn_config_new(&config, &error)) != PPN_OK) goto done;
  if ((status = ppn_config_set_ca_file(config, ca_file, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_client_new(config, &client, &error)) != PPN_OK) goto done;
  status = ppn_request_new(client, "POST", PPN_AUTO_LENGTH, url, PPN_AUTO_LENGTH, &run.request, &error);
  if (status != PPN_OK) goto done;
  status = ppn_request_set_header(run.request, "Authorization", PPN_AUTO_LENGTH, auth, PPN_AUTO_LENGTH, &error);
  if (status != PPN_OK) goto done;
  if ((status = ppn_request_set_json(run.request, question, PPN_AUTO_LENGTH, &error)) != PPN_OK) goto done;
  if ((status = ppn_request_set_callbacks(run.request, NULL, NULL, on_complete, &run, NULL, &error)) != PPN_OK)
    goto done;
  if ((status = ppn_request_set_event_callback(run.request, on_event, &error)) != PPN_OK) goto done;
  if ((status = ppn_request_start(run.request, &error)) != PPN_OK) goto done; /* now on_complete will come */
  if (pthread_create(&canceller, NULL, cancel_after_first_event, &run) == 0) pthread_join(canceller, NULL);
  wait_for(&run, &run.completions);
  ppn_runtime_shutdown(NULL); /* no callback runs after this: a second completion would have been counted */
  error = run.error;
  if ((status = ppn_error_code(error)) != PPN_E_CANCELLED) goto done;
  printf("%d event(s), then %d completion: CANCELLED, %.3f ms after the cancel\n", run.events, run.completions,
         (double)(run.completed_at.tv_sec - run.cancelled_at.tv_sec) * 1e3 +
             (double)(run.completed_at.tv_nsec - run.cancelled_at.tv_nsec) / 1e6);
done:
  if (status != PPN_E_CANCELLED || run.completions != 1) {
    fprintf(stderr, "cancel: %s: %s\n", ppn_code_name(status),
            status == PPN_OK ? "it ended before it was cancelled"
            : error != NULL  ? ppn_error_message(error)
                             : ppn_code_text(status));
  }
  ppn_error_release(error);
  ppn_request_release(run.request);
  ppn_client_release(client);
  ppn_config_release(config);
  return status == PPN_E_CANCELLED && run.completions == 1 ? 0 : 1;
}
