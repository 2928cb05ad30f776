/* The parts of a replay. Each returns PPN_OK or the code that the behaviour ended with, and leaves what it saw in
 * `outcome`. */
#ifndef PPN_CONFORMANCE_PLAYS_H
#define PPN_CONFORMANCE_PLAYS_H

#include "outcome.h"
#include "script.h"

/* `index` is that of the behaviour in the script. */
int32_t play_request(const struct stage* stage, size_t index, ppn_client* client, struct outcome* outcome);
int32_t play_websocket(const struct stage* stage, size_t index, ppn_client* client, struct outcome* outcome);

/* BASE/NAME/RUN/rest, or the URL that the behaviour names. */
void play_url(const struct stage* stage, size_t index, const struct outcome* outcome, struct text* url);

#endif
