/* Happy path: events gather in one buffer; flush sends an XADD each and reads the replies.
 *
 * Failure modes: the connection is lost: what has no reply waits for the next flush; an error
 * reply: that event waits, the confirmed ones are dropped. */
#include "adapters/redis/producer.h"

#include "adapters/redis/keys.h"
#include "adapters/redis/meta.h"
#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/model/task_key.h"

struct waiting {
    size_t offset, len; /* of its JSON in the buffer */
    unsigned partition;
    bool confirmed;
};

struct tt_redis_producer {
    struct tt_redis redis;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1];
    unsigned partitions_wanted, partitions;
    struct tt_buf json;
    struct waiting *waiting;
    size_t count, capacity;
    uint64_t confirmed;
};

enum tt_err tt_redis_producer_create(const struct tt_redis_producer_options *options,
                                     struct tt_redis_producer **ret_producer,
                                     struct tt_fault *fault)
{
    struct tt_redis_url url;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1] = "";
    enum tt_err err = tt_redis_prefix_keep(prefix, options->prefix, fault);
    if (err == TT_OK)
        err = tt_redis_url_parse(options->url, &url, fault);
    if (err != TT_OK)
        return err;
    struct tt_redis_producer *producer = tt_mem_zalloc(sizeof *producer);
    if (producer == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    producer->redis = (struct tt_redis){.url = url, .password = options->password};
    memcpy(producer->prefix, prefix, sizeof producer->prefix);
    producer->partitions_wanted = options->partitions;
    tt_buf_init(&producer->json, 0);
    *ret_producer = producer;
    return TT_OK;
}

void tt_redis_producer_destroy(struct tt_redis_producer *producer)
{
    if (producer == NULL)
        return;
    tt_redis_done(&producer->redis);
    tt_buf_done(&producer->json);
    tt_mem_free(producer->waiting);
    tt_mem_free(producer);
}

enum tt_err tt_redis_producer_connect(struct tt_redis_producer *producer, struct tt_fault *fault)
{
    unsigned partitions = 0;
    int64_t epoch = 0;
    enum tt_err err = tt_redis_connect(&producer->redis, fault);
    if (err == TT_OK)
        err = tt_redis_meta(&producer->redis, producer->prefix, producer->partitions_wanted,
                            &partitions, &epoch, fault);
    if (err != TT_OK)
        return err;
    if (producer->partitions != 0 && producer->partitions != partitions)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "redis: the queue's number of partitions changed from %u to %u",
                            producer->partitions, partitions);
    producer->partitions = partitions;
    return TT_OK;
}

enum tt_err tt_redis_producer_add(struct tt_redis_producer *producer, struct tt_str tenant,
                                  struct tt_str task_id, struct tt_str json, struct tt_fault *fault)
{
    tt_assert(producer->partitions > 0);
    size_t offset = producer->json.len;
    tt_buf_add_str(&producer->json, json);
    if (producer->json.err != TT_OK ||
        tt_mem_reserve((void **)&producer->waiting, &producer->capacity, producer->count + 1,
                       sizeof *producer->waiting) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    producer->waiting[producer->count++] =
        (struct waiting){.offset = offset,
                         .len = json.len,
                         .partition = tt_task_partition(tenant, task_id, producer->partitions)};
    return TT_OK;
}

size_t tt_redis_producer_waiting(const struct tt_redis_producer *producer)
{
    return producer->count;
}

uint64_t tt_redis_producer_confirmed(const struct tt_redis_producer *producer)
{
    return producer->confirmed;
}

static enum tt_err send_one(struct tt_redis_producer *producer, const struct waiting *event,
                            struct tt_fault *fault)
{
    char key[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    tt_redis_key(key, producer->prefix, event->partition, "events");
    tt_redis_word(&command, "XADD");
    tt_redis_word(&command, key);
    tt_redis_word(&command, "*");
    tt_redis_word(&command, "e");
    tt_redis_text(&command, (struct tt_str){producer->json.data + event->offset, event->len});
    return tt_redis_send(&producer->redis, &command, fault);
}

/* Drops the confirmed ones from the list; the buffer is emptied when nothing waits any more. */
static void drop_confirmed(struct tt_redis_producer *producer)
{
    size_t left = 0;
    for (size_t i = 0; i < producer->count; i++)
        if (!producer->waiting[i].confirmed)
            producer->waiting[left++] = producer->waiting[i];
    producer->confirmed += producer->count - left;
    producer->count = left;
    if (left == 0)
        tt_buf_clear(&producer->json);
}

enum tt_err tt_redis_producer_flush(struct tt_redis_producer *producer, struct tt_fault *fault)
{
    enum tt_err err = TT_OK, refused = TT_OK;
    char key[TT_REDIS_KEY_BYTES];
    for (size_t i = 0; i < producer->count && err == TT_OK; i++)
        err = send_one(producer, &producer->waiting[i], fault);
    for (size_t i = 0; i < producer->count && err == TT_OK; i++) {
        redisReply *reply = NULL;
        err = tt_redis_receive(&producer->redis, &reply, fault);
        if (err != TT_OK)
            break;
        tt_redis_key(key, producer->prefix, producer->waiting[i].partition, "events");
        /* the first one's story is kept */
        enum tt_err answer = tt_redis_refused_at(reply, key, fault);
        producer->waiting[i].confirmed = answer == TT_OK;
        if (refused == TT_OK)
            refused = answer;
        freeReplyObject(reply);
    }
    drop_confirmed(producer);
    return err != TT_OK ? err : refused;
}
