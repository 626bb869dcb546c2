/* A model of the queue's server: what stands in Redis for the partitions of a queue, and the
 * scripts of adapters/redis over it, statement by statement. No connections, no time of its own,
 * no chance: the same calls give the same answers. tests/sim/test_honest_queue.c holds it against
 * the real one.
 *
 * A partition is one flat struct, so that a copy of it is a snapshot. Keys, payloads and names are
 * borrowed and must outlive the server. */
#ifndef TT_TESTS_SIM_SERVER_H
#define TT_TESTS_SIM_SERVER_H

#include "core/port/queue.h"

enum {
    TT_MODEL_PARTITIONS_MAX = 8,
    TT_MODEL_ENTRIES_MAX = 400,
    TT_MODEL_READY_MAX = 4000, /* may hold a task several times */
    TT_MODEL_TOKENS_MAX = 2000,
    TT_MODEL_LEASES_MAX = 200,
    TT_MODEL_WORKERS_MAX = 64,
    TT_MODEL_NAME_BYTES = 64,
    TT_MODEL_KEY_BYTES = 40,
    TT_MODEL_KEYS_MAX = 64,
};

struct tt_model_id {
    int64_t ms, seq;
};

struct tt_model_entry {
    struct tt_model_id id;
    struct tt_str payload;
    const char *key; /* of its turn */
};

/* Tokens of nobody: '*' has what waits, '+' what is parked. */
enum { TT_MODEL_WAITING, TT_MODEL_OUT, TT_MODEL_FIRST_TOKEN };

struct tt_model_pending {
    struct tt_model_id id;
    int token;
    int64_t deliveries;
    int64_t given_ms; /* looked at where nothing is locked */
};

struct tt_model_turn {
    const char *key;
    struct tt_model_id id;
};

struct tt_model_held {
    const char *key;
    int token;
};

struct tt_model_lease {
    int token;
    int64_t ends_ms;
};

struct tt_model_letter {
    struct tt_model_id id, entry_id;
    struct tt_str payload;
    char reason[16];
    int64_t tries;
    const char *parked; /* the task that waits behind it; NULL: none */
};

struct tt_model_parked {
    const char *key;
    struct tt_model_id id; /* of its dead letter's entry */
};

struct tt_model_partition {
    bool has_group;
    struct tt_model_entry entries[TT_MODEL_ENTRIES_MAX]; /* by id */
    struct tt_model_id last_id, delivered, wake;
    struct tt_model_pending pending[TT_MODEL_ENTRIES_MAX]; /* by id */
    struct tt_model_turn waits[TT_MODEL_ENTRIES_MAX];      /* by key, then id */
    struct tt_model_turn behind[TT_MODEL_ENTRIES_MAX];     /* likewise, of parked tasks */
    struct tt_model_parked parked[TT_MODEL_ENTRIES_MAX];
    struct tt_model_held held[TT_MODEL_ENTRIES_MAX];
    struct tt_model_lease leases[TT_MODEL_LEASES_MAX];
    struct tt_model_letter letters[TT_MODEL_ENTRIES_MAX]; /* by id */
    const char *ready[TT_MODEL_READY_MAX];
    size_t entry_count, pending_count, wait_count, held_count, lease_count, letter_count,
        ready_count, behind_count, parked_count;
    int64_t fence;
};

struct tt_model_server {
    unsigned partition_count;
    struct tt_model_partition partitions[TT_MODEL_PARTITIONS_MAX];
    char tokens[TT_MODEL_TOKENS_MAX][TT_MODEL_NAME_BYTES];
    int token_count;
    char keys[TT_MODEL_KEYS_MAX][TT_MODEL_KEY_BYTES]; /* of letters */
    size_t key_count;
    struct {
        char name[TT_MODEL_NAME_BYTES];
        int64_t seen_ms;
    } workers[TT_MODEL_WORKERS_MAX];
    size_t worker_count;
    int64_t now_ms;   /* the server's clock; the caller moves it */
    bool gives_all;   /* sabotage: entries are handed out without regard to turns */
    uint64_t changes; /* grows when somebody who waits may find something */
};

/* New entries that somebody has seen and would like to have. */
struct tt_model_offers {
    struct tt_model_id after; /* they begin behind it */
    struct tt_model_entry entries[TT_MODEL_ENTRIES_MAX];
    size_t count;
    bool all; /* there was no more */
};

/* What a script of a claim answers. Entries point into the partition. */
struct tt_model_claim {
    int64_t fence;
    int more; /* as in TT_LUA_CLAIM */
    struct tt_model_id last;
    uint64_t vanished;
    size_t count, task_count;
    bool mixed; /* some had waited, so they stand in the order of their tasks */
    struct tt_model_entry entries[TT_MODEL_ENTRIES_MAX];
    int64_t deliveries[TT_MODEL_ENTRIES_MAX];
    const char *tasks[TT_MODEL_ENTRIES_MAX];
};

static inline int tt_model_id_compare(struct tt_model_id a, struct tt_model_id b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return (a.seq > b.seq) - (a.seq < b.seq);
}

void tt_model_server_init(struct tt_model_server *server, unsigned partitions);
/* A new consumer; its name decides its place among others. */
int tt_model_token(struct tt_model_server *server, const char *name);

/* A copy of the text that lives as long as the server. */
const char *tt_model_key(struct tt_model_server *server, const char *text);

/* XADD with '*'. */
struct tt_model_id tt_model_add(struct tt_model_server *server, unsigned partition,
                                struct tt_str payload, const char *key);
void tt_model_make_group(struct tt_model_server *server, unsigned partition);

/* The scripts. */
void tt_model_claim(struct tt_model_server *server, unsigned partition, int token, int64_t lease_ms,
                    size_t count, int64_t floor, size_t waiting_max,
                    const struct tt_model_offers *offers, struct tt_model_claim *ret_claim);
/* The same, of which only the first `parts` writes happen (server_half.c); false: nothing, or all.
 * Offers are what stands behind the last entry delivered. */
enum { TT_MODEL_CLAIM_PARTS = 12 };
bool tt_model_half_claim(struct tt_model_server *server, unsigned partition, int token,
                         int64_t lease_ms, size_t count, unsigned parts,
                         struct tt_model_partition *scratch);
/* Up to `max` of what stands behind an id. */
void tt_model_look(const struct tt_model_server *server, unsigned partition,
                   struct tt_model_id after, size_t max, struct tt_model_offers *ret_offers);
/* Number of tasks that became ready; -1: the lease had ended. */
int64_t tt_model_finish(struct tt_model_server *server, unsigned partition, int token,
                        const struct tt_model_id *ids, size_t id_count, const char *const *tasks,
                        size_t task_count);
uint64_t tt_model_give_back(struct tt_model_server *server, unsigned partition, int token);
bool tt_model_renew(struct tt_model_server *server, unsigned partition, int token,
                    int64_t lease_ms);
uint64_t tt_model_tend(struct tt_model_server *server, unsigned partition);
void tt_model_trim(struct tt_model_server *server, unsigned partition);
/* token -1: without locking. */
void tt_model_bury(struct tt_model_server *server, unsigned partition, int token,
                   struct tt_model_id id, const char *reason, int64_t tries, struct tt_str payload);
/* behind: ids of the same task that the caller has. */
void tt_model_park(struct tt_model_server *server, unsigned partition, int token,
                   struct tt_model_id id, const char *reason, int64_t tries, struct tt_str payload,
                   const char *key, const struct tt_model_id *behind, size_t behind_count);
/* The letter is requeued or dropped; one that no task waits behind is only dropped here. */
void tt_model_unbury(struct tt_model_server *server, unsigned partition, size_t letter,
                     bool requeue);
struct tt_queue_backlog tt_model_backlog(const struct tt_model_server *server, unsigned partition);
/* Without locking: new entries; what others have had for so long, from the cursor on; done. */
void tt_model_read(struct tt_model_server *server, unsigned partition, int consumer, size_t count,
                   struct tt_model_claim *ret_claim);
void tt_model_recover(struct tt_model_server *server, unsigned partition, int consumer,
                      size_t count, int64_t idle_ms, struct tt_model_id *cursor,
                      struct tt_model_claim *ret_claim);
void tt_model_acknowledge(struct tt_model_server *server, unsigned partition,
                          struct tt_model_id id);
/* What a claim, or a hold, begins with. */
void tt_model_tidy(struct tt_model_server *server, unsigned partition, int token);
/* Holds an id without entries of it; 0: somebody alive has it. */
int64_t tt_model_hold_id(struct tt_model_server *server, unsigned partition, int token,
                         const char *key, int64_t lease_ms, int64_t floor);
/* alive, rank; lifetime 0: the worker leaves. */
void tt_model_beat(struct tt_model_server *server, const char *name, int64_t lifetime_ms,
                   unsigned *ret_alive, unsigned *ret_rank);

/* Inside: server.c, server_turns.c, server_claim.c, server_half.c, server_park.c,
 * server_plain.c. */
struct tt_model_keys {
    const char *list[TT_MODEL_ENTRIES_MAX];
    size_t count;
};
void tt_model_keys_add(struct tt_model_keys *keys, const char *key);
bool tt_model_keys_have(const struct tt_model_keys *keys, const char *key);
const struct tt_model_entry *tt_model_find(const struct tt_model_partition *p,
                                           struct tt_model_id id);
struct tt_model_pending *tt_model_pending_find(struct tt_model_partition *p, struct tt_model_id id);
void tt_model_pending_drop(struct tt_model_partition *p, struct tt_model_id id);
void tt_model_wait_for(struct tt_model_partition *p, const char *key, struct tt_model_id id);
void tt_model_turn_add(struct tt_model_turn *list, size_t *count, const char *key,
                       struct tt_model_id id);
size_t tt_model_first_turn(const struct tt_model_turn *list, size_t count, const char *key);
void tt_model_put_letter(struct tt_model_server *server, struct tt_model_partition *p,
                         const struct tt_model_letter *letter);
/* NULL: it is not. */
struct tt_model_parked *tt_model_find_parked(struct tt_model_partition *p, const char *key);
/* Whether there is the letter of the entry that it names. */
bool tt_model_has_letter_of(const struct tt_model_partition *p,
                            const struct tt_model_parked *parked);
/* Where it is not parked already. */
void tt_model_set_parked(struct tt_model_partition *p, const char *key, struct tt_model_id id);
/* To consumer '+', out of everybody's reach. */
void tt_model_put_out(struct tt_model_partition *p, const char *key, struct tt_model_id id);
/* The first that waits for the key; its place, or SIZE_MAX. */
size_t tt_model_first_wait(const struct tt_model_partition *p, const char *key);
void tt_model_wait_drop(struct tt_model_partition *p, size_t place);
int tt_model_holder(const struct tt_model_partition *p, const char *key); /* -1: nobody */
void tt_model_hold(struct tt_model_partition *p, const char *key, int token);
void tt_model_release(struct tt_model_partition *p, const char *key);
void tt_model_push_ready(struct tt_model_partition *p, const char *key);
const struct tt_model_lease *tt_model_lease(const struct tt_model_partition *p, int token);
bool tt_model_alive(const struct tt_model_server *server, const struct tt_model_partition *p,
                    int token);
void tt_model_set_lease(struct tt_model_partition *p, int token, int64_t ends_ms);
void tt_model_drop_lease(struct tt_model_partition *p, int token);
size_t tt_model_mark_ready(struct tt_model_server *server, struct tt_model_partition *p,
                           struct tt_model_keys *tasks);
uint64_t tt_model_give_back_in(struct tt_model_server *server, struct tt_model_partition *p,
                               int token);
/* What the token has pending waits, or is parked; gives how many entries have vanished. */
uint64_t tt_model_take_from(struct tt_model_partition *p, int token, struct tt_model_keys *tasks);
uint64_t tt_model_begin_anew(struct tt_model_server *server, struct tt_model_partition *p);
/* Tokens that have something pending, by name. */
size_t tt_model_consumers(const struct tt_model_server *server, const struct tt_model_partition *p,
                          int *ret_tokens);

#endif
