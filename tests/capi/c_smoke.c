/* The C ABI from plain C99, by hand: bad inputs and a connection that is refused, and, when PPN_SMOKE_URL names a
 * server, a GET, an asynchronous call and a stream against it. */
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void check(int good, const char* what) {
  if (good) return;
  ++failures;
  printf("not so: %s\n", what);
}

static void bad_inputs(ppn_client* client) {
  ppn_request* request = NULL;
  ppn_error* error = NULL;
  check(ppn_request_new(NULL, "GET", PPN_AUTO_LENGTH, "http://127.0.0.1/", PPN_AUTO_LENGTH, &request, &error) ==
            PPN_E_INVALID_ARGUMENT,
        "NULL is an invalid argument");
  check(request == NULL, "an out parameter is NULL after a failure");
  check(error != NULL && ppn_error_code(error) == PPN_E_INVALID_ARGUMENT, "the error object has the code");
  check(strlen(ppn_error_message(error)) > 0, "the error object has a text");
  ppn_error_release(error);
  check(ppn_error_code(error) == PPN_E_INVALID_STATE, "a released error is recognised");

  check(ppn_request_new(client, "GET", PPN_AUTO_LENGTH, "http://a b/", PPN_AUTO_LENGTH, &request, NULL) ==
            PPN_E_INVALID_URL,
        "a space in a URL is refused");
  check(ppn_request_new(client, "GET", PPN_AUTO_LENGTH, "ftp://127.0.0.1/", PPN_AUTO_LENGTH, &request, NULL) ==
            PPN_E_UNSUPPORTED_SCHEME,
        "another scheme is refused");
  check(ppn_request_new(client, "GE T", PPN_AUTO_LENGTH, "http://127.0.0.1/", PPN_AUTO_LENGTH, &request, NULL) ==
            PPN_E_INVALID_ARGUMENT,
        "a method that is no token is refused");
}

static void refused_connection(ppn_client* client) {
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  ppn_error* error = NULL;
  /* Nobody listens on the discard port of the loopback interface. */
  check(ppn_request_new(client, "POST", 4, "http://127.0.0.1:9/", PPN_AUTO_LENGTH, &request, NULL) == PPN_OK,
        "a request is described");
  check(ppn_request_set_header(request, "X-Key", PPN_AUTO_LENGTH, "value", PPN_AUTO_LENGTH, NULL) == PPN_OK,
        "a header is set");
  check(ppn_request_set_json(request, "{\"a\":[1,2]}", PPN_AUTO_LENGTH, NULL) == PPN_OK, "a JSON body is set");
  check(ppn_request_set_json(request, "{\"a\":[1,2}", PPN_AUTO_LENGTH, NULL) == PPN_E_JSON_PARSE,
        "a text that is no JSON is refused");
  check(ppn_request_send(request, &response, &error) == PPN_E_CONNECT_FAILED, "the connection is refused");
  check(response == NULL, "there is no response");
  check(ppn_error_category(error) == PPN_CATEGORY_NETWORK && ppn_error_is_timeout(error) == 0,
        "its error has a category");
  check(ppn_error_is_retryable(error) == 1 && ppn_error_sent(error) == PPN_SENT_NONE, "nothing was sent");
  ppn_error_release(error);
  ppn_response_release(response);
  ppn_request_release(request);
}

static void data(void) {
  static const uint8_t input[] = "id: 7\ndata: {\"text\": \"hi\"}\n\ndata: {";
  ppn_buffer* buffer = NULL;
  ppn_headers* headers = NULL;
  ppn_sse_decoder* decoder = NULL;
  ppn_line_decoder* lines = NULL;
  ppn_json* json = NULL;
  const ppn_event* event = NULL;
  const char* text = NULL;
  size_t length = 0;

  check(ppn_redact_url("https://h/?key=S", PPN_AUTO_LENGTH, &buffer, NULL) == PPN_OK &&
            strcmp((const char*)ppn_buffer_data(buffer), "https://h/?key=REDACTED") == 0,
        "a URL loses its secrets");
  ppn_buffer_release(buffer);
  check(ppn_buffer_data(buffer) == NULL, "a released buffer is recognised");
  check(ppn_buffer_new(input, 3, &buffer, NULL) == PPN_OK && ppn_buffer_length(buffer) == 3, "a buffer is made");
  ppn_buffer_release(buffer);
  check(ppn_header_is_sensitive("Authorization", PPN_AUTO_LENGTH) == 1, "a secret header is known");

  check(ppn_headers_new(&headers, NULL) == PPN_OK, "a list of headers is made");
  check(ppn_headers_add(headers, "A", 1, "b", 1, NULL) == PPN_OK && ppn_headers_count(headers) == 1, "it takes one");
  check(ppn_headers_add(headers, "A", 1, "b\r\n", 3, NULL) == PPN_E_INVALID_HEADER, "and refuses another");
  ppn_headers_release(headers);

  check(ppn_sse_decoder_new(0, 0, 0, &decoder, NULL) == PPN_OK, "a decoder of events is made");
  check(ppn_sse_decoder_feed(decoder, input, sizeof input - 1, NULL) == PPN_OK, "it is fed");
  check(ppn_sse_decoder_next(decoder, &event, NULL) == PPN_OK, "it has an event");
  text = ppn_event_data(event, &length);
  check(ppn_json_parse(text, length, &json, NULL) == PPN_OK, "whose data is JSON");
  check(ppn_json_string(json, "/text", PPN_AUTO_LENGTH, &text, NULL, NULL) == PPN_OK && strcmp(text, "hi") == 0,
        "with a text in it");
  ppn_json_release(json);
  check(ppn_sse_decoder_next(decoder, &event, NULL) == PPN_PENDING && event == NULL, "the next is not whole");
  check(strcmp(ppn_sse_decoder_last_event_id(decoder, NULL), "7") == 0, "the last id is known");
  ppn_sse_decoder_release(decoder);

  check(ppn_line_decoder_new(0, &lines, NULL) == PPN_OK, "a decoder of lines is made");
  check(ppn_line_decoder_feed(lines, input, 5, NULL) == PPN_OK && ppn_line_decoder_finish(lines, NULL) == PPN_OK,
        "it is fed to its end");
  check(ppn_line_decoder_next(lines, &event, NULL) == PPN_OK, "the line without an end is one");
  check(ppn_line_decoder_next(lines, &event, NULL) == PPN_END, "then it ends");
  ppn_line_decoder_release(lines);
}

struct outcome {
  int32_t status;
  int32_t code;
};

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* error) {
  struct outcome* seen = user_data;
  (void)request;
  seen->status = ppn_response_status(response);
  seen->code = ppn_error_code(error);
}

static void real_server(ppn_client* client, const char* url) {
  struct outcome seen = {0, -1};
  ppn_request* request = NULL;
  ppn_response* response = NULL;
  ppn_stream* stream = NULL;
  const ppn_event* piece = NULL;
  size_t length = 0;
  uint64_t streamed = 0;
  int32_t code;

  check(ppn_request_new(client, "GET", 3, url, PPN_AUTO_LENGTH, &request, NULL) == PPN_OK, "a GET is described");
  check(ppn_request_send(request, &response, NULL) == PPN_OK, "the server answers");
  check(ppn_response_check_status(response, NULL) == PPN_OK, "its status is a success");
  check(ppn_response_body(response, &length) != NULL && length == ppn_response_body_bytes(response),
        "the body is there");
  ppn_request_release(request);

  check(ppn_request_new(client, "GET", 3, url, PPN_AUTO_LENGTH, &request, NULL) == PPN_OK, "a second is described");
  check(ppn_stream_open(request, PPN_STREAM_CHUNKS, &stream, NULL) == PPN_OK, "a stream is opened");
  while ((code = ppn_stream_next(stream, -1, &piece, NULL)) == PPN_OK) {
    size_t chunk = 0;
    check(ppn_event_data(piece, &chunk) != NULL, "a chunk has data");
    streamed += chunk;
  }
  check(code == PPN_END, "the stream ends");
  check(streamed == ppn_response_body_bytes(response), "the stream is as long as the body");
  ppn_stream_release(stream);
  ppn_request_release(request);
  ppn_response_release(response);

  check(ppn_request_new(client, "GET", 3, url, PPN_AUTO_LENGTH, &request, NULL) == PPN_OK, "a third is described");
  check(ppn_request_set_callbacks(request, NULL, NULL, on_complete, &seen, NULL, NULL) == PPN_OK, "callbacks are set");
  /* With callbacks set the blocking call calls them and then returns: no thread function of C99 is needed. */
  check(ppn_request_send(request, &response, NULL) == PPN_OK, "the third is answered");
  check(seen.code == PPN_OK && seen.status == ppn_response_status(response), "the callback saw the same");
  ppn_response_release(response);
  ppn_request_release(request);
}

int main(void) {
  const char* url = getenv("PPN_SMOKE_URL");
  ppn_config* config = NULL;
  ppn_client* client = NULL;
  check(ppn_version_number() == PPN_VERSION_NUMBER && ppn_abi_version() == PPN_ABI_VERSION, "header and library match");
  check(ppn_config_new(&config, NULL) == PPN_OK, "a configuration is made");
  check(ppn_config_set_timeout_ms(config, 5000, NULL) == PPN_OK, "a timeout is set");
  check(ppn_config_set(config, "no_such_option", PPN_AUTO_LENGTH, "1", 1, NULL) == PPN_E_CONFIG_ERROR,
        "an unknown option is refused");
  check(ppn_client_new(config, &client, NULL) == PPN_OK, "a client is made");
  ppn_config_release(config);
  bad_inputs(client);
  data();
  refused_connection(client);
  if (url != NULL) real_server(client, url);
  ppn_client_release(client);
  check(ppn_runtime_shutdown(NULL) == PPN_OK, "the runtime ends");
  check(ppn_debug_live_objects() == 0, "nothing is left");
  if (failures == 0) printf("all is well%s\n", url != NULL ? ", with a server" : "");
  return failures == 0 ? 0 : 1;
}
