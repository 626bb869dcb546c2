/* JSON objects of a certain kind in the midst of text: those that have the members task_id and
 * status, neither null. Where such an object stands within another such object, the outer counts.
 *
 * Linear: however the text is made, each byte is looked at TT_LOG_LOOKS_MAX times on average at
 * most; a text that would take more is given up. Threads: one. Memory: a place for each level of
 * nesting and each object found, kept for the next text.
 */
#ifndef TT_MODEL_JSON_FIND_H
#define TT_MODEL_JSON_FIND_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tt_json_find {
    struct tt_json_level *levels; /* of the object in hand */
    int depth_max;
    struct tt_json_found {
        struct tt_str text;
        bool is_whole; /* else it breaks off, or goes on as no JSON: text is up to the line's end */
    } * list;
    size_t count, capacity;
    bool gave_up;
};

/* Errors: NO_MEMORY. */
enum tt_err tt_json_find_init(struct tt_json_find *find, int depth_max) TT_MUST_CHECK;
void tt_json_find_done(struct tt_json_find *find);

/* Fills the list, in the order of the text, and gave_up. The grammar is looked at as far as it
 * takes to know where an object ends: what is found may still be bad JSON. Errors: NO_MEMORY. */
enum tt_err tt_json_find_events(struct tt_json_find *find, struct tt_str text) TT_MUST_CHECK;

#endif
