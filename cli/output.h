/* Where a report goes: stdout or --output FILE, and whether it may be coloured. */
#ifndef TT_CLI_OUTPUT_H
#define TT_CLI_OUTPUT_H

#include "cli/how_to.h"
#include "cli/options.h"
#include "replay/report.h"
#include "reports/render.h"

/* Renders to --output in --format; `picture` NULL renders the report, else the one task. `subject`
 * names what was checked, `unread` what of it could not be read (NULL: nothing). Returns the exit
 * status that --fail-on asks for, or trouble. */
int tt_output_report(const struct tt_settings *settings, const struct tt_report *report,
                     const struct tt_task_picture *picture, const char *subject,
                     const char *unread);

/* What to add where a tenant has no such task: how to name another one, if it is the default's. */
const char *tt_output_which_tenant(const char *tenant);

/* What was rendered elsewhere, to --output; kinds: a bit set of those found. As above. */
int tt_output_bytes(const struct tt_settings *settings, struct tt_str bytes, uint64_t kinds);
/* How the settings, and the terminal, want it rendered. Borrows. */
struct tt_render_options tt_output_options(const struct tt_settings *settings,
                                           const struct tt_how_to *how_to, const char *subject);

#endif
