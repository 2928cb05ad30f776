#define _POSIX_C_SOURCE 200809L
#include "interrupts.h"

#include <string.h>

volatile sig_atomic_t interrupted = 0;

static void on_interrupt(int signal_number) {
  interrupted = signal_number;
  signal(signal_number, SIG_DFL);
}

void catch_interrupts(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}
