/* Standard input as text messages of a WebSocket, one for each line, on a thread of its own. */
#ifndef PPN_INPUT_H
#define PPN_INPUT_H

#include <pepperpy/network.h>
#include <pthread.h>

struct input {
  ppn_websocket* websocket;
  pthread_t thread;
  int running;
  int wake[2];  /* a pipe: what is written to it ends the thread */
  int32_t code; /* why a line was not sent; to be read after input_stop */
  ppn_error* error;
};

/* Send lines from now on. When the input ends, the WebSocket is closed with 1000 after the last one; when a line can not
 * be sent, at once. Returns 0, or an exit status after it has complained. */
int input_start(struct input* input, ppn_websocket* websocket);

/* End the thread, wherever it waits. Without effect when it was not started. */
void input_stop(struct input* input);

#endif
