#include "reports/story_choice.h"

#include "core/base/assert.h"

/* Stories of one verdict stand together in the report, the worst verdict first. */
struct run {
    size_t first, count, chosen;
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct tt_story_choice tt_stories_choose(const struct tt_report *report, size_t most, size_t least)
{
    struct tt_story_choice choice = {.more_tasks = report->other_tasks};
    struct run runs[TT_VERDICT_COUNT] = {0};
    size_t left = most;
    tt_assert(most <= TT_STORIES_CHOSEN_MAX && least * TT_VERDICT_COUNT <= most);
    for (size_t i = 0; i < report->story_count; i++) {
        struct run *run = &runs[report->stories[i].verdict];
        if (run->count == 0)
            run->first = i;
        run->count += report->stories[i].events != NULL;
        choice.more_tasks += report->stories[i].tasks;
    }
    for (int v = 0; v < TT_VERDICT_COUNT; v++) {
        runs[v].chosen = smaller(runs[v].count, least);
        left -= runs[v].chosen;
    }
    for (int v = TT_VERDICT_COUNT; v-- > 0;) {
        size_t more = smaller(runs[v].count - runs[v].chosen, left);
        runs[v].chosen += more;
        left -= more;
        for (size_t i = 0; i < runs[v].chosen; i++) {
            choice.stories[choice.count++] = (uint32_t)(runs[v].first + i);
            choice.more_tasks -= report->stories[runs[v].first + i].tasks;
        }
    }
    choice.more_stories = report->story_count - choice.count;
    return choice;
}
