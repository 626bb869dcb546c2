/* Decoders: lines of some input format in, status events out. One file per format (decode_*.c).
 *
 * A line gives no event (blank, or a line the format passes over), one, or several (an array). In
 * some formats a record may span lines: its events come with its last line. What cannot be read is
 * a reject with a reason; it never stops the rest. Which lines make up an input (size limit, byte
 * order mark, line ends) is the reader's business: see adapters/system/lines.h.
 *
 * Threads: a decoder belongs to one thread. Memory: events borrow from the decoder and from the
 * line, valid while the sink is called; those of native and dpkg, until the decoder's next call. In
 * the steady state no allocation of our own per line, but for what a format holds back.
 */
#ifndef TT_MODEL_DECODER_H
#define TT_MODEL_DECODER_H

#include "core/model/event.h"

struct tt_decoder;

struct tt_decoder_options {
    int json_depth_max; /* levels; TT_JSON_DEPTH_DEFAULT */
    const char *zone;   /* --zone: "UTC", "Europe/Berlin", "+02:00"; NULL = the machine's own */
    const char *map;    /* csv, --map: "task_id=Job,status=State"; NULL = columns by their names */
    const char *delimiter;   /* csv, --delimiter: one character or "tab"; NULL = a comma */
    size_t record_bytes_max; /* of a record over several lines, --max-line; 0 = its default */
};

/* What cannot be read and is not simply the line in hand: an element of an array, a record that
 * began some lines before. Texts are valid during the call. */
struct tt_decoder_reject {
    const char *reason;
    struct tt_str text;
    uint64_t lines_before; /* it began so many lines before the last one handed in */
};

/* Receives what lines gave. A function that returns other than TT_OK ends the call with that code.
 */
struct tt_decoder_sink {
    void *context;
    enum tt_err (*event)(void *context, const struct tt_event *event);
    /* native and dpkg never call it: NULL will do for them. */
    enum tt_err (*reject)(void *context, const struct tt_decoder_reject *reject);
};

/* One of tt_decoder_names(). Errors: INVALID (unknown name or option), NO_MEMORY. Returns owned. */
enum tt_err tt_decoder_create(const char *name, const struct tt_decoder_options *options,
                              struct tt_decoder **ret_decoder,
                              struct tt_fault *fault) TT_MUST_CHECK;
void tt_decoder_destroy(struct tt_decoder *decoder);

/* NULL-terminated list: "native", "dpkg", "csv", ... */
const char *const *tt_decoder_names(void);

/* Decodes one line (no line end). TT_OK: the sink has seen 0 or more events and rejects. REJECT or
 * LIMIT: the line is one reject, nothing of it was given, fault->text is the reason without the
 * place. INVALID: this line shows that an option does not fit the input (a CSV header without a
 * column that --map names); the input cannot be read. NO_MEMORY, or the sink's code. */
enum tt_err tt_decoder_line(struct tt_decoder *decoder, struct tt_str line,
                            const struct tt_decoder_sink *sink,
                            struct tt_fault *fault) TT_MUST_CHECK;

/* The event of the first line of a text of lines, where it is a plain one that the format reads in
 * place, finding the line's end on the way: *ret_next is the start of the line behind it, or `end`.
 * NULL, *ret_next untouched: find the end and call tt_decoder_line, which gives what this would
 * have. The line's length is not looked at. Reads nothing from `end` on. *ret_in_place: the event's
 * texts all point into the text of lines, and stay valid as long as that. */
const struct tt_event *tt_decoder_next(struct tt_decoder *decoder, const char *at, const char *end,
                                       const char **ret_next, bool *ret_in_place) TT_MUST_CHECK;

/* Whether blank lines are to be handed in too: they may be part of a record. Else they need not be.
 */
bool tt_decoder_wants_blank(const struct tt_decoder *decoder);

/* Told before a file's first line: forgets what belongs to one file. */
void tt_decoder_file_start(struct tt_decoder *decoder);

/* Told at the end of a file, and instead of a line that is left out (it is too long): a record that
 * has begun will not be completed; the sink gets it as a reject, and what stands behind its first
 * line is read anew. Errors: as tt_decoder_line, without REJECT and LIMIT. */
enum tt_err tt_decoder_interrupt(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                                 struct tt_fault *fault) TT_MUST_CHECK;

/* Told at the end of all input: a format that holds events back gives them now. */
enum tt_err tt_decoder_finish(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                              struct tt_fault *fault) TT_MUST_CHECK;

/* True when lines can be decoded in any order and by several decoders at once (native); false when
 * a line's meaning depends on the lines before it (dpkg, csv, ...). */
bool tt_decoder_is_stateless(const struct tt_decoder *decoder);

#endif
