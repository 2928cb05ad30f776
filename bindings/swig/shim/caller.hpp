// Who calls, in the User-Agent header (RFC 9110 10.1.5).
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

// Add the name of a language and its version, such as "java/17.0.15", to the option user_agent, unless the environment or the
// program has set that. PPN_OK, or as ppn_config_set. Thread: that of the configuration.
int32_t ppnb_config_name_caller(ppn_config* config, const char* name, size_t name_length, ppn_error** error);
