/* Which stories a person is shown: the worst, but something of each verdict, so that ten thousand
 * tasks that were reordered are not hidden behind forty kinds of violations. */
#ifndef TT_REPORTS_STORY_CHOICE_H
#define TT_REPORTS_STORY_CHOICE_H

#include "replay/report.h"

enum { TT_STORIES_CHOSEN_MAX = 64 };

struct tt_story_choice {
    size_t count;
    uint32_t stories[TT_STORIES_CHOSEN_MAX]; /* indices into the report's, in its order */
    uint64_t more_stories, more_tasks;       /* what is not shown */
};

/* At most `most` (up to TT_STORIES_CHOSEN_MAX), at least `least` of each verdict that has so many.
 * Only stories that can be drawn are chosen. */
struct tt_story_choice tt_stories_choose(const struct tt_report *report, size_t most, size_t least);

#endif
