#include "tests/lib/readers.h"

#include "core/base/limits.h"
#include "core/model/decode_native.h"

#include <stdio.h>
#include <stdlib.h>

void tt_readers_init(struct tt_readers *readers)
{
    *readers = (struct tt_readers){0};
    tt_arena_init(&readers->arena, 0);
    tt_buf_init(&readers->thorough, 0);
    tt_buf_init(&readers->fast, 0);
    for (int way = 0; way < TT_SCAN_WAYS; way++) {
        readers->runs[way] = tt_scan_runs((enum tt_scan_way)way);
        if (readers->runs[way])
            tt_scan_init(&readers->scans[way], (enum tt_scan_way)way);
    }
}

void tt_readers_done(struct tt_readers *readers)
{
    tt_arena_done(&readers->arena);
    tt_buf_done(&readers->thorough);
    tt_buf_done(&readers->fast);
}

static char *exact_copy(const char *first, size_t first_len, const char *second, size_t second_len)
{
    char *copy = malloc(first_len + second_len == 0 ? 1 : first_len + second_len);
    if (copy == NULL)
        abort();
    memcpy(copy, first, first_len);
    memcpy(copy + first_len, second, second_len);
    return copy;
}

static bool is_same(struct tt_str a, struct tt_str b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && tt_str_equal(a, b);
}

/* Field by field, so that absent and empty differ too. */
static const char *field_that_differs(const struct tt_event *a, const struct tt_event *b)
{
#define TEXT(name)                                                                                 \
    if (!is_same(a->name, b->name))                                                                \
        return #name;
    TT_EVENT_TEXT_FIELDS(TEXT)
    TEXT(error_code)
    TEXT(attributes)
#undef TEXT
    return a->event_time_us != b->event_time_us           ? "event_time"
           : a->received_at_us != b->received_at_us       ? "received_at"
           : a->has_seq != b->has_seq                     ? "seq is there"
           : a->has_seq && a->seq != b->seq               ? "seq"
           : a->error_code_is_int != b->error_code_is_int ? "error_code is an integer"
                                                          : NULL;
}

static bool differs(struct tt_readers *r, int way, const char *setting, const char *what)
{
    snprintf(r->difference, sizeof r->difference, "machine code %d, %s: %s", way, setting, what);
    return true;
}

/* One answer of the fast reader against the thorough one's, and against how plain it found the line
 * elsewhere. */
static bool wrong(struct tt_readers *r, int way, const char *setting, const struct tt_event *fast,
                  bool is_plain, const struct tt_event *thorough)
{
    if ((fast != NULL) != is_plain)
        return differs(r, way, setting, is_plain ? "is not plain here" : "is plain only here");
    if (fast == NULL)
        return false;
    if (thorough == NULL)
        return differs(r, way, setting, "accepts what the thorough reader rejects");
    const char *field = field_that_differs(fast, thorough);
    return field != NULL && differs(r, way, setting, field);
}

/* The line at the start of a text of lines. */
static bool wrong_in_text(struct tt_readers *r, int way, const char *line, size_t len,
                          const char *eol, bool is_plain, const struct tt_event *thorough)
{
    size_t eol_len = strlen(eol), text_len = len + eol_len;
    if (len > 0 && line[len - 1] == '\r')
        return false; /* in a text this would belong to the line's end */
    char *text = exact_copy(line, len, eol, eol_len);
    const char *next = NULL;
    const struct tt_event *fast =
        tt_scan_next(&r->scans[way], text, text + text_len, text + text_len, &next);
    /* Bytes that hold a line end are several lines of a text, of which only the first was read. */
    if (fast != NULL && next != text + text_len && memchr(line, '\n', len) != NULL)
        fast = NULL;
    bool found = fast != NULL && next != text + text_len
                     ? differs(r, way, "in a text", "ends elsewhere")
                     : wrong(r, way, "in a text", fast, is_plain, thorough);
    free(text);
    return found;
}

const char *tt_readers_compare(struct tt_readers *r, const char *text, size_t text_len, size_t len)
{
    char *line = exact_copy(text, len, "", 0), *more = exact_copy(text, text_len, "", 0);
    struct tt_event event;
    bool found = false;
    tt_arena_reset(&r->arena);
    const struct tt_event *thorough =
        tt_decode_native_thorough((struct tt_str){line, len}, TT_JSON_DEPTH_DEFAULT, &r->arena,
                                  &event, NULL) == TT_OK
            ? &event
            : NULL;
    r->accepted = thorough != NULL;
    r->plain =
        tt_scan_event(&r->scans[TT_SCAN_PORTABLE], (struct tt_str){line, len}, line + len) != NULL;
    for (int way = 0; way < TT_SCAN_WAYS && !found; way++) {
        if (!r->runs[way])
            continue;
        struct tt_scan *scan = &r->scans[way];
        const struct tt_event *fast = tt_scan_event(scan, (struct tt_str){line, len}, line + len);
        found = wrong(r, way, "alone", fast, r->plain, thorough);
        if (!found) {
            fast = tt_scan_event(scan, (struct tt_str){more, len}, more + text_len);
            found = wrong(r, way, "with more behind", fast, r->plain, thorough);
        }
        found = found || wrong_in_text(r, way, line, len, "\n", r->plain, thorough) ||
                wrong_in_text(r, way, line, len, "\r\n", r->plain, thorough) ||
                wrong_in_text(r, way, line, len, "", r->plain, thorough);
    }
    free(line);
    free(more);
    return found ? r->difference : NULL;
}
