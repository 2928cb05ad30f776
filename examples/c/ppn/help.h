/* The texts of --help, for the command as a whole and for each subcommand. */
#ifndef PPN_HELP_H
#define PPN_HELP_H

#include <stdio.h>

/* `command` is "" for the whole. Returns 0, or an exit status when it could not be written. */
int print_help(FILE* file, const char* command);

#endif
