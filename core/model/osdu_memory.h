/* What the osdu decoder remembers of earlier messages: a bounded table of small notes, found by
 * kind and name, of which the one unused for longest is forgotten first.
 *
 * Threads: one. Memory: TT_OSDU_MEMORY_BYTES_MAX and the note in hand.
 */
#ifndef TT_MODEL_OSDU_MEMORY_H
#define TT_MODEL_OSDU_MEMORY_H

#include "core/model/event.h"

enum tt_osdu_kind {
    TT_OSDU_FLOW,    /* a correlation and a stage of it */
    TT_OSDU_REQUEST, /* a correlation */
    TT_OSDU_DATASET, /* a correlation and a data set of it */
};

/* An event that waits to learn whose it is. Owned, freed by tt_osdu_waiting_free. */
struct tt_osdu_waiting {
    struct tt_osdu_waiting *next;
    struct tt_event *event;
    size_t bytes;
};

struct tt_osdu_note {
    struct tt_osdu_note *in_bucket, *older, *newer;
    uint64_t hash;
    enum tt_osdu_kind kind;
    size_t bytes;      /* all that this note holds */
    struct tt_str key; /* stands behind the note, as two names */
    size_t first_len;
    struct tt_str id;  /* flow: the first record named; request: the first data set; or absent */
    bool several;      /* there have been others than `id` */
    int64_t newest_us; /* flow: of the events that name a record; TT_TIME_NONE before the first */
    int64_t record_count;                 /* data set: -1 = not told */
    struct tt_osdu_waiting *first, *last; /* flow: in the order they came */
    size_t waiting;
};

struct tt_osdu_memory {
    struct tt_osdu_note **buckets;
    size_t bucket_count, note_count;
    struct tt_osdu_note *oldest, *newest;
    size_t bytes, bytes_max;
};

/* Errors: NO_MEMORY. */
enum tt_err tt_osdu_memory_init(struct tt_osdu_memory *memory, size_t bytes_max) TT_MUST_CHECK;
void tt_osdu_memory_done(struct tt_osdu_memory *memory);

/* The note of that name, made where there is none, which becomes the newest. `second` may be
 * absent. NULL when out of memory. Borrowed until it is forgotten. */
struct tt_osdu_note *tt_osdu_memory_get(struct tt_osdu_memory *memory, enum tt_osdu_kind kind,
                                        struct tt_str first, struct tt_str second) TT_MUST_CHECK;
/* The note, or NULL where there is none. */
struct tt_osdu_note *tt_osdu_memory_find(struct tt_osdu_memory *memory, enum tt_osdu_kind kind,
                                         struct tt_str first, struct tt_str second);
/* Sets note->id. Errors: NO_MEMORY. */
enum tt_err tt_osdu_note_name(struct tt_osdu_memory *memory, struct tt_osdu_note *note,
                              struct tt_str id) TT_MUST_CHECK;
/* Adds a copy of the event to those that wait. Errors: NO_MEMORY. */
enum tt_err tt_osdu_note_wait(struct tt_osdu_memory *memory, struct tt_osdu_note *note,
                              const struct tt_event *event) TT_MUST_CHECK;
/* Takes the first waiting event that is not later than this; NULL where none is. */
struct tt_osdu_waiting *tt_osdu_note_take(struct tt_osdu_memory *memory, struct tt_osdu_note *note,
                                          int64_t not_after_us) TT_MUST_CHECK;
void tt_osdu_waiting_free(struct tt_osdu_waiting *waiting);

/* Whether something should be forgotten: there is more than bytes_max allows. */
bool tt_osdu_memory_is_full(const struct tt_osdu_memory *memory);
/* Forgets a note, and the events that wait there with it. */
void tt_osdu_memory_forget(struct tt_osdu_memory *memory, struct tt_osdu_note *note);

#endif
