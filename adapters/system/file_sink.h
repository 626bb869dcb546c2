/* The sink port on a folder: DIR/TABLE/ID.ndjson (or .csv), a file for each batch, whole or not at
 * all, and DIR/TABLE.schema.json. What is repeated writes the same file. Threads: one per sink. */
#ifndef TT_ADAPTERS_SYSTEM_FILE_SINK_H
#define TT_ADAPTERS_SYSTEM_FILE_SINK_H

#include "core/port/sink.h"

enum tt_file_sink_form { TT_FILE_SINK_NDJSON, TT_FILE_SINK_CSV };

/* Makes the folder. Errors: NOT_FOUND, DENIED, INVALID, READ_ONLY, NO_MEMORY. Owns its context
 * until tt_file_sink_done. */
enum tt_err tt_file_sink_open(const char *dir, enum tt_file_sink_form form,
                              struct tt_sink *ret_sink, struct tt_fault *fault) TT_MUST_CHECK;
void tt_file_sink_done(struct tt_sink *sink);

#endif
