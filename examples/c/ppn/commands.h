/* The subcommands. Each returns the exit status. */
#ifndef PPN_COMMANDS_H
#define PPN_COMMANDS_H

#include "options.h"

int command_request(const struct options* options);
int command_stream(const struct options* options);
int command_ws(const struct options* options);
int command_bench(const struct options* options);

#endif
