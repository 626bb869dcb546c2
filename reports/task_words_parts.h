/* Inside of task_words: one task's telling, shared by task_words.c and task_words_late.c. */
#ifndef TT_REPORTS_TASK_WORDS_PARTS_H
#define TT_REPORTS_TASK_WORDS_PARTS_H

#include "reports/task_words.h"

enum { TT_TOLD_MAX = 4, TT_TOLD_LIST_MAX = 4, TT_TOLD_NAME_COLUMNS = 60 };

struct tt_telling {
    const struct tt_task_picture *picture;
    const struct tt_task_words_sink *sink;
    struct tt_buf buf; /* the line in hand */
};

/* Hands the line in hand on. */
void tt_telling_line(struct tt_telling *telling, const char *label);
/* The task's event with this arrival; NULL: none. */
const struct tt_lane_event *tt_telling_event(const struct tt_telling *telling, uint64_t arrival);
void tt_telling_add_status(struct tt_telling *telling, struct tt_str status);
/* "E9"; "an event" where it is NULL. */
void tt_telling_add_event(struct tt_telling *telling, const struct tt_lane_event *event);
/* What stands in front of number i of a list: nothing, ", " or " and ". */
const char *tt_telling_joint(size_t i, size_t count);

/* reports/task_words_late.c: chains of the late events. */
void tt_telling_late(struct tt_telling *telling);

#endif
