/* Inside of feeding: units of input, and what the threads share. feed.c, feed_unit.c. */
#ifndef TT_CLI_FEED_PARTS_H
#define TT_CLI_FEED_PARTS_H

#include "adapters/system/chunks.h"
#include "cli/feed.h"
#include "cli/feed_share.h"
#include "cli/progress.h"
#include "cli/rejects.h"
#include "core/model/decoder.h"
#include <pthread.h>
#include <stdatomic.h>

/* A file of the command line. */
struct tt_feed_file {
    const char *path;
    bool chunked;                /* else read from its start */
    struct tt_chunk_file chunks; /* when chunked; the first are open */
    uint32_t first_unit, unit_count;
    bool broken; /* could not be read, or not to its end; under the lock */
};

/* A line that was rejected, waiting for its turn to be told. Texts stand behind one another in a
 * buffer. */
struct tt_feed_reject {
    uint64_t line; /* within its unit */
    uint32_t reason_len, text_len;
};

/* What a unit (a chunk, or a whole file) left behind. */
struct tt_feed_unit {
    uint64_t lines;
    struct tt_buf rejects; /* struct tt_feed_reject, reason, text, one behind the other */
    bool done;
};

struct tt_feed {
    const struct tt_settings *settings;
    struct tt_pass *pass;
    struct tt_feed_file *files;
    size_t file_count;
    struct tt_feed_unit *units;
    uint32_t unit_count;
    size_t line_bytes_max;
    struct tt_feed_shares shares;
    atomic_size_t rejects_bytes; /* kept by all units */
    atomic_bool stop;            /* an error that ends everything */
    pthread_mutex_t lock;        /* all below */
    pthread_cond_t turn;
    uint32_t told_units;   /* units whose rejects have been told, in order */
    uint64_t lines_before; /* of the file in hand, in told units */
    struct tt_rejects rejects;
    struct tt_progress progress;
    uint64_t bytes_done, bytes_total;
    struct tt_fault fault; /* of the first file that could not be read, or not to its end */
    size_t broken;         /* files of which that is true */
};

/* One thread at work. */
struct tt_feed_worker {
    struct tt_feed *feed;
    size_t number; /* of the thread */
    struct tt_decoder *decoder;
    struct tt_feeder *feeder;
    struct tt_chunk_buf buf;
    uint32_t unit;        /* in hand */
    uint64_t line;        /* within the unit */
    uint64_t chunk_bytes; /* of the chunk in hand */
    pthread_t thread;
    bool started;
    enum tt_err err;
    struct tt_fault fault;
};

/* Reads one unit. Errors: those that end everything; a file that cannot be read is noted in the
 * feed. */
enum tt_err tt_feed_unit_read(struct tt_feed_worker *worker, uint32_t unit) TT_MUST_CHECK;
/* Tells a file that could not be read, or not to its end. The lock is held, or there is one thread.
 */
void tt_feed_note_broken(struct tt_feed *feed, const struct tt_fault *broken);
/* Decodes one line of the unit in hand, which may be overlong. */
enum tt_err tt_feed_line(struct tt_feed_worker *worker, struct tt_str line,
                         bool overlong) TT_MUST_CHECK;
/* Marks the unit as read, tells all rejects whose turn has come. */
enum tt_err tt_feed_unit_done(struct tt_feed_worker *worker) TT_MUST_CHECK;

#endif
