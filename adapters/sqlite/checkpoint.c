#include "adapters/sqlite/checkpoint.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* In pages, where nothing else is said. */
enum {
    SMALL_COMMIT = 256,
    LOG_LONG = 16384, /* 64 MB: time to write back; after a large commit the writer does it */
    TOO_SLOW = 32768, /* since the thread was called: the writer does it after all */
    LAST_PASS = 256,  /* so much, and what comes meanwhile, is left to the writer */
    PASSES_MAX = 6,
    READER_BUSY_MS = 1000, /* when it is opened; afterwards it waits for nobody */
};

enum { IDLE, CALLED, DONE };

struct tt_checkpoint {
    const struct tt_db *db; /* the writer's */
    struct tt_db reader;    /* beside it */
    int pages, tried; /* of the log: after the last commit, and when something was last done */
    pthread_t thread;
    bool running;
    atomic_int state;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop; /* with the lock */
};

/* SQLite up to 3.51.2 may take a log that somebody begins anew, in the moment in which a checkpoint
 * starts, for the old one, and holds for written back what is not: commits are lost, or the file is
 * broken (https://www.sqlite.org/wal.html#walresetbug). Not so while a reader of the newest state
 * is there: either no log is begun anew, or the checkpoint finds that it may not write. */
static int write_back_beside(const struct tt_db *reader, const struct tt_db *db, int *ret_in_log,
                             int *ret_done)
{
    int result = sqlite3_exec(reader->sqlite, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", NULL,
                              NULL, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, ret_in_log,
                                           ret_done);
    sqlite3_exec(reader->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

/* ---- The thread */

/* Returns how many pages it had to look at, 0 when it could not. */
static int pass(const struct tt_db *db, const struct tt_db *reader, int *written_back)
{
    int in_log = 0, done = 0, before = *written_back;
    if (write_back_beside(reader, db, &in_log, &done) != SQLITE_OK)
        return 0;
    *written_back = done;
    return in_log < before ? in_log : in_log - before;
}

static bool wait_for_call(struct tt_checkpoint *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->stop && atomic_load(&c->state) != CALLED)
        pthread_cond_wait(&c->wake, &c->lock);
    bool go_on = !c->stop;
    pthread_mutex_unlock(&c->lock);
    return go_on;
}

static bool open_both(const char *path, struct tt_db *db, struct tt_db *reader)
{
    struct tt_fault fault = {0};
    return (db->sqlite != NULL || tt_db_open(db, path, true, 0, &fault) == TT_OK) &&
           (reader->sqlite != NULL || tt_db_open(reader, path, false, 0, &fault) == TT_OK);
}

static void *work(void *context)
{
    struct tt_checkpoint *c = context;
    struct tt_db db = {0}, reader = {0};
    while (wait_for_call(c)) {
        bool opened = open_both(c->db->path, &db, &reader); /* or the writer will do it */
        int written_back = 0;
        for (int i = 0; opened && i < PASSES_MAX; i++)
            if (pass(&db, &reader, &written_back) <= LAST_PASS)
                break;
        atomic_store(&c->state, DONE);
    }
    tt_db_close(&reader);
    tt_db_close(&db);
    return NULL;
}

/* ---- The writer */

static bool start_thread(struct tt_checkpoint *c)
{
    sigset_t all, before; /* signals are the process's own */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    c->running = pthread_create(&c->thread, NULL, work, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return c->running;
}

static void write_back(struct tt_checkpoint *c)
{
    c->tried = c->pages;
    (void)write_back_beside(&c->reader, c->db, NULL, NULL);
}

static void call_thread(struct tt_checkpoint *c)
{
    c->tried = c->pages;
    if (!c->running && !start_thread(c)) {
        write_back(c);
        return;
    }
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->state, CALLED);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

static int after_commit(void *context, sqlite3 *sqlite, const char *name, int pages)
{
    struct tt_checkpoint *c = context;
    int state = atomic_load(&c->state);
    (void)sqlite;
    (void)name;
    if (pages < c->pages)
        c->pages = c->tried = 0; /* the log began anew */
    bool small = pages - c->pages < SMALL_COMMIT;
    int grown = pages - c->tried;
    c->pages = pages;
    if (state == DONE) {
        atomic_store(&c->state, IDLE);
        write_back(c); /* what came meanwhile: little, unless the thread could not do it */
    } else if (state == IDLE && grown >= LOG_LONG) {
        if (small)
            call_thread(c);
        else
            write_back(c);
    } else if (grown >= TOO_SLOW) {
        write_back(c);
    }
    return SQLITE_OK; /* the commit stands, whatever became of this */
}

enum tt_err tt_checkpoint_start(const struct tt_db *db, struct tt_checkpoint **ret_checkpoint,
                                struct tt_fault *fault)
{
    struct tt_checkpoint *c = tt_mem_zalloc(sizeof *c);
    if (c == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    c->db = db;
    enum tt_err err = tt_db_open(&c->reader, db->path, false, READER_BUSY_MS, fault);
    if (err != TT_OK) {
        tt_mem_free(c);
        return err;
    }
    sqlite3_busy_timeout(c->reader.sqlite, 0);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    sqlite3_wal_hook(db->sqlite, after_commit, c);
    *ret_checkpoint = c;
    return TT_OK;
}

void tt_checkpoint_stop(struct tt_checkpoint *c)
{
    if (c == NULL)
        return;
    sqlite3_wal_hook(c->db->sqlite, NULL, NULL);
    if (c->running) {
        pthread_mutex_lock(&c->lock);
        c->stop = true;
        pthread_cond_signal(&c->wake);
        pthread_mutex_unlock(&c->lock);
        pthread_join(c->thread, NULL);
    }
    tt_db_close(&c->reader);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    tt_mem_free(c);
}
