#include "core/base/log.h"
#include "core/base/mem.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one message looks like on stderr; the caller frees. */
static char *told(enum tt_log_format format, const char *text, bool without_memory)
{
    const char *path = tt_tmpfile("stderr");
    int saved = dup(STDERR_FILENO),
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert(saved >= 0 && file >= 0);
    ck_assert_int_ge(dup2(file, STDERR_FILENO), 0);
    tt_log_configure(TT_LOG_INFO, format);
    if (without_memory)
        tt_mem_fail_after(0, true);
    tt_log(TT_LOG_ERROR, "event", "%s", text);
    tt_mem_fail_after(-1, false);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(file);
    return tt_read_file(path, NULL);
}

static void expect(enum tt_log_format format, const char *text, bool without_memory,
                   const char *end)
{
    char *found = told(format, text, without_memory);
    ck_assert_ptr_nonnull(found);
    ck_assert_msg(strlen(found) >= strlen(end) &&
                      strcmp(found + strlen(found) - strlen(end), end) == 0,
                  "%s", found);
    free(found);
}

TT_TEST(messages_come_through_where_there_is_no_memory)
{
    expect(TT_LOG_TEXT, "a\x1b[31m b", false, "tasktrail: error: a?[31m b\n");
    expect(TT_LOG_TEXT, "out of memory", true, "tasktrail: error: out of memory\n");
    expect(TT_LOG_JSON, "say \"it\"", false,
           "\"level\":\"error\",\"event\":\"event\",\"message\":\"say \\\"it\\\"\"}\n");
    expect(TT_LOG_JSON, "out of memory", true, "tasktrail: error: out of memory\n");
}
TT_END

TT_TEST(messages_cannot_drive_a_terminal_and_are_json_whatever_a_file_is_called)
{
    expect(TT_LOG_TEXT,
           "a\xc2\x9b"
           "31m\xe2\x80\xae \xc3\xa4\xff\x1b[2J",
           false, "tasktrail: error: a?31m? \xc3\xa4??[2J\n");
    expect(TT_LOG_JSON, "bad\xff\xc3\xa4\xe2\x80", false,
           "\"message\":\"bad\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"}\n");
}
TT_END

TT_TEST(a_very_long_message_ends_with_its_line)
{
    char text[5001], *found;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    found = told(TT_LOG_TEXT, text, false);
    ck_assert_uint_gt(strlen(found), 2000);
    ck_assert_uint_lt(strlen(found), 2100);
    ck_assert(found[strlen(found) - 1] == '\n');
    free(found);
}
TT_END

TT_SUITE("core/base/log", messages_come_through_where_there_is_no_memory,
         messages_cannot_drive_a_terminal_and_are_json_whatever_a_file_is_called,
         a_very_long_message_ends_with_its_line)
