/* Names of tasks, tenant and task id, as the bytes of a head record. Equal names are equal bytes,
 * so that names are compared as they stand; they are read only where somebody wants the text.
 *
 *   tenant: number + 1 of a word (replay/words.h), 1 byte; or 0, length, text
 *   task id: code, and
 *     TT_NAME_NUMBERED    number of the word it begins with 1, digits * 8 + bytes - 1 of the
 *                         number 1, number 1 to 8 (low bytes first): such as "task-00000017"
 *     else                as an event id that is nowhere near a time (replay/event_id.h): a UUID, a
 *                         ULID, packed, or the text
 *
 * Lengths and the code in base 128 (replay/leb.h).
 */
#ifndef TT_REPLAY_TASK_NAME_H
#define TT_REPLAY_TASK_NAME_H

#include "core/base/mem.h"
#include "replay/event_id.h"
#include "replay/words.h"

enum {
    TT_NAME_NUMBERED = TT_ID_ULID_NEAR, /* no other use: nothing is near */
    TT_NAME_DIGITS_MAX = 18,
};

/* What names have in common. */
struct tt_dictionary {
    struct tt_words tenants, beginnings;
};

/* One thread's way to write names. Zero-initialise the caches. */
struct tt_namer {
    struct tt_dictionary *dictionary;
    struct tt_word_cache tenants, beginnings;
};

void tt_dictionary_init(struct tt_dictionary *dictionary);
void tt_dictionary_done(struct tt_dictionary *dictionary);

/* Writes a name, at most tt_name_room bytes; returns the end. Roomy: TT_ID_TEXT_ROOM bytes may be
 * read from the start of each text on. */
char *tt_name_put(char *at, struct tt_namer *namer, struct tt_str tenant, struct tt_str task_id,
                  bool roomy);
static inline size_t tt_name_room(struct tt_str tenant, struct tt_str task_id)
{
    enum { NUMBERS = 40 };
    return NUMBERS + tenant.len + task_id.len;
}
/* The end of the name that starts at `at`. */
const char *tt_name_end(const char *at);
/* A view of the name or the dictionary. */
struct tt_str tt_name_tenant(const char *name, const struct tt_dictionary *dictionary);
/* The characters of a task id, and the text itself: up to TT_ID_TEXT_MAX_BEYOND more are written.
 */
size_t tt_name_task_chars(const char *name, const struct tt_dictionary *dictionary);
void tt_name_task_id(const char *name, const struct tt_dictionary *dictionary, char *to);

#endif
