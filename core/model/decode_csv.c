/* CSV with a header (RFC 4180). A column becomes the field that --map says, else the field of its
 * own name, else an attribute; an empty cell is the same as none. Cells hold what native events
 * hold, numbers as their digits; `attributes` holds a JSON object.
 *
 * Each file has its own header. One that does not fit --map, or lacks a required field, ends the
 * reading: every line behind it would be a reject. */
#include "core/model/csv_columns.h"

#include <stdio.h>

struct csv {
    struct tt_records records;
    struct tt_csv format;
    struct tt_csv_map map;
    struct tt_arena header; /* what `columns` points to */
    struct tt_csv_columns columns;
    struct tt_fault header_fault; /* why the header is none; REJECT when it is broken */
    struct tt_event_reader reader;
    struct tt_str *cells; /* columns.count of them, in `header` */
    struct tt_zone zone;  /* where --zone says one */
};

static enum tt_span look(struct tt_decoder *decoder, struct tt_str line, bool first,
                         struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    if (csv->columns.count > 0)
        return tt_csv_look(&csv->format, line, first, fault);
    struct tt_fault why = {0};
    enum tt_span span = tt_csv_look(&csv->format, line, first, &why);
    if (span != TT_SPAN_BROKEN)
        return span;
    csv->header_fault = why;
    return TT_SPAN_WHOLE; /* for `give` to tell: nothing can be read without a header */
}

static enum tt_err read_header(struct tt_decoder *decoder, struct tt_str record,
                               struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    struct tt_csv_columns columns;
    if (csv->header_fault.code != TT_OK)
        return tt_fault_set(fault, TT_ERR_INVALID, "the header: %s", csv->header_fault.text);
    tt_arena_reset(&csv->header);
    enum tt_err err =
        tt_csv_columns_read(&csv->format, record, &csv->map, &csv->header, &columns, fault);
    if (err != TT_OK)
        return err;
    csv->cells = tt_arena_alloc(&csv->header, columns.count * sizeof *csv->cells);
    if (csv->cells == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    csv->columns = columns;
    return TT_OK;
}

static enum tt_err split(struct tt_decoder *decoder, struct tt_str record, struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    struct tt_str rest = record, cell;
    size_t count = 0;
    tt_arena_reset(&decoder->arena);
    if (!tt_str_is_utf8(record) || memchr(record.ptr, '\0', record.len) != NULL)
        return tt_fault_set(fault, TT_ERR_REJECT, "not UTF-8 text");
    for (; tt_csv_next(&csv->format, &rest, &decoder->arena, &cell); count++) {
        if (cell.ptr == NULL)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        if (count < csv->columns.count)
            csv->cells[count] = cell;
    }
    if (count != csv->columns.count)
        return tt_fault_set(fault, TT_ERR_REJECT,
                            "expected %zu cells, as many as the header has, found %zu",
                            csv->columns.count, count);
    return TT_OK;
}

/* The members of the cell `attributes`, then the columns that are no fields. */
static enum tt_err read_attributes(struct tt_decoder *decoder, int field, struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    struct tt_json *root = NULL;
    int index = csv->columns.of_field[field];
    enum tt_err err = TT_OK;
    if (index >= 0 && csv->cells[index].len > 0) {
        const struct tt_column *column = &csv->columns.list[index];
        err = tt_json_parse(csv->cells[index], decoder->options.json_depth_max, &root, fault);
        if (err != TT_OK)
            return tt_fault_prefix(fault, "%.60s", column->place.ptr);
        err = tt_event_reader_set(&csv->reader, "attributes", column->place, root);
    }
    for (size_t i = 0; i < csv->columns.count && err == TT_OK; i++) {
        const struct tt_column *column = &csv->columns.list[i];
        if (column->is_attribute && csv->cells[i].len > 0 &&
            (root == NULL || tt_json_type(root) != TT_JSON_OBJECT ||
             tt_json_get(root, column->name) == NULL))
            tt_event_reader_add_text_attribute(&csv->reader, column->name, csv->cells[i]);
    }
    tt_json_free(root);
    return err;
}

static enum tt_err give(struct tt_decoder *decoder, struct tt_str record,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    struct tt_event event;
    if (csv->columns.count == 0)
        return read_header(decoder, record, fault);
    enum tt_err err = split(decoder, record, fault);
    if (err != TT_OK)
        return err;
    int attributes = tt_event_field(TT_STR("attributes"));
    tt_event_reader_again(&csv->reader, fault);
    for (int field = 0; field < TT_EVENT_FIELDS && err == TT_OK; field++) {
        int index = csv->columns.of_field[field];
        if (index >= 0 && field != attributes && csv->cells[index].len > 0)
            err = tt_event_reader_set_cell(&csv->reader, field, csv->columns.list[index].place,
                                           csv->cells[index]);
    }
    if (err == TT_OK)
        err = read_attributes(decoder, attributes, fault);
    if (err == TT_OK)
        err = tt_event_reader_finish(&csv->reader, &event);
    return err == TT_OK ? sink->event(sink->context, &event) : err;
}

static const struct tt_records_kind records_kind = {
    .look = look, .give = give, .open = "a quote is not closed"};

static enum tt_err decode_line(struct tt_decoder *decoder, struct tt_str line,
                               const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    return tt_records_line(&csv->records, decoder, line, sink, fault);
}

static enum tt_err interrupt(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                             struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    return tt_records_interrupt(&csv->records, decoder, sink, fault);
}

static void file_start(struct tt_decoder *decoder)
{
    struct csv *csv = decoder->state;
    tt_records_clear(&csv->records);
    tt_fault_clear(&csv->header_fault);
    csv->columns.count = 0;
}

static enum tt_err start(struct tt_decoder *decoder, struct tt_fault *fault)
{
    struct csv *csv = decoder->state;
    tt_records_init(&csv->records, &records_kind);
    tt_arena_init(&csv->header, 0);
    tt_event_reader_begin(&csv->reader, &decoder->arena, NULL);
    enum tt_err err = tt_csv_init(&csv->format, decoder->options.delimiter, fault);
    if (err == TT_OK && decoder->options.zone != NULL) {
        err = tt_zone_open(decoder->options.zone, &csv->zone, fault);
        csv->reader.zone = &csv->zone;
    }
    return err == TT_OK ? tt_csv_map_parse(decoder->options.map, &csv->map, fault) : err;
}

static void done(struct tt_decoder *decoder)
{
    struct csv *csv = decoder->state;
    tt_records_done(&csv->records);
    tt_event_reader_end(&csv->reader);
    tt_arena_done(&csv->header);
}

const struct tt_decoder_kind tt_decoder_csv = {
    .name = "csv",
    .wants_blank = true,
    .state_bytes = sizeof(struct csv),
    .start = start,
    .line = decode_line,
    .file_start = file_start,
    .interrupt = interrupt,
    .done = done,
};
