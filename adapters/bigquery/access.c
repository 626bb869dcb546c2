/* One rule for every call, REST or gRPC: what is refused for its token (401) is sent once more with
 * a new one; where that is refused, too, somebody has to look at the credentials, and no third try
 * follows. */
#include "adapters/bigquery/access.h"

bool tt_access_again(const struct tt_access *access, int attempt)
{
    return access->authorize != NULL && attempt == 0;
}

enum tt_err tt_access_refused(const struct tt_access *access, struct tt_str said,
                              struct tt_fault *fault)
{
    const char *which = access->authorize != NULL
                            ? "the credentials are refused (401), with a new token, too"
                            : "credentials are wanted (401), and none are used";
    return tt_fault_set(fault, TT_ERR_DENIED, "%s%s%.*s", which, said.len > 0 ? ": " : "",
                        TT_STR_ARGS(said));
}
