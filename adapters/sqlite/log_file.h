/* The write-ahead log's file, written a commit at a time.
 *
 * SQLite writes each page of a commit by two calls, a head of 24 bytes and the page, at places that
 * are no multiple of a page: two calls of the kernel for each, and where the log is used anew and
 * the kernel does not remember what stood there, it reads it from the disk first, page by page.
 * Here a commit's frames are gathered and written at once, up to 125 KB; what is overwritten whole
 * need not be read. The bytes and their order are the same.
 *
 * What holds as before: the last frame of a commit says so in its head, and with it all of the
 * commit is in the file, before SQLite lets others see it; whatever else SQLite does with the file
 * (reads, syncs, cuts, asks for its size, closes) finds there what it has written; a write that
 * fails fails the commit, whoever saw it fail. When a connection gives up the right to write
 * nothing of it is left to be written, for then others write there: what was gathered for a
 * transaction that is taken back has left before. Whatever does not look like a frame behind the
 * last one is written as it comes, so another SQLite that writes otherwise is slower and not wrong.
 *
 * Not for PRAGMA locking_mode = EXCLUSIVE, under which SQLite gives up nothing.
 *
 * Format: https://www.sqlite.org/fileformat2.html#walformat, interface:
 * https://www.sqlite.org/vfs.html. Threads: any, each with connections of its own. */
#ifndef TT_ADAPTERS_SQLITE_LOG_FILE_H
#define TT_ADAPTERS_SQLITE_LOG_FILE_H

#include <sqlite3.h>

/* The name to open a database by (zVfs of sqlite3_open_v2); NULL, SQLite's own, where it cannot be
 * had. The first call registers it. */
const char *tt_log_file_vfs(void);

#endif
