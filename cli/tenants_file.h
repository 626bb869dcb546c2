/* The --tenants file: read once, kept, and read again when the process gets SIGHUP. */
#ifndef TT_CLI_TENANTS_FILE_H
#define TT_CLI_TENANTS_FILE_H

#include "core/engine/applier.h"
#include "core/model/tenants.h"

struct tt_tenants_file {
    const char *path; /* borrowed; NULL: none, everything is wanted */
    struct tt_tenants *set;
    const volatile int *reloads; /* how often SIGHUP came; NULL: nobody listens */
    int seen;
};

/* Errors, with the path: NOT_FOUND, DENIED, INVALID, IO, LIMIT, NO_MEMORY. */
enum tt_err tt_tenants_file_read(struct tt_tenants_file *file, const char *path,
                                 struct tt_fault *fault) TT_MUST_CHECK;
void tt_tenants_file_done(struct tt_tenants_file *file);
/* The file's text with all it needs in it: where a tenant's lifecycle is the name of a file, beside
 * this one where it is relative, its content stands instead. Errors: as above. */
enum tt_err tt_tenants_file_text(const char *path, struct tt_buf *buf,
                                 struct tt_fault *fault) TT_MUST_CHECK;

/* Listens to SIGHUP from now on, and gives what a worker asks: what the file says now. What changed
 * is logged; a file that is wrong is told, and what was there before goes on. */
struct tt_tenant_source tt_tenants_file_watch(struct tt_tenants_file *file);

#endif
