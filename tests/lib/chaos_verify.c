/* Every confirmed entry has exactly one row, or its dead letter; what Redis lost has at most one;
 * nothing else is there but copies of events whose confirmation was lost; and per task, rows were
 * written in the order of arrival. A letter may stand twice where Redis's file was cut in the
 * middle of it (docs/guarantees.md). */
#include "tests/lib/chaos_parts.h"

#include "tests/lib/process.h"
#include "tests/lib/store_file.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
    size_t rows, letters, lost, lost_unseen, unconfirmed, letters_twice;
};

static char *query(const struct tt_chaos *chaos, const char *sql)
{
    return chaos->options->postgres ? tt_postgres_text(chaos->store, sql)
                                    : tt_test_sql_text(chaos->store + strlen("sqlite:"), sql);
}

static int by_place(const void *a, const void *b)
{
    const struct tt_chaos_record *x = a, *y = b;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Takes note of a row or letter of an entry. */
static void see(const struct tt_chaos *chaos, unsigned char *seen, struct found *found,
                const struct tt_chaos_record *place, bool letter)
{
    const struct tt_chaos_ledger *ledger = chaos->ledger;
    const struct tt_chaos_record *record =
        bsearch(place, ledger->records, atomic_load(&ledger->count), sizeof *place, by_place);
    ck_assert_msg(place->number < atomic_load(&ledger->tried), "an event %u that was never sent",
                  (unsigned)place->number);
    if (record == NULL) {
        found->unconfirmed++; /* its confirmation did not come, and it was sent again */
        return;
    }
    ck_assert_msg(record->number == place->number && record->nonsense == letter,
                  "entry %u:%lld-%lld is event %u, and %u was written", record->partition,
                  (long long)record->ms, (long long)record->seq, (unsigned)record->number,
                  (unsigned)place->number);
    bool again = seen[record - ledger->records] > 0;
    ck_assert_msg(!again || letter, "entry %u:%lld-%lld is there twice", record->partition,
                  (long long)record->ms, (long long)record->seq);
    found->letters_twice += again;
    seen[record - ledger->records] = 1;
}

static void see_rows(const struct tt_chaos *chaos, unsigned char *seen, struct found *found)
{
    char *rows = query(chaos, "SELECT partition, entry_ms, entry_seq, substr(event_id, 2)"
                              " FROM task_status_audit");
    for (char *at = rows; *at != '\0';) {
        struct tt_chaos_record place = {0};
        place.partition = (uint16_t)strtol(at, &at, 10);
        place.ms = strtoll(at + 1, &at, 10);
        place.seq = strtoll(at + 1, &at, 10);
        place.number = (uint32_t)strtoul(at + 1, &at, 10);
        at += *at == '\n';
        see(chaos, seen, found, &place, false);
        found->rows++;
    }
    free(rows);
}

static void see_letters(const struct tt_chaos *chaos, unsigned char *seen, struct found *found)
{
    redisContext *context = tt_redis_server_connect(&chaos->redis);
    for (unsigned p = 0; p < TT_CHAOS_PARTITIONS; p++) {
        redisReply *list = redisCommand(context, "XRANGE {tasktrail:%u}:dead - +", p);
        ck_assert(list != NULL && list->type == REDIS_REPLY_ARRAY);
        for (size_t i = 0; i < list->elements; i++) {
            const redisReply *fields = list->element[i]->element[1];
            struct tt_chaos_record place = {.partition = (uint16_t)p};
            char *end;
            for (size_t f = 0; f + 1 < fields->elements; f += 2) {
                const char *name = fields->element[f]->str, *value = fields->element[f + 1]->str;
                if (strcmp(name, "entry_id") == 0) {
                    place.ms = strtoll(value, &end, 10);
                    place.seq = strtoll(end + 1, NULL, 10);
                } else if (strcmp(name, "e") == 0) {
                    ck_assert_msg(sscanf(value, "nonsense %u", &place.number) == 1,
                                  "a dead letter: %s", value);
                }
            }
            see(chaos, seen, found, &place, true);
            found->letters++;
        }
        freeReplyObject(list);
    }
    redisFree(context);
}

static void check_ledger(const struct tt_chaos *chaos, const unsigned char *seen,
                         struct found *found)
{
    const struct tt_chaos_ledger *ledger = chaos->ledger;
    size_t count = atomic_load(&ledger->count);
    for (size_t i = 0; i < count; i++) {
        const struct tt_chaos_record *record = &ledger->records[i];
        found->lost += record->lost;
        found->lost_unseen += record->lost && seen[i] == 0;
        ck_assert_msg(seen[i] == 1 || record->lost, "entry %u:%lld-%lld, event %u, is not there",
                      record->partition, (long long)record->ms, (long long)record->seq,
                      (unsigned)record->number);
    }
}

static void check_order(const struct tt_chaos *chaos)
{
    char *number =
        query(chaos, "SELECT count(*) FROM (SELECT apply_seq, lag(apply_seq) OVER (PARTITION BY"
                     " tenant, task_id ORDER BY entry_ms, entry_seq) AS before"
                     " FROM task_status_audit) AS pairs WHERE apply_seq < before");
    ck_assert_msg(strcmp(number, "0") == 0, "%s rows were written before older ones", number);
    free(number);
}

static void check_report(const struct tt_chaos *chaos)
{
    struct tt_run run = TT_TASKTRAIL("report", "--store", chaos->store, "--format", "ndjson",
                                     "--fail-on", "never", "-q");
    ck_assert_msg(run.status == 0, "%s", run.err);
    const char *disorder = strstr(run.out, "\"apply_disorder\"");
    const char *mismatch = strstr(run.out, "\"state_mismatch\"");
    ck_assert_msg(disorder == NULL, "%.400s", disorder);
    ck_assert_msg(mismatch == NULL, "%.400s", mismatch);
    tt_run_done(&run);
}

void tt_chaos_verify(struct tt_chaos *chaos)
{
    struct tt_chaos_ledger *ledger = chaos->ledger;
    struct found found = {0};
    size_t count = atomic_load(&ledger->count);
    unsigned char *seen = calloc(count + 1, 1);
    ck_assert_ptr_nonnull(seen);
    qsort(ledger->records, count, sizeof *ledger->records, by_place);
    see_rows(chaos, seen, &found);
    see_letters(chaos, seen, &found);
    check_ledger(chaos, seen, &found);
    check_order(chaos);
    check_report(chaos);
    printf("%zu entries confirmed, %zu of them lost by redis (%zu before anybody had written them);"
           " %zu rows, %zu dead letters (%zu of them twice), %zu of entries that were not "
           "confirmed\n",
           count, found.lost, found.lost_unseen, found.rows, found.letters, found.letters_twice,
           found.unconfirmed);
    free(seen);
}
