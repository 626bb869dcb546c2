/* Where a report goes: stdout or --output FILE, and whether it may be coloured. */
#ifndef TT_CLI_OUTPUT_H
#define TT_CLI_OUTPUT_H

#include "cli/options.h"
#include "replay/report.h"
#include "reports/render.h"

/* Renders to --output in --format; `picture` NULL renders the report, else the one task. `subject`
 * names what was checked. Returns the exit status that --fail-on asks for, or trouble. */
int tt_output_report(const struct tt_settings *settings, const struct tt_report *report,
                     const struct tt_task_picture *picture, const char *subject);

#endif
