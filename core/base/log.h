/* The log: one line an entry on stderr, as text or as a JSON object. Libraries return faults and
 * never log; commands do. Threads: any, one write per line. Nothing secret is ever passed here. */
#ifndef TT_BASE_LOG_H
#define TT_BASE_LOG_H

#include "core/base/err.h"

enum tt_log_level { TT_LOG_ERROR, TT_LOG_WARNING, TT_LOG_INFO, TT_LOG_DEBUG };
enum tt_log_format { TT_LOG_TEXT, TT_LOG_JSON };

/* Once, before the first line and before threads start. Default: INFO, TEXT. */
void tt_log_configure(enum tt_log_level level, enum tt_log_format format);
bool tt_log_enabled(enum tt_log_level level);
/* `event` is a stable snake_case name ("redis_away"); the rest is for people. */
void tt_log(enum tt_log_level level, const char *event, const char *fmt, ...) TT_PRINTF(3, 4);
/* As tt_log of an error, from a signal handler; the words are plain ASCII without quotes. Says
 * nothing where it would have to wait for whoever reads. */
void tt_log_from_signal(const char *event, const char *text);
void tt_log_fault(enum tt_log_level level, const char *event, const struct tt_fault *fault);

#endif
