/* The native format, the thorough way: any strict JSON object of docs/events.md, by the JSON
 * library. */
#ifndef TT_MODEL_DECODE_NATIVE_H
#define TT_MODEL_DECODE_NATIVE_H

#include "core/base/mem.h"
#include "core/model/event.h"

/* Texts of the event live in the arena until it is reset. Errors: REJECT with the reason,
 * NO_MEMORY. */
enum tt_err tt_decode_native_thorough(struct tt_str line, int depth_max, struct tt_arena *arena,
                                      struct tt_event *ret_event,
                                      struct tt_fault *fault) TT_MUST_CHECK;

#endif
