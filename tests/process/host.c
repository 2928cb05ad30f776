/* A program that the library comes to late: it is opened by dlopen, never linked, and the thread that uses it was there
 * before. tests/process starts it; what it prints is what they check.
 *
 *   host call URL              a call from the old thread, dlclose, and another call
 *   host post URL COUNT        requests with a large body from the old thread, while SIGPIPE would end the process
 *   host exit URL CA           leaves main with TLS streams under way
 *   host limited URL           calls without a descriptor left, then with
 *   host unable URL            the same, when the library has not even a loop yet
 *   host inherit URL CA        executes itself as `host list` with a TLS stream under way
 *   host fork URL CA           children that exit while their parent reads streams
 *   host list                  the descriptors of this process */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pepperpy/network.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
  const char* (*code_name)(int32_t);
  int32_t (*config_new)(ppn_config**, ppn_error**);
  int32_t (*config_set_ca_file)(ppn_config*, const char*, size_t, ppn_error**);
  void (*config_release)(ppn_config*);
  int32_t (*client_new)(const ppn_config*, ppn_client**, ppn_error**);
  void (*client_release)(ppn_client*);
  int32_t (*request_new)(ppn_client*, const char*, size_t, const char*, size_t, ppn_request**, ppn_error**);
  int32_t (*request_set_body)(ppn_request*, const uint8_t*, size_t, ppn_error**);
  int32_t (*request_send)(ppn_request*, ppn_response**, ppn_error**);
  void (*request_release)(ppn_request*);
  const uint8_t* (*response_body)(const ppn_response*, size_t*);
  void (*response_release)(ppn_response*);
  int32_t (*stream_open)(ppn_request*, int32_t, ppn_stream**, ppn_error**);
  void (*stream_release)(ppn_stream*);
  int32_t (*stream_next)(ppn_stream*, int64_t, const ppn_event**, ppn_error**);
} ppn;

static const struct {
  const char* name;
  void* slot;
} wanted[] = {{"ppn_code_name", &ppn.code_name},
              {"ppn_config_new", &ppn.config_new},
              {"ppn_config_set_ca_file", &ppn.config_set_ca_file},
              {"ppn_config_release", &ppn.config_release},
              {"ppn_client_new", &ppn.client_new},
              {"ppn_client_release", &ppn.client_release},
              {"ppn_request_new", &ppn.request_new},
              {"ppn_request_set_body", &ppn.request_set_body},
              {"ppn_request_send", &ppn.request_send},
              {"ppn_request_release", &ppn.request_release},
              {"ppn_response_body", &ppn.response_body},
              {"ppn_response_release", &ppn.response_release},
              {"ppn_stream_open", &ppn.stream_open},
              {"ppn_stream_release", &ppn.stream_release},
              {"ppn_stream_next", &ppn.stream_next}};

static void require(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "host: %s\n", what);
  _exit(3);
}

static void* open_library(void) {
  void* library = dlopen(PPN_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  require(library != NULL, "dlopen");
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; ++i) {
    void* symbol = dlsym(library, wanted[i].name);
    require(symbol != NULL, wanted[i].name);
    memcpy(wanted[i].slot, &symbol, sizeof symbol);
  }
  return library;
}

static ppn_client* new_client(const char* ca_file) {
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  require(ppn.config_new(&config, NULL) == PPN_OK, "config_new");
  if (ca_file != NULL) require(ppn.config_set_ca_file(config, ca_file, strlen(ca_file), NULL) == PPN_OK, "ca_file");
  require(ppn.client_new(config, &client, NULL) == PPN_OK, "client_new");
  ppn.config_release(config);
  return client;
}

static ppn_request* new_request(ppn_client* client, const char* method, const char* url) {
  ppn_request* request = NULL;
  require(ppn.request_new(client, method, strlen(method), url, strlen(url), &request, NULL) == PPN_OK, "request_new");
  return request;
}

/* Prints the body, or the name of the error. */
static void get(ppn_client* client, const char* url) {
  ppn_request* request = new_request(client, "GET", url);
  ppn_response* response = NULL;
  const int32_t code = ppn.request_send(request, &response, NULL);
  size_t length = 0;
  const char* body = code == PPN_OK ? (const char*)ppn.response_body(response, &length) : "";
  if (code == PPN_OK) printf("body %.*s\n", (int)length, body);
  if (code != PPN_OK) printf("error %s\n", ppn.code_name(code));
  fflush(stdout);
  ppn.response_release(response);
  ppn.request_release(request);
}

static void post_large_bodies(ppn_client* client, const char* url, int count) {
  const size_t length = (size_t)8 << 20;
  uint8_t* body = calloc(1, length);
  for (int i = 0; i < count; ++i) {
    ppn_request* request = new_request(client, "POST", url);
    ppn_response* response = NULL;
    require(ppn.request_set_body(request, body, length, NULL) == PPN_OK, "set_body");
    printf("%s\n", ppn.code_name(ppn.request_send(request, &response, NULL)));
    ppn.response_release(response);
    ppn.request_release(request);
  }
  free(body);
}

static ppn_stream* open_stream(ppn_client* client, const char* url) {
  ppn_request* request = new_request(client, "GET", url);
  ppn_stream* stream = NULL;
  const ppn_event* piece = NULL;
  require(ppn.stream_open(request, PPN_STREAM_CHUNKS, &stream, NULL) == PPN_OK, "stream_open");
  require(ppn.stream_next(stream, 20000, &piece, NULL) == PPN_OK, "stream_next");
  ppn.request_release(request);
  return stream;
}

/* What the thread that was there first is to do. */
static struct {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  void (*task)(char** arguments);
  char** arguments;
} old_thread = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL};

static void* wait_for_task(void* unused) {
  pthread_mutex_lock(&old_thread.mutex);
  while (old_thread.task == NULL) pthread_cond_wait(&old_thread.changed, &old_thread.mutex);
  pthread_mutex_unlock(&old_thread.mutex);
  old_thread.task(old_thread.arguments);
  return unused;
}

static void call_twice(char** arguments) {
  ppn_client* client = new_client(NULL);
  get(client, arguments[0]);
  get(client, arguments[0]);
  ppn.client_release(client);
}

static void post(char** arguments) {
  ppn_client* client = new_client(NULL);
  post_large_bodies(client, arguments[0], atoi(arguments[1]));
  ppn.client_release(client);
}

static void run_in_old_thread(pthread_t thread, void (*task)(char**), char** arguments) {
  pthread_mutex_lock(&old_thread.mutex);
  old_thread.task = task;
  old_thread.arguments = arguments;
  pthread_cond_signal(&old_thread.changed);
  pthread_mutex_unlock(&old_thread.mutex);
  require(pthread_join(thread, NULL) == 0, "pthread_join");
}

/* The lowest number that a new descriptor would get becomes the limit. */
static struct rlimit take_descriptors_away(void) {
  struct rlimit before;
  struct rlimit after;
  require(getrlimit(RLIMIT_NOFILE, &before) == 0, "getrlimit");
  const int next = dup(0);
  close(next);
  after = before;
  after.rlim_cur = (rlim_t)next;
  require(setrlimit(RLIMIT_NOFILE, &after) == 0, "setrlimit");
  return before;
}

static void call_without_descriptors(const char* url, int warm) {
  ppn_client* client = new_client(NULL);
  if (warm) get(client, url);
  const struct rlimit before = take_descriptors_away();
  get(client, url);
  get(client, url);
  require(setrlimit(RLIMIT_NOFILE, &before) == 0, "setrlimit");
  get(client, url);
  ppn.client_release(client);
}

/* The children run what a program runs at its exit, the library's part included. */
static void exit_in_children(void) {
  for (int i = 0; i < 3; ++i) {
    int status = 0;
    const pid_t child = fork();
    require(child >= 0, "fork");
    if (child == 0) {
      alarm(10);
      exit(7);
    }
    require(waitpid(child, &status, 0) == child, "waitpid");
    printf("child %s %d\n", WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : status);
    fflush(stdout);
  }
}

static void read_pieces(ppn_stream* stream, int count) {
  for (int i = 0; i < count; ++i) {
    const ppn_event* piece = NULL;
    require(ppn.stream_next(stream, 20000, &piece, NULL) == PPN_OK, "stream_next");
  }
}

static void list_descriptors(void) {
  DIR* folder = opendir("/proc/self/fd");
  require(folder != NULL, "opendir");
  for (const struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    const int number = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number != dirfd(folder)) printf("%d\n", number);
  }
  closedir(folder);
}

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "list") == 0) return list_descriptors(), 0;
  require(argc > 2, "what?");
  signal(SIGPIPE, SIG_DFL);
  pthread_t thread;
  require(pthread_create(&thread, NULL, wait_for_task, NULL) == 0, "pthread_create");
  void* library = open_library();
  if (strcmp(mode, "call") == 0) {
    require(dlclose(library) == 0, "dlclose");
    void* still_there = dlopen(PPN_LIBRARY, RTLD_NOW | RTLD_NOLOAD);
    printf("%s after dlclose\n", still_there != NULL ? "loaded" : "unloaded");
    run_in_old_thread(thread, call_twice, argv + 2);
    return 0;
  }
  if (strcmp(mode, "post") == 0) return run_in_old_thread(thread, post, argv + 2), 0;
  if (strcmp(mode, "limited") == 0) return call_without_descriptors(argv[2], 1), 0;
  if (strcmp(mode, "unable") == 0) return call_without_descriptors(argv[2], 0), 0;
  require(argc > 3, "which CA?");
  ppn_client* client = new_client(argv[3]);
  ppn_stream* streams[4];
  for (int i = 0; i < 4; ++i) streams[i] = open_stream(client, argv[2]);
  if (strcmp(mode, "exit") == 0) return 33;
  if (strcmp(mode, "fork") == 0) {
    exit_in_children();
    for (int i = 0; i < 4; ++i) read_pieces(streams[i], 1000);
    printf("4000 pieces\n");
    for (int i = 0; i < 4; ++i) ppn.stream_release(streams[i]);
    ppn.client_release(client);
    return 0;
  }
  char self[] = "/proc/self/exe";
  char list[] = "list";
  char* arguments[] = {self, list, NULL};
  require(strcmp(mode, "inherit") == 0, "mode");
  execv(self, arguments);
  return 4;
}
