/* Inside of the decoders of JSON messages: objects, alone or in arrays, a text on a line or spread
 * over several. Each element of an array is an event, or a reject, of its own. */
#ifndef TT_MODEL_MESSAGES_H
#define TT_MODEL_MESSAGES_H

#include "core/model/event_reader.h"
#include "core/model/json_span.h"

/* Reads one message, which may be no object. Errors: as tt_decoder_line; REJECT: it gave nothing.
 */
typedef enum tt_err tt_message_read(struct tt_decoder *decoder, const struct tt_json *message,
                                    const struct tt_decoder_sink *sink, struct tt_fault *fault);

/* The beginning of the state of a decoder of messages. */
struct tt_messages {
    struct tt_records records;
    struct tt_json_span span;
    struct tt_event_reader reader;
    struct tt_buf rejected; /* an element's text */
    tt_message_read *read;
    /* The array in a root object that has one in place of itself, "results"; NULL = none. */
    const char *list;
};

void tt_messages_start(struct tt_decoder *decoder, tt_message_read *read, const char *list);

/* What the table of a decoder wants. */
enum tt_err tt_messages_line(struct tt_decoder *decoder, struct tt_str line,
                             const struct tt_decoder_sink *sink,
                             struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_messages_interrupt(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                                  struct tt_fault *fault) TT_MUST_CHECK;
void tt_messages_file_start(struct tt_decoder *decoder);
void tt_messages_done(struct tt_decoder *decoder);

/* A member that must be there and be text, not empty. Errors: REJECT. */
enum tt_err tt_message_text(const struct tt_json *object, const char *name, struct tt_str *ret_text,
                            struct tt_fault *fault) TT_MUST_CHECK;
/* The member, or NULL where it is absent or null. */
const struct tt_json *tt_message_get(const struct tt_json *object, const char *name);

#endif
