/* Peer: a large body, COUNT times in sequence over one connection, with curl_easy_perform and a write callback.
 *
 * usage: bench_curl_download URL CA_FILE push COUNT */
#include <curl/curl.h>
#include <stdlib.h>

#include "bench.h"

static size_t on_body(char* data, size_t size, size_t count, void* user_data) {
  bench_figures* figures = user_data;
  (void)data;
  figures->body_bytes += size * count;
  return size * count;
}

int main(int argc, char** argv) {
  bench_figures figures = {0};
  CURL* easy;
  int count;
  if (argc != 5 || (count = atoi(argv[4])) < 1) {
    fprintf(stderr, "usage: bench_curl_download URL CA_FILE push COUNT\n");
    return 1;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  if (!(easy = curl_easy_init())) return 1;
  curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
  curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &figures);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  bench_begin(&figures);
  for (int i = 0; i < count && figures.errors == 0; i++) {
    long status = 0;
    const CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status == 200) {
      figures.operations++;
    } else {
      figures.errors++;
      fprintf(stderr, "bench_curl_download: %s, status %ld\n", curl_easy_strerror(code), status);
    }
  }
  bench_end(&figures);
  curl_easy_cleanup(easy);
  curl_global_cleanup();
  return bench_print(&figures, "");
}
