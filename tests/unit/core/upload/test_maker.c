/* Rows of plans, made from a real store: that they can be made again, cut, and how many there may
 * be; which of their files stay. */
#include "adapters/system/clock.h"
#include "core/upload/maker_parts.h"
#include "tests/lib/made_rows.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TT_TEST(rows_are_made_again_as_they_were_whatever_was_written_since)
{
    char before[20000];
    tt_made_set_up(false);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_arrives("u", "A", 1, "J");
    tt_made_arrives("t", "C", 3, "J");
    tt_made_plan_all();
    tt_made_arrives("u", "B", 2, "J");
    tt_made_plan_all();
    const struct tt_upload_batch first = tt_made.batches[TT_UPLOAD_AUDIT],
                                 found = tt_made.batches[TT_UPLOAD_DISCREPANCY];
    ck_assert_uint_eq(found.made.rows, 0);
    memcpy(before, tt_made.lines[TT_UPLOAD_AUDIT], sizeof before);
    tt_made_arrives("u", "B", 2, "J");
    tt_made_arrives("t", "B", 2, "J");
    tt_made_forget();
    tt_made_read(&first, tt_made.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(tt_made.lines[TT_UPLOAD_AUDIT], before);
    tt_made_tear_down();
}
TT_END

TT_TEST(a_damaged_file_is_noticed_and_made_again)
{
    char before[20000], path[400], name[100] = "";
    tt_made_set_up(false);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_plan_all();
    memcpy(before, tt_made.lines[TT_UPLOAD_AUDIT], sizeof before);
    tt_made_maker(false, NULL, 0); /* another process */
    tt_maker_name(tt_made.rows.context, name, tt_made.batches[TT_UPLOAD_AUDIT].made.digest);
    snprintf(path, sizeof path, "%s/%s.ndjson.gz", tt_made.spool_dir, name);
    ck_assert_int_eq(access(path, R_OK), 0);
    tt_write_file(path, "half of it", 10);
    tt_made_read(&tt_made.batches[TT_UPLOAD_AUDIT], tt_made.lines[TT_UPLOAD_AUDIT]);
    ck_assert_str_eq(tt_made.lines[TT_UPLOAD_AUDIT], before);
    tt_made_tear_down();
}
TT_END

TT_TEST(rows_that_would_be_others_now_are_never_given_out_under_the_old_name)
{
    const struct tt_body *body = NULL;
    struct tt_fault fault = {0};
    tt_made_set_up(false);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_plan_all();
    tt_made_forget();
    tt_made_maker(false, "{\"tenants\": {\"*\": {}}}", 0);
    const struct tt_upload_batch *batch = &tt_made.batches[TT_UPLOAD_AUDIT];
    ck_assert_int_eq(tt_made.rows.open(tt_made.rows.context, batch, &body, &fault), TT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "others than then"));
    tt_made_maker(false, NULL, 0);
    tt_test_sql(tt_made.path, "UPDATE task_status_audit SET message = 'changed by hand'");
    fault = (struct tt_fault){0};
    ck_assert_int_eq(tt_made.rows.open(tt_made.rows.context, batch, &body, &fault), TT_ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "not what was planned; nothing is sent"));
    tt_made_tear_down();
}
TT_END

TT_TEST(pieces_of_a_batch_are_its_lines)
{
    char whole[20000], pieces[20000] = "", piece[20000];
    tt_made_set_up(false);
    for (int i = 0; i < 9; i++)
        tt_made_arrives(i % 2 ? "t" : "u", "A", i, "J");
    tt_made_plan_all();
    memcpy(whole, tt_made.lines[TT_UPLOAD_AUDIT], sizeof whole);
    for (uint64_t from = 0; from < 9; from += 3) {
        struct tt_upload_batch child = tt_made.batches[TT_UPLOAD_AUDIT];
        ck_assert_int_eq(tt_made.rows.cut(tt_made.rows.context, &tt_made.batches[TT_UPLOAD_AUDIT],
                                          from, 3, &child.made, NULL),
                         TT_OK);
        ck_assert_uint_eq(child.made.row_from, from);
        ck_assert_uint_eq(child.made.rows, 3);
        tt_made.rows.drop(tt_made.rows.context, &child.made); /* and made again from the store */
        tt_made_read(&child, piece);
        snprintf(pieces + strlen(pieces), sizeof pieces - strlen(pieces), "%s", piece);
    }
    ck_assert_str_eq(pieces, whole);
    tt_made_tear_down();
}
TT_END

TT_TEST(a_range_with_more_bytes_than_allowed_is_refused_and_leaves_nothing)
{
    struct tt_fault fault = {0};
    tt_made_set_up(false);
    tt_made_maker(false, NULL, 2000);
    char id[40];
    for (int i = 0; i < 2000; i++) {
        snprintf(id, sizeof id, "task-%llx", (unsigned long long)tt_str_hash(TT_STR("x"), i));
        tt_made_arrives(id, "A", i, "J");
    }
    ck_assert_int_eq(tt_made_plan(2000, UINT64_MAX, &fault), TT_ERR_LIMIT);
    fault = (struct tt_fault){0};
    ck_assert_int_eq(tt_made_plan(10, UINT64_MAX, &fault), TT_OK);
    ck_assert_int_eq(AUDIT("\n"), 10);
    tt_made_tear_down();
}
TT_END

static int files(void)
{
    int count = 0;
    DIR *listing = opendir(tt_made.spool_dir);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;)
        count += strstr(entry->d_name, ".ndjson.gz") != NULL;
    closedir(listing);
    return count;
}

/* All files of the spool were written so long ago. */
static void make_old(int64_t age_s)
{
    const struct tt_clock clock = tt_system_clock(NULL);
    const int64_t at_s = clock.wall_us(clock.context) / 1000000 - age_s;
    const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};
    DIR *listing = opendir(tt_made.spool_dir);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;)
        if (entry->d_name[0] != '.')
            ck_assert_int_eq(utimensat(dirfd(listing), entry->d_name, times, 0), 0);
    closedir(listing);
}

TT_TEST(files_of_plans_that_were_never_stored_are_swept_and_no_others)
{
    struct tt_upload_made made;
    tt_made_set_up(false);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_plan_all();
    const struct tt_upload_plan unstored = {.number = 2, .first = 1, .last = 1, .written_at_us = 9};
    ck_assert_int_eq(tt_made.rows.make(tt_made.rows.context, &unstored, UINT64_MAX, &made, NULL),
                     TT_OK);
    ck_assert_int_eq(files(), 2);
    tt_made.rows.keep(tt_made.rows.context, tt_made.batches, 1);
    ck_assert_int_eq(files(), 2); /* too young: somebody may be at work */
    make_old(2 * 3600);
    char other[400];
    snprintf(other, sizeof other, "%s/%s", tt_made.spool_dir, "0000other0000000.ndjson.gz");
    tt_write_file(other, "x", 1);
    make_old(2 * 3600);
    tt_made.rows.keep(tt_made.rows.context, tt_made.batches, 1);
    ck_assert_int_eq(files(), 2); /* the stored one, and another uploader's */
    ck_assert_int_eq(access(other, R_OK), 0);
    tt_made_read(&tt_made.batches[TT_UPLOAD_AUDIT], tt_made.lines[TT_UPLOAD_AUDIT]);
    tt_made.rows.keep(tt_made.rows.context, NULL, 0);
    ck_assert_int_eq(files(), 1);
    tt_made_tear_down();
}
TT_END

TT_TEST(a_stored_plan_is_made_anew_with_the_rules_of_now)
{
    struct tt_upload_made made;
    tt_made_set_up(true);
    tt_made_arrives("t", "A", 1, "J");
    tt_made_arrives("u", "Z", 1, "J"); /* held */
    tt_made_arrives("s", "A", 1, "SECRET");
    tt_made_plan_all();
    ck_assert_int_eq(AUDIT("\n"), 2);
    tt_made_maker(false, "{\"tenants\": {\"*\": {\"exclude\": [\"SECRET\"]}}}", 0);
    struct tt_upload_batch batch = tt_made.batches[TT_UPLOAD_AUDIT];
    batch.plan.written_at_us = 12345;
    ck_assert_int_eq(tt_made.rows.remake(tt_made.rows.context, &batch.plan, &made, NULL), TT_OK);
    batch.made = made.tables[TT_UPLOAD_AUDIT];
    ck_assert_uint_eq(batch.made.rows, 1);
    tt_made_read(&batch, tt_made.lines[TT_UPLOAD_AUDIT]);
    ck_assert_int_eq(AUDIT("\"task_id\":\"t\""), 1);
    ck_assert_int_eq(AUDIT("1970-01-01T00:00:00.012345Z"), 1);
    tt_made_tear_down();
}
TT_END

TT_SUITE("core/upload/maker", rows_are_made_again_as_they_were_whatever_was_written_since,
         a_damaged_file_is_noticed_and_made_again,
         rows_that_would_be_others_now_are_never_given_out_under_the_old_name,
         pieces_of_a_batch_are_its_lines,
         a_range_with_more_bytes_than_allowed_is_refused_and_leaves_nothing,
         files_of_plans_that_were_never_stored_are_swept_and_no_others,
         a_stored_plan_is_made_anew_with_the_rules_of_now)
