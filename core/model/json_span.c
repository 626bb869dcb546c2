#include "core/model/json_span.h"

static bool in_object(const struct tt_json_span *span)
{
    int level = span->depth - 1;
    return (span->objects[level / 64] >> (level % 64) & 1) != 0;
}

static void open_bracket(struct tt_json_span *span, char bracket)
{
    int level = span->depth++;
    uint64_t bit = UINT64_C(1) << (level % 64);
    if (bracket == '{')
        span->objects[level / 64] |= bit;
    else
        span->objects[level / 64] &= ~bit;
}

/* The place behind a text's closing quote, or NULL where the line ends before. */
static const char *skip_text(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\')
            at++;
    }
    return NULL;
}

/* Whether a line that begins with this bracket may follow what was there before. */
static bool may_follow(const struct tt_json_span *span, char bracket)
{
    if (bracket != '{' && bracket != '[')
        return true;
    return in_object(span) ? span->last == ':' : span->last == ',' || span->last == '[';
}

enum tt_span tt_json_span_look(struct tt_json_span *span, struct tt_str line, bool first,
                               int depth_max, struct tt_fault *fault)
{
    const char *at = line.ptr, *end = line.ptr + line.len;
    if (first)
        span->depth = 0;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    if (first && (at == end || (*at != '{' && *at != '[')))
        return TT_SPAN_WHOLE; /* no object: for the parser to say so */
    if (!first && at < end && !may_follow(span, *at)) {
        tt_fault_set(fault, TT_ERR_REJECT, "the JSON text breaks off");
        return TT_SPAN_BROKEN;
    }
    while (at < end) {
        char c = *at++;
        if (c == '"') {
            at = skip_text(at, end);
            if (at == NULL) {
                tt_fault_set(fault, TT_ERR_REJECT, "the JSON text breaks off within quotes");
                return TT_SPAN_BROKEN;
            }
        } else if (c == '{' || c == '[') {
            if (span->depth == depth_max) {
                tt_fault_set(fault, TT_ERR_REJECT, "nested deeper than %d levels", depth_max);
                return TT_SPAN_BROKEN;
            }
            open_bracket(span, c);
        } else if (c == '}' || c == ']') {
            if (in_object(span) != (c == '}') || --span->depth == 0)
                return TT_SPAN_WHOLE; /* or wrong, which the parser tells with the place */
        } else if (c == ' ' || c == '\t' || c == '\r') {
            continue;
        }
        span->last = c;
    }
    return TT_SPAN_MORE;
}
