/* Inside of the decoders: one member of a JSON object, or one cell of text, becomes one field of an
 * event, checked as docs/events.md says.
 *
 * Texts are copied into the arena, attributes too; JSON may be freed afterwards. Threads: one.
 */
#ifndef TT_MODEL_EVENT_READER_H
#define TT_MODEL_EVENT_READER_H

#include "core/base/json.h"
#include "core/base/zone.h"
#include "core/model/event.h"

struct tt_event_reader {
    struct tt_arena *arena;
    struct tt_fault *fault; /* may be NULL */
    struct tt_event event;
    struct tt_buf attributes;   /* empty, or an object without its closing brace */
    const struct tt_zone *zone; /* of cells that hold a time without one; NULL: these are rejects */
};

/* Every reader that was begun is ended. */
void tt_event_reader_begin(struct tt_event_reader *r, struct tt_arena *arena,
                           struct tt_fault *fault);
void tt_event_reader_end(struct tt_event_reader *r);
/* Begins the next event, keeps the memory. */
void tt_event_reader_again(struct tt_event_reader *r, struct tt_fault *fault);

/* Fields by number, 0 to TT_EVENT_FIELDS - 1; -1 where there is none of that name. */
enum { TT_EVENT_FIELDS = 15 };
int tt_event_field(struct tt_str name);
const char *tt_event_field_name(int field);

/* Whether the format has a field of that name (`attributes` included). */
bool tt_event_has_field(struct tt_str name);

/* Sets the field of that name; null leaves it absent. `attributes` hands over its members.
 * `place` is how the input calls it, for messages. Errors: REJECT (wrong type, bad time),
 * NO_MEMORY. The name must be one of the format's. */
enum tt_err tt_event_reader_set(struct tt_event_reader *r, const char *name, struct tt_str place,
                                const struct tt_json *value) TT_MUST_CHECK;

/* Reads a whole native event: the members of `attributes`, then the fields the format does not
 * know, in the order of the text, become the event's attributes. Of equal names the member of
 * `attributes` is kept. Errors: REJECT, NO_MEMORY. In decode_native.c. */
enum tt_err tt_event_reader_object(struct tt_event_reader *r,
                                   const struct tt_json *object) TT_MUST_CHECK;

/* Sets a field from a cell of text, which is not empty: a time may also be the digits of an
 * integer, so may seq and error_code. Not `attributes`. Errors: REJECT, NO_MEMORY. */
enum tt_err tt_event_reader_set_cell(struct tt_event_reader *r, int field, struct tt_str place,
                                     struct tt_str cell) TT_MUST_CHECK;

/* Sets one of the text fields from text. */
enum tt_err tt_event_reader_set_text(struct tt_event_reader *r, struct tt_str *field,
                                     struct tt_str text) TT_MUST_CHECK;

/* Puts one member into attributes; the caller sees to it that no name comes twice. */
void tt_event_reader_add_attribute(struct tt_event_reader *r, struct tt_str name,
                                   const struct tt_json *value);
void tt_event_reader_add_text_attribute(struct tt_event_reader *r, const char *name,
                                        struct tt_str text);

/* Fills in defaults and checks what is required. Errors: REJECT, NO_MEMORY. */
enum tt_err tt_event_reader_finish(struct tt_event_reader *r,
                                   struct tt_event *ret_event) TT_MUST_CHECK;

#endif
