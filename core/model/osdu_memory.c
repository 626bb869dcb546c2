#include "core/model/osdu_memory.h"

#include "core/base/assert.h"
#include "core/base/mem.h"

enum { FIRST_BUCKETS = 1 << 10 };

enum tt_err tt_osdu_memory_init(struct tt_osdu_memory *memory, size_t bytes_max)
{
    *memory = (struct tt_osdu_memory){.bytes_max = bytes_max};
    memory->bucket_count = FIRST_BUCKETS;
    memory->buckets = tt_mem_zalloc(FIRST_BUCKETS * sizeof *memory->buckets);
    return memory->buckets == NULL ? TT_ERR_NO_MEMORY : TT_OK;
}

void tt_osdu_memory_done(struct tt_osdu_memory *memory)
{
    while (memory->oldest != NULL)
        tt_osdu_memory_forget(memory, memory->oldest);
    tt_mem_free(memory->buckets);
    *memory = (struct tt_osdu_memory){0};
}

static void charge(struct tt_osdu_memory *memory, struct tt_osdu_note *note, size_t bytes)
{
    note->bytes += bytes;
    memory->bytes += bytes;
}

static void discharge(struct tt_osdu_memory *memory, struct tt_osdu_note *note, size_t bytes)
{
    tt_assert(note->bytes >= bytes && memory->bytes >= bytes);
    note->bytes -= bytes;
    memory->bytes -= bytes;
}

static uint64_t hash_of(enum tt_osdu_kind kind, struct tt_str first, struct tt_str second)
{
    return tt_str_hash(second, tt_str_hash(first, (uint64_t)kind));
}

static void unlink_age(struct tt_osdu_memory *memory, struct tt_osdu_note *note)
{
    *(note->older == NULL ? &memory->oldest : &note->older->newer) = note->newer;
    *(note->newer == NULL ? &memory->newest : &note->newer->older) = note->older;
}

static void link_newest(struct tt_osdu_memory *memory, struct tt_osdu_note *note)
{
    note->older = memory->newest;
    note->newer = NULL;
    *(memory->newest == NULL ? &memory->oldest : &memory->newest->newer) = note;
    memory->newest = note;
}

static bool is_named(const struct tt_osdu_note *note, enum tt_osdu_kind kind, struct tt_str first,
                     struct tt_str second)
{
    struct tt_str rest = {note->key.ptr + note->first_len, note->key.len - note->first_len};
    return note->kind == kind && note->first_len == first.len && rest.len == second.len &&
           memcmp(note->key.ptr, first.ptr, first.len) == 0 &&
           (rest.len == 0 || memcmp(rest.ptr, second.ptr, rest.len) == 0);
}

struct tt_osdu_note *tt_osdu_memory_find(struct tt_osdu_memory *memory, enum tt_osdu_kind kind,
                                         struct tt_str first, struct tt_str second)
{
    uint64_t hash = hash_of(kind, first, second);
    struct tt_osdu_note *note = memory->buckets[hash % memory->bucket_count];
    while (note != NULL && !(note->hash == hash && is_named(note, kind, first, second)))
        note = note->in_bucket;
    return note;
}

/* Twice the buckets; without memory for them it goes on with what there is. */
static void grow(struct tt_osdu_memory *memory)
{
    size_t count = 2 * memory->bucket_count;
    struct tt_osdu_note **buckets = tt_mem_zalloc(count * sizeof *buckets);
    if (buckets == NULL)
        return;
    for (struct tt_osdu_note *note = memory->oldest; note != NULL; note = note->newer) {
        note->in_bucket = buckets[note->hash % count];
        buckets[note->hash % count] = note;
    }
    tt_mem_free(memory->buckets);
    memory->buckets = buckets;
    memory->bucket_count = count;
}

struct tt_osdu_note *tt_osdu_memory_get(struct tt_osdu_memory *memory, enum tt_osdu_kind kind,
                                        struct tt_str first, struct tt_str second)
{
    struct tt_osdu_note *note = tt_osdu_memory_find(memory, kind, first, second);
    if (note != NULL) {
        unlink_age(memory, note);
        link_newest(memory, note);
        return note;
    }
    if (memory->note_count >= memory->bucket_count)
        grow(memory);
    size_t bytes = sizeof *note + first.len + second.len;
    note = tt_mem_alloc(bytes);
    if (note == NULL)
        return NULL;
    char *key = (char *)(note + 1);
    memcpy(key, first.ptr, first.len);
    if (second.len > 0)
        memcpy(key + first.len, second.ptr, second.len);
    *note = (struct tt_osdu_note){.hash = hash_of(kind, first, second),
                                  .kind = kind,
                                  .key = {key, first.len + second.len},
                                  .first_len = first.len,
                                  .newest_us = TT_TIME_NONE,
                                  .record_count = -1};
    note->in_bucket = memory->buckets[note->hash % memory->bucket_count];
    memory->buckets[note->hash % memory->bucket_count] = note;
    link_newest(memory, note);
    memory->note_count++;
    charge(memory, note, bytes);
    return note;
}

enum tt_err tt_osdu_note_name(struct tt_osdu_memory *memory, struct tt_osdu_note *note,
                              struct tt_str id)
{
    tt_assert(note->id.ptr == NULL);
    char *copy = tt_mem_alloc(id.len);
    if (copy == NULL)
        return TT_ERR_NO_MEMORY;
    memcpy(copy, id.ptr, id.len);
    note->id = (struct tt_str){copy, id.len};
    charge(memory, note, id.len);
    return TT_OK;
}

enum tt_err tt_osdu_note_wait(struct tt_osdu_memory *memory, struct tt_osdu_note *note,
                              const struct tt_event *event)
{
    struct tt_osdu_waiting *waiting = tt_mem_alloc(sizeof *waiting);
    if (waiting == NULL)
        return TT_ERR_NO_MEMORY;
    waiting->next = NULL;
    waiting->event = tt_event_clone(event, &waiting->bytes);
    if (waiting->event == NULL) {
        tt_mem_free(waiting);
        return TT_ERR_NO_MEMORY;
    }
    *(note->first == NULL ? &note->first : &note->last->next) = waiting;
    note->last = waiting;
    note->waiting++;
    charge(memory, note, waiting->bytes + sizeof *waiting);
    return TT_OK;
}

struct tt_osdu_waiting *tt_osdu_note_take(struct tt_osdu_memory *memory, struct tt_osdu_note *note,
                                          int64_t not_after_us)
{
    struct tt_osdu_waiting *before = NULL, *waiting = note->first;
    while (waiting != NULL && waiting->event->event_time_us > not_after_us) {
        before = waiting;
        waiting = waiting->next;
    }
    if (waiting == NULL)
        return NULL;
    *(before == NULL ? &note->first : &before->next) = waiting->next;
    if (note->last == waiting)
        note->last = before;
    note->waiting--;
    discharge(memory, note, waiting->bytes + sizeof *waiting);
    return waiting;
}

void tt_osdu_waiting_free(struct tt_osdu_waiting *waiting)
{
    if (waiting == NULL)
        return;
    tt_mem_free(waiting->event);
    tt_mem_free(waiting);
}

bool tt_osdu_memory_is_full(const struct tt_osdu_memory *memory)
{
    return memory->bytes > memory->bytes_max;
}

void tt_osdu_memory_forget(struct tt_osdu_memory *memory, struct tt_osdu_note *note)
{
    struct tt_osdu_waiting *waiting;
    while ((waiting = tt_osdu_note_take(memory, note, INT64_MAX)) != NULL)
        tt_osdu_waiting_free(waiting);
    struct tt_osdu_note **place = &memory->buckets[note->hash % memory->bucket_count];
    while (*place != note)
        place = &(*place)->in_bucket;
    *place = note->in_bucket;
    unlink_age(memory, note);
    memory->note_count--;
    discharge(memory, note, note->bytes);
    tt_mem_free((void *)(uintptr_t)note->id.ptr);
    tt_mem_free(note);
}
