/* Learning instead of judging: the same walk over all tasks, with a learner in a collector's place.
 */
#include "core/base/assert.h"
#include "replay/pass_parts.h"

static enum tt_err learn_task(struct tt_pass *pass, void *context, struct tt_task *task,
                              struct tt_bench *bench, struct tt_fault *fault)
{
    (void)pass;
    return tt_learner_add(context, task, bench, fault);
}

static enum tt_err learn_all(struct tt_pass *pass, bool by_type, struct tt_fault *fault)
{
    size_t threads = pass->options.threads;
    struct tt_task_visit *visits = tt_mem_array(threads, sizeof *visits);
    pass->learners = tt_mem_zalloc(threads * sizeof *pass->learners);
    if (visits == NULL || pass->learners == NULL) {
        tt_mem_free(visits);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    pass->learner_count = threads;
    for (size_t t = 0; t < threads; t++) {
        tt_learner_init(&pass->learners[t], by_type);
        visits[t] = (struct tt_task_visit){.context = &pass->learners[t], .task = learn_task};
    }
    enum tt_err err = tt_pass_walk(pass, visits, fault);
    tt_mem_free(visits);
    return err;
}

enum tt_err tt_pass_learn(struct tt_pass *pass, bool by_type,
                          const struct tt_step_counts **ret_steps, struct tt_fault *fault)
{
    tt_assert(pass->collectors == NULL && pass->learners == NULL);
    enum tt_err err = tt_pass_settle(pass, fault);
    if (err == TT_OK)
        err = learn_all(pass, by_type, fault);
    for (size_t l = 1; l < pass->learner_count && err == TT_OK; l++)
        err = tt_learner_join(&pass->learners[0], &pass->learners[l], fault);
    if (err != TT_OK)
        return err;
    struct tt_step_count *rows;
    if (tt_learner_rows(&pass->learners[0], &pass->names, &rows) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    pass->learned = (struct tt_step_counts){rows, pass->learners[0].step_count};
    *ret_steps = &pass->learned;
    return TT_OK;
}
