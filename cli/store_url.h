/* --store: the store a URL names, opened. */
#ifndef TT_CLI_STORE_URL_H
#define TT_CLI_STORE_URL_H

#include "core/port/outbox.h"
#include "core/port/store.h"
#include "replay/pass.h"

enum tt_store_kind { TT_STORE_NONE, TT_STORE_SQLITE, TT_STORE_POSTGRES };

/* Which kind sqlite:PATH or postgresql://... is. Errors: INVALID. */
enum tt_err tt_store_url_kind(const char *url, enum tt_store_kind *ret_kind,
                              struct tt_fault *fault) TT_MUST_CHECK;

/* The path of sqlite:PATH; NULL: the URL is none. */
const char *tt_store_url_path(const char *url);

/* One of the two is open. Zero-initialise. */
struct tt_opened_store {
    enum tt_store_kind kind;
    struct tt_store store;
    struct tt_store_reader reader;
};

/* relaxed: commits do not wait for the disk. The password of a server comes from
 * TASKTRAIL_STORE_PASSWORD, the file that TASKTRAIL_STORE_PASSWORD_FILE names, or where libpq looks
 * for one. Errors: INVALID, and those of the store. */
enum tt_err tt_store_url_open(const char *url, bool relaxed, struct tt_opened_store *ret_opened,
                              struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_store_url_open_reader(const char *url, struct tt_opened_store *ret_opened,
                                     struct tt_fault *fault) TT_MUST_CHECK;
void tt_store_url_close(struct tt_opened_store *opened);

/* The outbox of uploads in the same store, which is brought up to date. Zero-initialise. Errors:
 * NOT_FOUND (a file that is missing), and those of the outbox. */
struct tt_opened_outbox {
    enum tt_store_kind kind;
    struct tt_outbox outbox;
};
enum tt_err tt_store_url_open_outbox(const char *url, struct tt_opened_outbox *ret_opened,
                                     struct tt_fault *fault) TT_MUST_CHECK;
void tt_store_url_close_outbox(struct tt_opened_outbox *opened);

/* Everything the store holds of one task (task_id absent: of all) into the pass. Errors: those of
 * the store and of the pass. */
enum tt_err tt_store_feed(const char *url, struct tt_str tenant, struct tt_str task_id,
                          struct tt_pass *pass, struct tt_fault *fault) TT_MUST_CHECK;

/* The same; STOPPED once the flag is set (NULL: never). */
enum tt_err tt_store_feed_until(const char *url, struct tt_str tenant, struct tt_str task_id,
                                struct tt_pass *pass, const volatile int *stop,
                                struct tt_fault *fault) TT_MUST_CHECK;

#endif
