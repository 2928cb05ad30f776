/* References every function of the public headers: a name that is missing from the exports fails to link here. */
#include <pepperpy/network.h>
#include <stddef.h>
#include <stdio.h>

typedef void (*any_function)(void);

static const struct {
  const char* name;
  any_function function;
} symbols[] = {
    {"ppn_abi_version", (any_function)ppn_abi_version},
    {"ppn_client_acquire", (any_function)ppn_client_acquire},
    {"ppn_client_close", (any_function)ppn_client_close},
    {"ppn_client_count", (any_function)ppn_client_count},
    {"ppn_client_drain", (any_function)ppn_client_drain},
    {"ppn_client_new", (any_function)ppn_client_new},
    {"ppn_client_preconnect", (any_function)ppn_client_preconnect},
    {"ppn_client_release", (any_function)ppn_client_release},
    {"ppn_code_at", (any_function)ppn_code_at},
    {"ppn_code_name", (any_function)ppn_code_name},
    {"ppn_code_text", (any_function)ppn_code_text},
    {"ppn_config_acquire", (any_function)ppn_config_acquire},
    {"ppn_config_dump", (any_function)ppn_config_dump},
    {"ppn_config_get", (any_function)ppn_config_get},
    {"ppn_config_new", (any_function)ppn_config_new},
    {"ppn_config_release", (any_function)ppn_config_release},
    {"ppn_config_set", (any_function)ppn_config_set},
    {"ppn_config_set_ca_file", (any_function)ppn_config_set_ca_file},
    {"ppn_config_set_connect_timeout_ms", (any_function)ppn_config_set_connect_timeout_ms},
    {"ppn_config_set_json", (any_function)ppn_config_set_json},
    {"ppn_config_set_stream_idle_timeout_ms", (any_function)ppn_config_set_stream_idle_timeout_ms},
    {"ppn_config_set_timeout_ms", (any_function)ppn_config_set_timeout_ms},
    {"ppn_config_set_verify_ssl", (any_function)ppn_config_set_verify_ssl},
    {"ppn_debug_live_objects", (any_function)ppn_debug_live_objects},
    {"ppn_error_acquire", (any_function)ppn_error_acquire},
    {"ppn_error_attempts", (any_function)ppn_error_attempts},
    {"ppn_error_code", (any_function)ppn_error_code},
    {"ppn_error_http_status", (any_function)ppn_error_http_status},
    {"ppn_error_is_retryable", (any_function)ppn_error_is_retryable},
    {"ppn_error_message", (any_function)ppn_error_message},
    {"ppn_error_os_errno", (any_function)ppn_error_os_errno},
    {"ppn_error_phase", (any_function)ppn_error_phase},
    {"ppn_error_received_bytes", (any_function)ppn_error_received_bytes},
    {"ppn_error_release", (any_function)ppn_error_release},
    {"ppn_error_retry_after_ms", (any_function)ppn_error_retry_after_ms},
    {"ppn_error_sent", (any_function)ppn_error_sent},
    {"ppn_error_tls_error", (any_function)ppn_error_tls_error},
    {"ppn_error_url", (any_function)ppn_error_url},
    {"ppn_event_data", (any_function)ppn_event_data},
    {"ppn_event_id", (any_function)ppn_event_id},
    {"ppn_event_index", (any_function)ppn_event_index},
    {"ppn_event_retry_ms", (any_function)ppn_event_retry_ms},
    {"ppn_event_type", (any_function)ppn_event_type},
    {"ppn_has_feature", (any_function)ppn_has_feature},
    {"ppn_log_set_sink", (any_function)ppn_log_set_sink},
    {"ppn_option_count", (any_function)ppn_option_count},
    {"ppn_option_default", (any_function)ppn_option_default},
    {"ppn_option_environment", (any_function)ppn_option_environment},
    {"ppn_option_help", (any_function)ppn_option_help},
    {"ppn_option_name", (any_function)ppn_option_name},
    {"ppn_option_range", (any_function)ppn_option_range},
    {"ppn_option_type", (any_function)ppn_option_type},
    {"ppn_option_unit", (any_function)ppn_option_unit},
    {"ppn_request_acquire", (any_function)ppn_request_acquire},
    {"ppn_request_add_header", (any_function)ppn_request_add_header},
    {"ppn_request_cancel", (any_function)ppn_request_cancel},
    {"ppn_request_new", (any_function)ppn_request_new},
    {"ppn_request_release", (any_function)ppn_request_release},
    {"ppn_request_resume", (any_function)ppn_request_resume},
    {"ppn_request_send", (any_function)ppn_request_send},
    {"ppn_request_set_body", (any_function)ppn_request_set_body},
    {"ppn_request_set_callbacks", (any_function)ppn_request_set_callbacks},
    {"ppn_request_set_event_callback", (any_function)ppn_request_set_event_callback},
    {"ppn_request_set_header", (any_function)ppn_request_set_header},
    {"ppn_request_set_json", (any_function)ppn_request_set_json},
    {"ppn_request_set_option", (any_function)ppn_request_set_option},
    {"ppn_request_start", (any_function)ppn_request_start},
    {"ppn_response_acquire", (any_function)ppn_response_acquire},
    {"ppn_response_attempts", (any_function)ppn_response_attempts},
    {"ppn_response_body", (any_function)ppn_response_body},
    {"ppn_response_body_bytes", (any_function)ppn_response_body_bytes},
    {"ppn_response_check_status", (any_function)ppn_response_check_status},
    {"ppn_response_header", (any_function)ppn_response_header},
    {"ppn_response_header_at", (any_function)ppn_response_header_at},
    {"ppn_response_header_count", (any_function)ppn_response_header_count},
    {"ppn_response_http_version", (any_function)ppn_response_http_version},
    {"ppn_response_json_bool", (any_function)ppn_response_json_bool},
    {"ppn_response_json_double", (any_function)ppn_response_json_double},
    {"ppn_response_json_int64", (any_function)ppn_response_json_int64},
    {"ppn_response_json_size", (any_function)ppn_response_json_size},
    {"ppn_response_json_string", (any_function)ppn_response_json_string},
    {"ppn_response_json_text", (any_function)ppn_response_json_text},
    {"ppn_response_json_type", (any_function)ppn_response_json_type},
    {"ppn_response_release", (any_function)ppn_response_release},
    {"ppn_response_remote", (any_function)ppn_response_remote},
    {"ppn_response_reused", (any_function)ppn_response_reused},
    {"ppn_response_status", (any_function)ppn_response_status},
    {"ppn_response_timing_ms", (any_function)ppn_response_timing_ms},
    {"ppn_response_trailer_at", (any_function)ppn_response_trailer_at},
    {"ppn_response_trailer_count", (any_function)ppn_response_trailer_count},
    {"ppn_runtime_set_io_threads", (any_function)ppn_runtime_set_io_threads},
    {"ppn_runtime_set_thread_hooks", (any_function)ppn_runtime_set_thread_hooks},
    {"ppn_runtime_shutdown", (any_function)ppn_runtime_shutdown},
    {"ppn_stream_acquire", (any_function)ppn_stream_acquire},
    {"ppn_stream_cancel", (any_function)ppn_stream_cancel},
    {"ppn_stream_last_event_id", (any_function)ppn_stream_last_event_id},
    {"ppn_stream_next", (any_function)ppn_stream_next},
    {"ppn_stream_open", (any_function)ppn_stream_open},
    {"ppn_stream_release", (any_function)ppn_stream_release},
    {"ppn_stream_response", (any_function)ppn_stream_response},
    {"ppn_stream_retry_ms", (any_function)ppn_stream_retry_ms},
    {"ppn_version_number", (any_function)ppn_version_number},
    {"ppn_version_string", (any_function)ppn_version_string},
};

int main(void) {
  const size_t count = sizeof symbols / sizeof symbols[0];
  size_t i;
  for (i = 0; i < count; ++i) {
    if (symbols[i].function == NULL) {
      printf("%s is missing\n", symbols[i].name);
      return 1;
    }
  }
  printf("%u functions\n", (unsigned)count);
  return 0;
}
