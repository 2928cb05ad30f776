/* The table of the client's options, as the library gives it. */
#ifndef PPN_OPTION_LIST_H
#define PPN_OPTION_LIST_H

/* On standard output, as text for people or as the Markdown table of the README. Returns an exit status. */
int print_option_list(int markdown);

#endif
