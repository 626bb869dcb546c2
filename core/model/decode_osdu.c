/* OSDU's status messages (osdu_message.c has the forms). The task is a record in a stage of a
 * correlation: "correlation/stage/record".
 *
 * Whose event is it? Services send the first statuses of a stage, and failures, before they have a
 * record id. Call such an event nameless, and a correlation and stage a flow. Within a flow:
 *
 * 1. While no record has been named, nameless events wait. The first event that names one takes all
 *    that wait along: they are that record's, in the order they came, just before it.
 * 2. Afterwards, a nameless event that is later than all events so far which name a record waits
 *    too: it may be the beginning of another one. The next event that names a record and is not
 *    earlier takes it along.
 * 3. A nameless event that is not later is a late one of the record named so far. If there have
 *    been several nobody can say whose: its task is the flow, "correlation/stage".
 * 4. What still waits at the end of all input belongs to the record named, if it was one; else its
 *    task is the flow. The same when memory (TT_OSDU_MEMORY_BYTES_MAX) or a flow's waiting list
 *    (TT_OSDU_WAITING_MAX) is full: for the flow unused for longest, or the event that has waited
 *    longest.
 *
 * Events of one task never overtake each other by waiting, except those that rule 2 puts behind
 * earlier ones of its record which came after it.
 *
 * Details of a data set are no status. They tell the events of their correlation that are given
 * after them dataset_id, and record_count as an attribute: of the data set that the record is, or
 * of the only one of the correlation. */
#include "core/model/messages.h"
#include "core/model/osdu_memory.h"
#include "core/model/osdu_message.h"

struct osdu {
    struct tt_messages messages; /* first: tt_messages_* find it there */
    struct tt_osdu_memory memory;
    struct tt_buf task_id, attributes; /* of the event being given */
};

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

/* Details of the data set that an event belongs to; NULL where that is not known. */
static const struct tt_osdu_note *dataset_of(struct osdu *osdu, const struct tt_event *event,
                                             struct tt_str record_id)
{
    struct tt_osdu_memory *memory = &osdu->memory;
    const struct tt_osdu_note *dataset = NULL, *request;
    if (record_id.ptr != NULL)
        dataset = tt_osdu_memory_find(memory, TT_OSDU_DATASET, event->correlation_id, record_id);
    if (dataset != NULL)
        return dataset;
    request = tt_osdu_memory_find(memory, TT_OSDU_REQUEST, event->correlation_id, TT_STR_NONE);
    if (request == NULL || request->several || request->id.ptr == NULL)
        return NULL;
    return tt_osdu_memory_find(memory, TT_OSDU_DATASET, event->correlation_id, request->id);
}

/* Adds record_count to the event's attributes, unless they have one. */
static void add_count(struct osdu *osdu, struct tt_event *event, int64_t count)
{
    static const char name[] = "\"record_count\":";
    struct tt_str old = event->attributes;
    if (old.ptr != NULL && memmem(old.ptr, old.len, name, sizeof name - 1) != NULL)
        return;
    if (old.ptr == NULL)
        tt_buf_add_char(&osdu->attributes, '{');
    else
        tt_buf_add(&osdu->attributes, old.ptr, old.len - 1);
    tt_json_add_key(&osdu->attributes, "record_count");
    tt_buf_add_int(&osdu->attributes, count);
    tt_buf_add_char(&osdu->attributes, '}');
    event->attributes = tt_buf_str(&osdu->attributes);
}

/* Hands an event on, as one of that record's, or of the flow's. */
static enum tt_err give(struct osdu *osdu, const struct tt_event *known, struct tt_str record_id,
                        const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct tt_event event = *known;
    const struct tt_osdu_note *dataset = dataset_of(osdu, &event, record_id);
    tt_buf_clear(&osdu->attributes);
    tt_osdu_task_id(&osdu->task_id, &event, record_id);
    event.task_id = tt_buf_str(&osdu->task_id);
    if (dataset != NULL)
        event.dataset_id = (struct tt_str){dataset->key.ptr + dataset->first_len,
                                           dataset->key.len - dataset->first_len};
    if (dataset != NULL && dataset->record_count >= 0)
        add_count(osdu, &event, dataset->record_count);
    if (osdu->task_id.err != TT_OK || osdu->attributes.err != TT_OK)
        return no_memory(fault);
    return sink->event(sink->context, &event);
}

/* Gives those that wait and are not later than this. The record is borrowed and may be the note's.
 */
static enum tt_err give_waiting(struct osdu *osdu, struct tt_osdu_note *flow, int64_t not_after_us,
                                struct tt_str record_id, const struct tt_decoder_sink *sink,
                                struct tt_fault *fault)
{
    struct tt_osdu_waiting *waiting;
    enum tt_err err = TT_OK;
    while (err == TT_OK &&
           (waiting = tt_osdu_note_take(&osdu->memory, flow, not_after_us)) != NULL) {
        err = give(osdu, waiting->event, record_id, sink, fault);
        tt_osdu_waiting_free(waiting);
    }
    return err;
}

/* Whose the nameless events of a flow are when nothing more is known. */
static struct tt_str only_record(const struct tt_osdu_note *flow)
{
    return flow->several ? TT_STR_NONE : flow->id;
}

static enum tt_err add_named(struct osdu *osdu, struct tt_osdu_note *flow,
                             const struct tt_osdu_message *m, const struct tt_decoder_sink *sink,
                             struct tt_fault *fault)
{
    int64_t us = m->event.event_time_us;
    bool is_first = flow->id.ptr == NULL;
    if (is_first && tt_osdu_note_name(&osdu->memory, flow, m->record_id) != TT_OK)
        return no_memory(fault);
    flow->several = flow->several || !tt_str_equal(flow->id, m->record_id);
    if (flow->newest_us == TT_TIME_NONE || us > flow->newest_us)
        flow->newest_us = us;
    enum tt_err err =
        give_waiting(osdu, flow, is_first ? INT64_MAX : us, m->record_id, sink, fault);
    return err == TT_OK ? give(osdu, &m->event, m->record_id, sink, fault) : err;
}

static enum tt_err add_nameless(struct osdu *osdu, struct tt_osdu_note *flow,
                                const struct tt_osdu_message *m, const struct tt_decoder_sink *sink,
                                struct tt_fault *fault)
{
    if (flow->id.ptr != NULL && m->event.event_time_us <= flow->newest_us)
        return give(osdu, &m->event, only_record(flow), sink, fault);
    enum tt_err err = TT_OK;
    if (flow->waiting == TT_OSDU_WAITING_MAX) {
        struct tt_osdu_waiting *longest = tt_osdu_note_take(&osdu->memory, flow, INT64_MAX);
        err = give(osdu, longest->event, only_record(flow), sink, fault);
        tt_osdu_waiting_free(longest);
    }
    if (err == TT_OK && tt_osdu_note_wait(&osdu->memory, flow, &m->event) != TT_OK)
        err = no_memory(fault);
    return err;
}

static enum tt_err add_dataset(struct osdu *osdu, const struct tt_osdu_message *m,
                               struct tt_fault *fault)
{
    struct tt_osdu_memory *memory = &osdu->memory;
    struct tt_osdu_note *request =
        tt_osdu_memory_get(memory, TT_OSDU_REQUEST, m->correlation_id, TT_STR_NONE);
    if (request == NULL)
        return no_memory(fault);
    if (request->id.ptr == NULL && tt_osdu_note_name(memory, request, m->dataset_id) != TT_OK)
        return no_memory(fault);
    request->several = request->several || !tt_str_equal(request->id, m->dataset_id);
    struct tt_osdu_note *dataset =
        tt_osdu_memory_get(memory, TT_OSDU_DATASET, m->correlation_id, m->dataset_id);
    if (dataset == NULL)
        return no_memory(fault);
    if (m->record_count >= 0)
        dataset->record_count = m->record_count;
    return TT_OK;
}

/* Forgets the note unused for longest; what waits there is given as at the end. */
static enum tt_err forget_oldest(struct osdu *osdu, const struct tt_decoder_sink *sink,
                                 struct tt_fault *fault)
{
    struct tt_osdu_note *note = osdu->memory.oldest;
    enum tt_err err = give_waiting(osdu, note, INT64_MAX, only_record(note), sink, fault);
    tt_osdu_memory_forget(&osdu->memory, note);
    return err;
}

static enum tt_err read_message(struct tt_decoder *decoder, const struct tt_json *message,
                                const struct tt_decoder_sink *sink, struct tt_fault *fault)
{
    struct osdu *osdu = decoder->state;
    struct tt_osdu_message m;
    enum tt_err err = tt_osdu_message_read(message, &osdu->messages.reader, &m, fault);
    if (err != TT_OK)
        return err;
    if (m.is_dataset) {
        err = add_dataset(osdu, &m, fault);
    } else {
        struct tt_osdu_note *flow =
            tt_osdu_memory_get(&osdu->memory, TT_OSDU_FLOW, m.correlation_id, m.event.stage);
        if (flow == NULL)
            return no_memory(fault);
        err = m.record_id.ptr != NULL ? add_named(osdu, flow, &m, sink, fault)
                                      : add_nameless(osdu, flow, &m, sink, fault);
    }
    while (err == TT_OK && tt_osdu_memory_is_full(&osdu->memory))
        err = forget_oldest(osdu, sink, fault);
    return err;
}

static enum tt_err finish(struct tt_decoder *decoder, const struct tt_decoder_sink *sink,
                          struct tt_fault *fault)
{
    struct osdu *osdu = decoder->state;
    enum tt_err err = TT_OK;
    while (err == TT_OK && osdu->memory.oldest != NULL)
        err = forget_oldest(osdu, sink, fault);
    return err;
}

static enum tt_err start(struct tt_decoder *decoder, struct tt_fault *fault)
{
    struct osdu *osdu = decoder->state;
    tt_buf_init(&osdu->task_id, 0);
    tt_buf_init(&osdu->attributes, 0);
    tt_messages_start(decoder, read_message, "results");
    return tt_osdu_memory_init(&osdu->memory, TT_OSDU_MEMORY_BYTES_MAX) == TT_OK ? TT_OK
                                                                                 : no_memory(fault);
}

static void done(struct tt_decoder *decoder)
{
    struct osdu *osdu = decoder->state;
    tt_osdu_memory_done(&osdu->memory);
    tt_buf_done(&osdu->task_id);
    tt_buf_done(&osdu->attributes);
    tt_messages_done(decoder);
}

const struct tt_decoder_kind tt_decoder_osdu = {
    .name = "osdu",
    .wants_blank = true,
    .state_bytes = sizeof(struct osdu),
    .start = start,
    .line = tt_messages_line,
    .file_start = tt_messages_file_start,
    .interrupt = tt_messages_interrupt,
    .finish = finish,
    .done = done,
};
