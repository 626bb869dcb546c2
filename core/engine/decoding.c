#include "core/engine/decoding.h"

#include "core/base/json.h"

enum tt_err tt_decoding_init(struct tt_decoding *decoding, int json_depth_max,
                             struct tt_fault *fault)
{
    const struct tt_decoder_options options = {.json_depth_max = json_depth_max};
    *decoding = (struct tt_decoding){.json_depth_max = json_depth_max};
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

/* ---- What can never be applied */

static bool parks(const struct tt_decoding_rules *rules, struct tt_str tenant)
{
    enum tt_on_dead said = tt_tenants_for(rules->tenants, tenant)->on_dead;
    return rules->can_park && (said == TT_ON_DEAD_OF_FLEET ? rules->park : said == TT_ON_DEAD_PARK);
}

/* Sets one of the batch's entries aside; task_id absent: nobody knows whose it is. */
static enum tt_err set_aside(struct tt_decoding *decoding, size_t entry, const char *kind,
                             const char *reason, struct tt_str tenant, struct tt_str task_id)
{
    if (tt_mem_reserve((void **)&decoding->poison, &decoding->poison_capacity,
                       decoding->poison_count + 1, sizeof *decoding->poison) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_poison *poison = &decoding->poison[decoding->poison_count++];
    poison->entry = entry;
    poison->kind = kind;
    poison->tenant = poison->task_id = TT_STR_NONE;
    poison->behind = NULL;
    poison->behind_count = 0;
    size_t len = strlen(reason);
    if (len >= sizeof poison->reason)
        len = sizeof poison->reason - 1;
    memcpy(poison->reason, reason, len);
    poison->reason[len] = '\0';
    if (task_id.len > 0 && parks(&decoding->rules, tenant)) {
        poison->tenant = tenant;
        poison->task_id = task_id;
        decoding->parked++;
    }
    return TT_OK;
}

/* The letter that the task waits behind; NULL: none. */
static struct tt_poison *letter_of(const struct tt_decoding *decoding, struct tt_str tenant,
                                   struct tt_str task_id)
{
    for (size_t i = 0; decoding->parked > 0 && i < decoding->poison_count; i++) {
        struct tt_poison *poison = &decoding->poison[i];
        if (poison->task_id.len > 0 && tt_str_equal(poison->task_id, task_id) &&
            tt_str_equal(poison->tenant, tenant))
            return poison;
    }
    return NULL;
}

static enum tt_err stand_behind(struct tt_decoding *decoding, struct tt_poison *letter,
                                size_t entry)
{
    if (letter->behind == NULL) {
        letter->behind =
            tt_arena_alloc(&decoding->texts, decoding->batch->count * sizeof *letter->behind);
        if (letter->behind == NULL)
            return TT_ERR_NO_MEMORY;
    }
    letter->behind[letter->behind_count++] = &decoding->batch->entries[entry];
    return TT_OK;
}

/* Whose an entry is that is no event: as far as it is JSON and names a task. */
static enum tt_err read_owner(struct tt_decoding *decoding, struct tt_str payload,
                              struct tt_str *ret_tenant, struct tt_str *ret_task_id)
{
    struct tt_json *json = NULL;
    *ret_tenant = TT_STR("default");
    *ret_task_id = TT_STR_NONE;
    if (!decoding->rules.can_park || payload.ptr == NULL)
        return TT_OK;
    enum tt_err err = tt_json_parse(payload, decoding->json_depth_max, &json, NULL);
    if (err == TT_OK && tt_json_type(json) == TT_JSON_OBJECT) {
        const struct tt_json *task = tt_json_get(json, "task_id"),
                             *tenant = tt_json_get(json, "tenant");
        bool ok = true;
        if (task != NULL && tt_json_type(task) == TT_JSON_TEXT) {
            *ret_task_id = tt_json_text(task);
            ok = keep(decoding, ret_task_id);
        }
        if (tenant != NULL && tt_json_type(tenant) == TT_JSON_TEXT) {
            *ret_tenant = tt_json_text(tenant);
            ok = keep(decoding, ret_tenant) && ok;
        }
        err = ok ? TT_OK : TT_ERR_NO_MEMORY;
    }
    tt_json_free(json);
    return err == TT_ERR_NO_MEMORY ? err : TT_OK;
}

static enum tt_err undecodable(struct tt_decoding *decoding, size_t entry, const char *reason)
{
    struct tt_str tenant, task_id;
    decoding->in_hand = &decoding->batch->entries[entry];
    enum tt_err err = read_owner(decoding, decoding->in_hand->payload, &tenant, &task_id);
    if (err != TT_OK)
        return err;
    struct tt_poison *letter = letter_of(decoding, tenant, task_id);
    return letter != NULL ? stand_behind(decoding, letter, entry)
                          : set_aside(decoding, entry, "undecodable", reason, tenant, task_id);
}

/* A later entry of the task that is no event has its letter already: it is the older one that the
 * task waits behind, and the younger waits too. */
static enum tt_err take_in_younger(struct tt_decoding *decoding)
{
    enum tt_err err = TT_OK;
    size_t kept = 0, last = decoding->poison_count - 1;
    struct tt_poison *letter = &decoding->poison[last];
    for (size_t i = 0; letter->task_id.len > 0 && i < last && err == TT_OK; i++) {
        const struct tt_poison *other = &decoding->poison[i];
        if (!tt_str_equal(other->task_id, letter->task_id) ||
            !tt_str_equal(other->tenant, letter->tenant)) {
            decoding->poison[kept++] = *other;
            continue;
        }
        err = stand_behind(decoding, letter, other->entry);
        for (size_t k = 0; k < other->behind_count && err == TT_OK; k++)
            err = stand_behind(decoding, letter,
                               (size_t)(other->behind[k] - decoding->batch->entries));
        decoding->parked--;
    }
    if (letter->task_id.len > 0 && err == TT_OK) {
        decoding->poison[kept] = *letter;
        decoding->poison_count = kept + 1;
    }
    return err;
}

enum tt_err tt_decoding_unstorable(struct tt_decoding *decoding, size_t index, const char *reason)
{
    const struct tt_event *event = &decoding->entries[index].event;
    enum tt_err err = set_aside(decoding, decoding->origins[index], "unstorable", reason,
                                event->tenant, event->task_id);
    return err == TT_OK ? take_in_younger(decoding) : err;
}

enum tt_err tt_decoding_hold_back(struct tt_decoding *decoding, size_t first, size_t count,
                                  size_t *ret_left)
{
    size_t left = 0;
    enum tt_err err = TT_OK;
    if (decoding->parked == 0) {
        *ret_left = count;
        return TT_OK;
    }
    for (size_t i = first; i < first + count && err == TT_OK; i++) {
        const struct tt_event *event = &decoding->entries[i].event;
        struct tt_poison *letter = letter_of(decoding, event->tenant, event->task_id);
        if (letter != NULL && letter->entry < decoding->origins[i]) {
            err = stand_behind(decoding, letter, decoding->origins[i]);
            continue;
        }
        decoding->entries[first + left] = decoding->entries[i];
        decoding->origins[first + left++] = decoding->origins[i];
    }
    if (err == TT_OK)
        *ret_left = left;
    return err;
}

/* ---- Decoding */

static bool is_wanted(const struct tt_tenants *tenants, const struct tt_event *event)
{
    return tt_tenant_admits(tt_tenants_for(tenants, event->tenant), event) == TT_ADMITTED;
}

static enum tt_err decode_entry(struct tt_decoding *decoding, size_t index, int64_t epoch)
{
    const struct tt_queue_entry *from = &decoding->batch->entries[index];
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
    if (err == TT_OK && !is_wanted(decoding->rules.tenants, &entry->event)) {
        decoding->excluded++;
    } else if (err == TT_OK) {
        entry->identity = tt_event_identity(&entry->event);
        decoding->origins[decoding->count++] = index;
    }
    return err;
}

enum tt_err tt_decoding_run(struct tt_decoding *decoding, const struct tt_queue_batch *batch,
                            const struct tt_decoding_rules *rules, int64_t epoch)
{
    decoding->rules = *rules;
    decoding->batch = batch;
    decoding->count = decoding->poison_count = decoding->parked = 0;
    decoding->excluded = 0;
    tt_arena_reset(&decoding->texts);
    enum tt_err err = tt_mem_reserve((void **)&decoding->entries, &decoding->entry_capacity,
                                     batch->count + 1, sizeof *decoding->entries);
    if (err == TT_OK)
        err = tt_mem_reserve((void **)&decoding->origins, &decoding->origin_capacity,
                             batch->count + 1, sizeof *decoding->origins);
    for (size_t i = 0; i < batch->count && err == TT_OK; i++)
        err = decode_entry(decoding, i, epoch);
    return err;
}
