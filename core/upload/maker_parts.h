/* Inside of the maker: maker.c has the port, making.c goes over a plan's tasks, holding.c says
 * which rows wait, out.c writes lines, again.c brings back what was made before. */
#ifndef TT_UPLOAD_MAKER_PARTS_H
#define TT_UPLOAD_MAKER_PARTS_H

#include "core/base/limits.h"
#include "core/upload/maker.h"
#include "core/upload/task_rows.h"

/* Lines of one table on their way into the spool. */
struct tt_out {
    struct tt_spool_file *file;
    struct tt_digest *digest;
    struct tt_buf buf;   /* lines not yet handed on */
    uint64_t rows;       /* made so far, kept or not */
    uint64_t from, upto; /* rows that are kept: from <= row < upto */
    uint64_t line_bytes;
    uint64_t sample_lines, sample_columns; /* bytes of some lines, and of their columns */
};

/* A file's name: whose it is (store and destination), and what is in it. */
enum {
    TT_MAKER_OWNER_DIGITS = 16,
    TT_MAKER_NAME_BYTES = TT_MAKER_OWNER_DIGITS + 2 * TT_UPLOAD_DIGEST_BYTES + 1,
    TT_MAKER_WROTE = 64,
};

struct tt_maker {
    struct tt_maker_options options;
    char rules[TT_UPLOAD_RULES_BYTES], owner[TT_MAKER_OWNER_DIGITS + 1];
    struct tt_single *single;
    struct tt_task_rows rows;
    struct tt_out outs[TT_UPLOAD_TABLES];
    struct tt_buf common;
    /* The plan in hand. */
    struct tt_upload_plan plan;
    bool again; /* it is in the outbox: holds say what was left out and what was released */
    const struct tt_store_reader *reader;
    struct tt_arena arena;        /* its holds and lists */
    struct tt_upload_hold *holds; /* by tenant, task_id, plan */
    size_t hold_count, hold_capacity;
    bool *visited; /* of the holds: their task was gone over */
    size_t visited_capacity;
    struct tt_upload_hold *held, *released, *wanted;
    size_t held_count, held_capacity, released_count, released_capacity, wanted_count,
        wanted_capacity;
    uint64_t held_max, released_rows; /* not again: held rows that may travel, and that do */
    uint64_t excluded;
    /* Tasks whose histories are asked for next. */
    struct tt_arena key_arena;
    struct tt_store_task_key keys[TT_UPLOAD_TASKS_AT_ONCE];
    size_t key_count, key_in_hand; /* in hand: its rows are coming; TT_UPLOAD_TASKS_AT_ONCE: none */
    struct tt_fault *fault;
    /* What is open, and which files this process wrote itself. */
    struct tt_body body;
    unsigned char wrote[TT_MAKER_WROTE][TT_UPLOAD_DIGEST_BYTES];
    size_t wrote_count;
};

void tt_maker_name(const struct tt_maker *maker, char name[static TT_MAKER_NAME_BYTES],
                   const unsigned char digest[static TT_UPLOAD_DIGEST_BYTES]);
/* Notes that this process wrote a file of that digest. */
void tt_maker_note(struct tt_maker *maker, const unsigned char *digest);
bool tt_maker_noted(const struct tt_maker *maker, const unsigned char *digest);

/* out.c. begin: rows from <= row < upto are kept. */
enum tt_err tt_out_begin(struct tt_maker *maker, struct tt_out *out, uint64_t from, uint64_t upto,
                         struct tt_fault *fault) TT_MUST_CHECK;
/* out->buf has whole lines, `rows` of them new: hands them on where they are many. */
enum tt_err tt_out_flush(struct tt_maker *maker, struct tt_out *out, bool all,
                         struct tt_fault *fault) TT_MUST_CHECK;
/* One line, with its end, that is kept or not. */
void tt_out_line(struct tt_out *out, struct tt_str line);
/* Names the file after its digest. No rows: there is no file. */
enum tt_err tt_out_end(struct tt_maker *maker, struct tt_out *out,
                       struct tt_upload_rows_made *ret_made, struct tt_fault *fault) TT_MUST_CHECK;
void tt_out_abort(struct tt_maker *maker, struct tt_out *out);

/* column_bytes.c: what BigQuery counts for a row, given as its line (without its end); 0: it is no
 * row. */
uint64_t tt_column_bytes(const struct tt_upload_table *table, struct tt_str line);

static inline bool tt_hold_in_range(int64_t apply_seq, int64_t first, int64_t last)
{
    return apply_seq >= first && apply_seq <= last;
}

/* holding.c. read: the plan's holds, in order. find: those of a task, which stand together. */
enum tt_err tt_hold_read(struct tt_maker *maker) TT_MUST_CHECK;
struct tt_upload_hold *tt_hold_find(struct tt_maker *maker, struct tt_str tenant,
                                    struct tt_str task_id, size_t *ret_count);
/* Of the task whose rows are in hand, as the three that follow. */
struct tt_upload_hold *tt_hold_find_task(struct tt_maker *maker, size_t *ret_count);
/* Whether the task's new rows are left out. Errors: NO_MEMORY. */
enum tt_err tt_hold_decide(struct tt_maker *maker, const struct tt_task_judgement *judgement,
                           bool *ret_hold) TT_MUST_CHECK;
/* Which of its held rows travel. Errors: NO_MEMORY. */
enum tt_err tt_hold_release(struct tt_maker *maker,
                            const struct tt_task_judgement *judgement) TT_MUST_CHECK;
/* Leaves out one more of its holds; false: none is left. */
bool tt_hold_put_off(struct tt_maker *maker);
/* Whether a row that is not new does; before they are released: whether it may. */
bool tt_hold_travels(struct tt_maker *maker, int64_t apply_seq);
/* Whether so many held rows more may, where `taken` do. */
bool tt_hold_fits(const struct tt_maker *maker, uint64_t taken, uint64_t rows);

/* making.c: the rows of maker->plan into the outs that were begun. */
enum tt_err tt_maker_go(struct tt_maker *maker, struct tt_fault *fault) TT_MUST_CHECK;

/* again.c: functions of the port. */
enum tt_err tt_maker_cut(void *context, const struct tt_upload_batch *batch, uint64_t row_from,
                         uint64_t rows, struct tt_upload_rows_made *ret_made,
                         struct tt_fault *fault);
enum tt_err tt_maker_open(void *context, const struct tt_upload_batch *batch,
                          const struct tt_body **ret_body, struct tt_fault *fault);

#endif
