#include "cli/commands.h"

#include "replay/finding.h"
#include "reports/explain.h"
#include "reports/words.h"
#include <stdio.h>

int tt_cmd_explain(const struct tt_settings *settings)
{
    struct tt_buf text;
    tt_buf_init(&text, 1 << 20);
    for (int kind = 0; kind < TT_KIND_COUNT && settings->argument_count == 0; kind++) {
        tt_buf_addf(&text, "%-22s %-8s ", tt_kind_name((enum tt_kind)kind),
                    tt_severity_name(tt_kind_severity((enum tt_kind)kind)));
        tt_words_wrap(&text, tt_str_from(tt_kind_meaning((enum tt_kind)kind)), 32, 80);
        tt_buf_add_char(&text, '\n');
    }
    for (size_t i = 0; i < settings->argument_count; i++) {
        if (i > 0)
            tt_buf_add_char(&text, '\n');
        if (!tt_explain(tt_str_from(settings->arguments[i]), &text)) {
            struct tt_fault fault = {0};
            tt_fault_set(&fault, TT_ERR_INVALID,
                         "explain: unknown kind \"%.60s\"; tasktrail explain lists them",
                         settings->arguments[i]);
            tt_buf_done(&text);
            return tt_exit_with(&fault);
        }
    }
    fwrite(text.data, 1, text.len, stdout);
    tt_buf_done(&text);
    return TT_EXIT_CLEAN;
}
