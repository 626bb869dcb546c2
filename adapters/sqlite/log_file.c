#include "adapters/sqlite/log_file.h"

#include "core/base/mem.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    LOG_HEAD = 32,
    FRAME_HEAD = 24,
    PAGE_MIN = 512,
    PAGE_MAX = 65536,
    ROOM = 31 * (FRAME_HEAD + 4096), /* SQLite's own writes nothing of 128 KB or more at once */
    NOWHERE = -1,
    WRITE_LOCK = 0, /* of those that go with the log */
};

/* Stands right behind the system's own file of a database, in the same piece of memory. */
struct beside {
    const sqlite3_io_methods *system;
    sqlite3_io_methods methods; /* the same, but for the locks that go with the log */
    struct log_file *log;       /* of this connection; NULL: none is open */
};

struct log_file {
    sqlite3_file base;     /* first: what SQLite sees */
    sqlite3_file *real;    /* right behind this, in the same piece of memory */
    struct beside *beside; /* the database whose log it is; NULL: nothing is gathered */
    unsigned char *room;
    int len;            /* so much is gathered, */
    sqlite3_int64 at;   /* to be written here */
    sqlite3_int64 end;  /* of the last frame, where the next one may begin; NOWHERE: not known */
    sqlite3_int64 head; /* where the last head of a frame begins; NOWHERE: its page has come */
    bool commit;        /* that head says that its frame ends a commit */
    int lost;           /* why something of this transaction could not be written; or SQLITE_OK */
};

static struct log_file *log_of(sqlite3_file *file)
{
    return (struct log_file *)file;
}

/* What could not be written is gone, and with it the transaction, though SQLite may have taken some
 * of it for written: until others may write, nothing more of it is. */
static int flush(struct log_file *f)
{
    int len = f->len;
    f->len = 0;
    if (len == 0)
        return SQLITE_OK;
    int result = f->real->pMethods->xWrite(f->real, f->room, len, f->at);
    if (result != SQLITE_OK) {
        f->end = f->head = NOWHERE;
        f->lost = result;
    }
    return result;
}

static int write_through(struct log_file *f, const void *bytes, int len, sqlite3_int64 at)
{
    int result = flush(f);
    return result == SQLITE_OK ? f->real->pMethods->xWrite(f->real, bytes, len, at) : result;
}

/* Behind what is gathered, if anything. */
static int add(struct log_file *f, const void *bytes, int len, sqlite3_int64 at)
{
    int result = len > ROOM - f->len ? flush(f) : SQLITE_OK;
    if (result != SQLITE_OK)
        return result;
    if (f->room == NULL && (f->room = tt_mem_alloc(ROOM)) == NULL)
        return write_through(f, bytes, len, at);
    if (f->len == 0)
        f->at = at;
    memcpy(f->room + f->len, bytes, (size_t)len);
    f->len += len;
    return SQLITE_OK;
}

static int write_head(struct log_file *f, const unsigned char *head, sqlite3_int64 at)
{
    static const unsigned char no_commit[4];
    f->head = at;
    f->commit = memcmp(head + 4, no_commit, sizeof no_commit) != 0;
    /* Elsewhere it may be the new head of an old frame, whose page does not come. */
    return at == f->end && f->beside != NULL ? add(f, head, FRAME_HEAD, at)
                                             : write_through(f, head, FRAME_HEAD, at);
}

static int write_page(struct log_file *f, const void *page, int len, sqlite3_int64 at)
{
    f->head = NOWHERE;
    f->end = at + len;
    if (f->len == 0)
        return write_through(f, page, len, at);
    int result = add(f, page, len, at);
    return result == SQLITE_OK && f->commit ? flush(f) : result;
}

static bool is_page(int len)
{
    return len >= PAGE_MIN && len <= PAGE_MAX && (len & (len - 1)) == 0;
}

static int write_log(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct log_file *f = log_of(file);
    if (f->lost != SQLITE_OK) /* each commit writes something */
        return f->lost;
    if (len == FRAME_HEAD && at >= LOG_HEAD)
        return write_head(f, bytes, at);
    if (is_page(len) && f->head != NOWHERE && at == f->head + FRAME_HEAD)
        return write_page(f, bytes, len, at);
    f->head = NOWHERE;
    f->end = len == LOG_HEAD && at == 0 ? LOG_HEAD : NOWHERE;
    return write_through(f, bytes, len, at);
}

/* ---- All the rest finds what was written */

static int read_log(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    struct log_file *f = log_of(file);
    int result = flush(f);
    return result == SQLITE_OK ? f->real->pMethods->xRead(f->real, bytes, len, at) : result;
}

static int cut_log(sqlite3_file *file, sqlite3_int64 size)
{
    struct log_file *f = log_of(file);
    int result = flush(f);
    return result == SQLITE_OK ? f->real->pMethods->xTruncate(f->real, size) : result;
}

static int sync_log(sqlite3_file *file, int flags)
{
    struct log_file *f = log_of(file);
    int result = flush(f);
    return result == SQLITE_OK ? f->real->pMethods->xSync(f->real, flags) : result;
}

static int size_of_log(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    struct log_file *f = log_of(file);
    int result = flush(f);
    return result == SQLITE_OK ? f->real->pMethods->xFileSize(f->real, ret_size) : result;
}

static int close_log(sqlite3_file *file)
{
    struct log_file *f = log_of(file);
    if (f->beside != NULL)
        f->beside->log = NULL;
    int flushed = flush(f), closed = f->real->pMethods->xClose(f->real);
    tt_mem_free(f->room);
    f->room = NULL;
    return closed == SQLITE_OK ? flushed : closed;
}

/* ---- What the bytes have nothing to do with */

static int lock_log(sqlite3_file *file, int level)
{
    return log_of(file)->real->pMethods->xLock(log_of(file)->real, level);
}

static int unlock_log(sqlite3_file *file, int level)
{
    return log_of(file)->real->pMethods->xUnlock(log_of(file)->real, level);
}

static int is_log_locked(sqlite3_file *file, int *ret_locked)
{
    return log_of(file)->real->pMethods->xCheckReservedLock(log_of(file)->real, ret_locked);
}

static int control_log(sqlite3_file *file, int what, void *context)
{
    return log_of(file)->real->pMethods->xFileControl(log_of(file)->real, what, context);
}

static int sector_of_log(sqlite3_file *file)
{
    return log_of(file)->real->pMethods->xSectorSize(log_of(file)->real);
}

static int device_of_log(sqlite3_file *file)
{
    return log_of(file)->real->pMethods->xDeviceCharacteristics(log_of(file)->real);
}

/* ---- Locks */

static sqlite3_vfs *system_vfs, vfs;
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* Of the system's own file, so that what stands behind it is aligned. */
static size_t system_bytes(void)
{
    const size_t unit = sizeof(sqlite3_int64);
    return ((size_t)system_vfs->szOsFile + unit - 1) / unit * unit;
}

static struct beside *beside_of(sqlite3_file *database)
{
    return (struct beside *)((char *)database + system_bytes());
}

/* What was gathered for a transaction that was taken back must not come when others have written
 * there: it leaves before anybody else may write. Nobody looks at it, so a failure tells nothing.
 */
static int lock_shared(sqlite3_file *file, int first, int count, int flags)
{
    struct beside *beside = beside_of(file);
    if (beside->log != NULL && first == WRITE_LOCK && (flags & SQLITE_SHM_UNLOCK) != 0) {
        (void)flush(beside->log);
        beside->log->lost = SQLITE_OK;
    }
    return beside->system->xShmLock(file, first, count, flags);
}

/* ---- Opening */

/* Version 1: a log is no shared memory, and not mapped. */
static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = close_log,
    .xRead = read_log,
    .xWrite = write_log,
    .xTruncate = cut_log,
    .xSync = sync_log,
    .xFileSize = size_of_log,
    .xLock = lock_log,
    .xUnlock = unlock_log,
    .xCheckReservedLock = is_log_locked,
    .xFileControl = control_log,
    .xSectorSize = sector_of_log,
    .xDeviceCharacteristics = device_of_log,
};

static int open_database(const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    struct beside *beside = beside_of(file);
    int result = system_vfs->xOpen(system_vfs, name, file, flags, ret_flags);
    *beside = (struct beside){.system = file->pMethods};
    if (file->pMethods == NULL || file->pMethods->iVersion < 2) /* it has no log, or none opened */
        return result;
    /* Its size goes by its version. */
    size_t size = file->pMethods->iVersion >= 3 ? sizeof beside->methods
                                                : offsetof(sqlite3_io_methods, xFetch);
    memcpy(&beside->methods, file->pMethods, size);
    if (beside->methods.iVersion > 3)
        beside->methods.iVersion = 3; /* as much as was copied */
    beside->methods.xShmLock = lock_shared;
    file->pMethods = &beside->methods;
    return result;
}

static int open_log(const char *name, struct log_file *f, int flags, int *ret_flags)
{
    sqlite3_file *database = name == NULL ? NULL : sqlite3_database_file_object(name);
    *f = (struct log_file){.real = (sqlite3_file *)(f + 1), .end = NOWHERE, .head = NOWHERE};
    int result = system_vfs->xOpen(system_vfs, name, f->real, flags, ret_flags);
    if (f->real->pMethods == NULL)
        return result;
    f->base.pMethods = &log_methods; /* to be closed, also after a failure */
    if (database != NULL && database->pMethods == &beside_of(database)->methods) {
        f->beside = beside_of(database);
        f->beside->log = f;
    }
    return result;
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    (void)self;
    if ((flags & SQLITE_OPEN_WAL) != 0)
        return open_log(name, log_of(file), flags, ret_flags);
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0)
        return open_database(name, file, flags, ret_flags);
    return system_vfs->xOpen(system_vfs, name, file, flags, ret_flags);
}

static void make(void)
{
    system_vfs = sqlite3_vfs_find(NULL);
    if (system_vfs == NULL)
        return;
    vfs = *system_vfs;
    vfs.zName = "tasktrail-log";
    vfs.szOsFile = (int)(system_bytes() + (sizeof(struct log_file) > sizeof(struct beside)
                                               ? sizeof(struct log_file)
                                               : sizeof(struct beside)));
    vfs.pNext = NULL;
    vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        system_vfs = NULL;
}

const char *tt_log_file_vfs(void)
{
    pthread_once(&made, make);
    return system_vfs == NULL ? NULL : vfs.zName;
}
