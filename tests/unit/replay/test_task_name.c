#include "replay/task_name.h"

#include "tests/lib/history.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include <stdio.h>

enum { ROOM = 400 };

/* A thread of its own, as far as names go. */
static struct tt_namer namers[2];

static size_t write_name(char *to, int who, const char *tenant, const char *task_id)
{
    char roomy[2][ROOM];
    memset(roomy, '7', sizeof roomy); /* digits behind the text are not its own */
    struct tt_str texts[2] = {{roomy[0], strlen(tenant)}, {roomy[1], strlen(task_id)}};
    memcpy(roomy[0], tenant, texts[0].len);
    memcpy(roomy[1], task_id, texts[1].len);
    char *end = tt_name_put(to, &namers[who], texts[0], texts[1], who == 0);
    ck_assert_uint_le((size_t)(end - to), tt_name_room(texts[0], texts[1]));
    ck_assert_ptr_eq(tt_name_end(to), end);
    return (size_t)(end - to);
}

static void expect_texts(const char *name, const struct tt_dictionary *dictionary,
                         const char *tenant, const char *task_id)
{
    char text[ROOM];
    ck_assert(tt_str_equal(tt_name_tenant(name, dictionary), tt_str_from(tenant)));
    ck_assert_uint_eq(tt_name_task_chars(name, dictionary), strlen(task_id));
    tt_name_task_id(name, dictionary, text);
    ck_assert_mem_eq(text, task_id, strlen(task_id));
}

static void start(struct tt_dictionary *dictionary)
{
    tt_dictionary_init(dictionary);
    for (int who = 0; who < 2; who++)
        namers[who] = (struct tt_namer){.dictionary = dictionary};
}

TT_TEST(a_name_of_each_form_comes_back_and_takes_few_bytes)
{
    static const struct {
        const char *task_id;
        size_t bytes; /* with one for the tenant */
    } cases[] = {
        {"task-00000017", 5},
        {"task-17", 5},
        {"task-99999999", 8},
        {"0", 5},
        {"000000000000000000", 5},
        {"999999999999999999", 12},
        {"9999999999999999999", 12}, /* one digit more: it begins with "9" */
        {"01ARYZ6S41TSV4RRFFQ69G5FAV", 18},
        {"f47ac10b-58cc-4372-a567-0e02b2c3d479", 18},
        {"A-LONG-BEGINNING-OF-17", 19},
        {"order/a", 9},
        {"x", 3},
    };
    struct tt_dictionary dictionary;
    start(&dictionary);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[ROOM];
        size_t bytes = write_name(name, (int)(i % 2), "acme", cases[i].task_id);
        ck_assert_msg(bytes == cases[i].bytes, "%s: %zu", cases[i].task_id, bytes);
        expect_texts(name, &dictionary, "acme", cases[i].task_id);
    }
    tt_dictionary_done(&dictionary);
}
TT_END

TT_TEST(the_same_name_is_the_same_bytes_whoever_writes_it_and_when)
{
    enum { NAMES = 1500 };
    static char bytes[2][NAMES][ROOM];
    static size_t lens[2][NAMES];
    uint64_t seed = tt_chance_seed("task names");
    struct tt_dictionary dictionary;
    start(&dictionary);
    /* In turn, and then all again by the other one: more words than there are numbers for. */
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < NAMES; i++) {
            char tenant[40], task_id[80];
            int drawn = i % 3 == 0 ? (int)(tt_test_next(&seed) % 7) : i % (NAMES / 2);
            int who = (round + i / 10) % 2;
            if (round == 1)
                drawn = i % (NAMES / 2);
            snprintf(tenant, sizeof tenant, drawn % 5 ? "t%d" : "a-long-name-of-a-tenant-%d",
                     drawn);
            snprintf(task_id, sizeof task_id, drawn % 2 ? "w%d-%03d" : "%dx", drawn, drawn % 7);
            size_t len = write_name(bytes[round][i], who, tenant, task_id);
            lens[round][i] = len;
            for (int k = 0; k < 2 * NAMES; k += 1 + (int)(tt_test_next(&seed) % 50)) {
                const char *other = bytes[k % 2][k / 2];
                char text[ROOM] = {0};
                if (lens[k % 2][k / 2] == 0)
                    continue;
                tt_name_task_id(other, &dictionary, text);
                bool same = strcmp(text, task_id) == 0 &&
                            tt_str_equal(tt_name_tenant(other, &dictionary), tt_str_from(tenant));
                bool same_bytes =
                    lens[k % 2][k / 2] == len && memcmp(other, bytes[round][i], len) == 0;
                ck_assert_int_eq(same, same_bytes);
            }
            expect_texts(bytes[round][i], &dictionary, tenant, task_id);
        }
    ck_assert_uint_eq(dictionary.tenants.count, TT_WORDS_MAX);
    ck_assert_uint_eq(dictionary.beginnings.count, TT_WORDS_MAX);
    tt_dictionary_done(&dictionary);
}
TT_END

TT_SUITE("replay/task_name", a_name_of_each_form_comes_back_and_takes_few_bytes,
         the_same_name_is_the_same_bytes_whoever_writes_it_and_when)
