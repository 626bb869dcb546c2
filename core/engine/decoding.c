#include "core/engine/decoding.h"

enum tt_err tt_decoding_init(struct tt_decoding *decoding, int json_depth_max,
                             struct tt_fault *fault)
{
    const struct tt_decoder_options options = {.json_depth_max = json_depth_max};
    *decoding = (struct tt_decoding){0};
    tt_arena_init(&decoding->texts, 0);
    return tt_decoder_create("native", &options, &decoding->decoder, fault);
}

void tt_decoding_done(struct tt_decoding *decoding)
{
    tt_decoder_destroy(decoding->decoder);
    tt_arena_done(&decoding->texts);
    tt_mem_free(decoding->entries);
    tt_mem_free(decoding->origins);
    tt_mem_free(decoding->poison);
}

/* A text that stands in the entry's bytes stays there as long as the batch; others are copied. */
static bool keep(struct tt_decoding *decoding, struct tt_str *text)
{
    const struct tt_str payload = decoding->in_hand->payload;
    if (text->ptr == NULL || (text->ptr >= payload.ptr && text->ptr <= payload.ptr + payload.len))
        return true;
    text->ptr = tt_arena_copy(&decoding->texts, text->ptr, text->len);
    return text->ptr != NULL;
}

static enum tt_err keep_event(void *context, const struct tt_event *event)
{
    struct tt_decoding *decoding = context;
    struct tt_store_entry *entry = &decoding->entries[decoding->count];
    entry->event = *event;
    bool ok = true;
#define KEEP(field) ok = ok && keep(decoding, &entry->event.field);
    TT_EVENT_TEXT_FIELDS(KEEP)
    KEEP(error_code)
    KEEP(attributes)
#undef KEEP
    return ok ? TT_OK : TT_ERR_NO_MEMORY;
}

enum tt_err tt_decoding_poison(struct tt_decoding *decoding, size_t entry, const char *kind,
                               const char *reason)
{
    if (tt_mem_reserve((void **)&decoding->poison, &decoding->poison_capacity,
                       decoding->poison_count + 1, sizeof *decoding->poison) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_poison *poison = &decoding->poison[decoding->poison_count++];
    poison->entry = entry;
    poison->kind = kind;
    size_t len = strlen(reason);
    if (len >= sizeof poison->reason)
        len = sizeof poison->reason - 1;
    memcpy(poison->reason, reason, len);
    poison->reason[len] = '\0';
    return TT_OK;
}

static enum tt_err undecodable(struct tt_decoding *decoding, size_t entry, const char *reason)
{
    return tt_decoding_poison(decoding, entry, "undecodable", reason);
}

static bool is_wanted(const struct tt_tenants *tenants, const struct tt_event *event)
{
    return tt_tenant_admits(tt_tenants_for(tenants, event->tenant), event) == TT_ADMITTED;
}

static enum tt_err decode_entry(struct tt_decoding *decoding, const struct tt_queue_batch *batch,
                                const struct tt_tenants *tenants, size_t index, int64_t epoch)
{
    const struct tt_queue_entry *from = &batch->entries[index];
    const struct tt_decoder_sink sink = {.context = decoding, .event = keep_event};
    struct tt_fault fault = {0};
    if (from->payload.ptr == NULL)
        return undecodable(decoding, index, "the entry has no field \"e\"");
    struct tt_store_entry *entry = &decoding->entries[decoding->count];
    *entry = (struct tt_store_entry){
        .place = {epoch, from->partition, from->id_ms, from->id_seq},
        .attempt = from->deliveries,
        .fence = from->fence,
    };
    decoding->in_hand = from;
    enum tt_err err = tt_decoder_line(decoding->decoder, from->payload, &sink, &fault);
    if (tt_err_class(err) == TT_CLASS_POISON)
        return undecodable(decoding, index, fault.text);
    if (err == TT_OK && entry->event.task_id.ptr == NULL)
        return undecodable(decoding, index, "the entry holds no event");
    if (err == TT_OK && !is_wanted(tenants, &entry->event)) {
        decoding->excluded++;
    } else if (err == TT_OK) {
        entry->identity = tt_event_identity(&entry->event);
        decoding->origins[decoding->count++] = index;
    }
    return err;
}

enum tt_err tt_decoding_run(struct tt_decoding *decoding, const struct tt_queue_batch *batch,
                            const struct tt_tenants *tenants, int64_t epoch)
{
    decoding->count = decoding->poison_count = 0;
    decoding->excluded = 0;
    tt_arena_reset(&decoding->texts);
    enum tt_err err = tt_mem_reserve((void **)&decoding->entries, &decoding->entry_capacity,
                                     batch->count + 1, sizeof *decoding->entries);
    if (err == TT_OK)
        err = tt_mem_reserve((void **)&decoding->origins, &decoding->origin_capacity,
                             batch->count + 1, sizeof *decoding->origins);
    for (size_t i = 0; i < batch->count && err == TT_OK; i++)
        err = decode_entry(decoding, batch, tenants, i, epoch);
    return err;
}
