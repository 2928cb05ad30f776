/** @file config.h
 *  Options of a client. One table holds them all: name, type, unit, default, range, environment variable, help. The
 *  table serves ppn_config_set, JSON, the environment, the setters of options.h and the README.
 *
 *  Order of precedence: built-in default < environment < ppn_config < ppn_request_set_option. What is not set is not 0.
 *
 *  The environment: the option max_retries is PEPPERPY_NETWORK_MAX_RETRIES, and so on (ppn_option_environment). Options
 *  in ms lose the end of their name and are given in seconds: PEPPERPY_NETWORK_TIMEOUT=30, 2.5, 250ms, 10s, 5m, or
 *  none, which is 0. White space around a value is ignored, and a variable that is empty counts as one that is not set.
 *  A value that can not be understood is an error, which names the variable. With PEPPERPY_NETWORK_ENV_LENIENT=true it
 *  is logged and ignored instead, but never a variable of TLS, such as PEPPERPY_NETWORK_VERIFY_SSL. What belongs to one
 *  request or to one server has no variable: rate_limit_scope, rate_limit_cost, rate_limit_tokens, api_key.
 *  PEPPERPY_NETWORK_TRUST_ENV=false ends all of this; the option trust_env, set to false later, takes back what the
 *  environment has set and nothing else has set since.
 */
#ifndef PEPPERPY_NETWORK_CONFIG_H
#define PEPPERPY_NETWORK_CONFIG_H

#include "export.h"

PPN_BEGIN_DECLS

/** Make a configuration from the built-in defaults and the PEPPERPY_NETWORK_ environment variables, which are read now
 *  and never later.
 *  @param out    Required. Receives the configuration; the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_CONFIG_ERROR (an environment variable can not be understood).
 *  Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_new(ppn_config** out, ppn_error** error);

/** Make a configuration for the paths below a base URL: with "https://localhost:8443/v1" the URLs of requests may be
 *  "/models" and "models", which both mean "https://localhost:8443/v1/models", "" for the base and "?a=1" for the base
 *  with a query. A path is appended, never resolved, so that it can not leave the host of the base; an absolute URL
 *  stands for itself. Otherwise as ppn_config_new.
 *  @param base_url     Required. Absolute http or https URL without query, fragment and user information.
 *  @param timeout_ms   Milliseconds, the whole of a call, 0 to 86400000; 0 = no limit; -1 = 30000, or what the
 *                      environment says.
 *  @param max_retries  0 to 10; -1 = 3, or what the environment says.
 *  @param out          Required. Receives the configuration; the caller releases it.
 *  @param error        Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_CONFIG_ERROR (an argument that can not be used; an environment variable
 *  that can not be understood). Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_new_request_manager(const char* base_url, size_t base_url_length,
                                                        int64_t timeout_ms, int64_t max_retries, ppn_config** out,
                                                        ppn_error** error);

/** Make a configuration for one API: a base URL as ppn_config_new_request_manager says, and a key, which goes as
 *  "Authorization: Bearer KEY" (api_key_header, api_key_scheme) with requests to scheme, host and port of the base URL
 *  and with no others. A request that sets this header itself keeps its own.
 *
 *  Unless the environment says otherwise: timeout_ms 600000, for completions take longer than other calls, max_retries
 *  2, max_in_flight 64, and idempotency_header "Idempotency-Key": each POST and PATCH has a key that stays the same over
 *  its attempts. That a key is sent does not mean that the server heeds it: one that does not may do, and bill, a
 *  request twice that is tried again after a status of 500, 502 or 504. idempotency_header "" or max_retries 0 prevents
 *  that.
 *  @param base_url  Required. https, for the key could be read on the way; http for loopback addresses alone: localhost,
 *                   127.0.0.0/8, [::1].
 *  @param api_key   Required. Not empty. Overwritten in memory when its last owner ends; never in errors and logs.
 *  @param out       Required. Receives the configuration; the caller releases it.
 *  @param error     Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_CONFIG_ERROR (an argument that can not be used; an environment variable
 *  that can not be understood). Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_new_api_client(const char* base_url, size_t base_url_length, const char* api_key,
                                                   size_t api_key_length, ppn_config** out, ppn_error** error);

/** Add a reference.
 *  @return `config`, or NULL when it is NULL or released. Thread: any. Blocks: never. May be called from: any callback.
 *  Since 0.1. */
PPN_API ppn_config* PPN_CALL ppn_config_acquire(ppn_config* config);

/** Drop a reference.
 *  @param config  May be NULL. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API void PPN_CALL ppn_config_release(ppn_config* config);

/** Set one option by its name.
 *  @param name   Required. A name of the table, for example "connect_timeout_ms".
 *  @param value  Required. As text: numbers in decimal, booleans as true/false, yes/no, on/off or 1/0.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CONFIG_ERROR (no such option, not a value of
 *  its type, out of range). Unless PPN_OK nothing was changed. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_set(ppn_config* config, const char* name, size_t name_length, const char* value,
                                        size_t value_length, ppn_error** error);

/** Set options from a JSON object whose members are names of the table: {"timeout_ms": 5000, "verify_ssl": true}.
 *  @param text   Required. JSON (RFC 8259), UTF-8, at most 1 MiB.
 *  @param error  Optional.
 *  @return as ppn_config_set, and PPN_E_JSON_PARSE. Unless PPN_OK nothing was changed. Thread: one at a time. Blocks:
 *  never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_set_json(ppn_config* config, const char* text, size_t length, ppn_error** error);

/** The value of one option as text.
 *  @param out         Required. Receives a text that belongs to the configuration and lives until the next call with
 *                     it. Options that hold secrets give "***" when they are set.
 *  @param out_length  Optional.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE, PPN_E_CONFIG_ERROR (no such option). Thread: one at a
 *  time. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_get(ppn_config* config, const char* name, size_t name_length, const char** out,
                                        size_t* out_length, ppn_error** error);

/** All options with their effective values as a JSON object, secrets as "***".
 *  @param out         Required. Receives a text that belongs to the configuration and lives until the next call with
 *                     it.
 *  @param out_length  Optional.
 *  @param error       Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT, PPN_E_INVALID_STATE. Thread: one at a time. Blocks: never. May be called
 *  from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_config_dump(ppn_config* config, const char** out, size_t* out_length, ppn_error** error);

/** The number of options in the table.
 *  @return the number. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API size_t PPN_CALL ppn_option_count(void);

/** Name of the index-th option.
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_name(size_t index);

/** Type of the index-th option: "integer", "number", "boolean" or "text".
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_type(size_t index);

/** Unit of the index-th option: "ms", "bytes", "s" or "".
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_unit(size_t index);

/** Built-in default of the index-th option, as text.
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_default(size_t index);

/** Range of the index-th option, such as "0..86400000", or the words it may be: "wait, fail_fast"; "" when it has
 *  neither.
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_range(size_t index);

/** Environment variable of the index-th option; "" when it has none.
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_environment(size_t index);

/** Whether a request may override the index-th option (ppn_request_set_option).
 *  @return 1 or 0; 0 past the end. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_option_is_per_request(size_t index);

/** Whether the index-th option is a secret, which is dumped as "***".
 *  @return 1 or 0; 0 past the end. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_option_is_secret(size_t index);

/** One line of help for the index-th option.
 *  @return a text that lives as long as the process; NULL past the end. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API const char* PPN_CALL ppn_option_help(size_t index);

PPN_END_DECLS

#endif
