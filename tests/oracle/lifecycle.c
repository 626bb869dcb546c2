#include "oracle.h"

#include <string.h>

static int add_known(struct lifecycle *lifecycle, const char *status)
{
    int number = status_number(lifecycle, status);
    if (number >= 0)
        return number;
    if (lifecycle->count == STATUSES_MAX)
        give_up(3, "a lifecycle with more than %d statuses", STATUSES_MAX);
    lifecycle->known[lifecycle->count] = status;
    lifecycle->max_age_us[lifecycle->count] = -1;
    return lifecycle->count++;
}

static void read_one(json_t *json, struct lifecycle *lifecycle)
{
    size_t i;
    json_t *item, *list;
    const char *name;
    lifecycle->json = json;
    json_array_foreach(json_object_get(json, "initial"), i, item)
        lifecycle->initial[add_known(lifecycle, json_string_value(item))] = true;
    json_array_foreach(json_object_get(json, "terminal"), i, item)
        lifecycle->terminal[add_known(lifecycle, json_string_value(item))] = true;
    json_object_foreach(json_object_get(json, "transitions"), name, list)
    {
        int from = add_known(lifecycle, name);
        json_array_foreach(list, i, item)
            lifecycle->listed[from][add_known(lifecycle, json_string_value(item))] = true;
    }
    json_object_foreach(json_object_get(json, "max_age"), name, item)
    {
        int status = status_number(lifecycle, name);
        if (status < 0 || !parse_duration(json_string_value(item), &lifecycle->max_age_us[status]))
            give_up(2, "a bad max_age for %s", name);
    }
}

void read_lifecycles(const char *path, struct options *options)
{
    json_error_t error;
    options->lifecycle_file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (options->lifecycle_file == NULL)
        give_up(2, "%s:%d: %s", path, error.line, error.text);
    json_t *list = json_object_get(options->lifecycle_file, "lifecycles");
    options->lifecycle_count = list != NULL ? json_array_size(list) : 1;
    options->lifecycles = get_memory(options->lifecycle_count, sizeof *options->lifecycles);
    for (size_t i = 0; i < options->lifecycle_count; i++)
        read_one(list != NULL ? json_array_get(list, i) : options->lifecycle_file,
                 &options->lifecycles[i]);
}

static bool names_type(const struct lifecycle *lifecycle, const char *task_type)
{
    json_t *types = json_object_get(lifecycle->json, "task_types"), *item;
    size_t i;
    if (types == NULL)
        return strcmp(task_type, "*") == 0;
    json_array_foreach(types, i, item)
    {
        if (strcmp(json_string_value(item), task_type) == 0)
            return true;
    }
    return false;
}

const struct lifecycle *find_lifecycle(const struct options *options, const char *task_type)
{
    for (size_t i = 0; i < options->lifecycle_count; i++)
        if (task_type != NULL && names_type(&options->lifecycles[i], task_type))
            return &options->lifecycles[i];
    for (size_t i = 0; i < options->lifecycle_count; i++)
        if (names_type(&options->lifecycles[i], "*"))
            return &options->lifecycles[i];
    return NULL;
}

int status_number(const struct lifecycle *lifecycle, const char *status)
{
    for (int i = 0; i < lifecycle->count; i++)
        if (strcmp(lifecycle->known[i], status) == 0)
            return i;
    return -1;
}

bool bad_start(const struct lifecycle *lifecycle, const char *status)
{
    int number = lifecycle != NULL ? status_number(lifecycle, status) : -1;
    return number >= 0 && !lifecycle->initial[number];
}

bool bad_step(const struct lifecycle *lifecycle, const char *from, const char *to)
{
    int a = lifecycle != NULL ? status_number(lifecycle, from) : -1;
    int b = lifecycle != NULL ? status_number(lifecycle, to) : -1;
    return a >= 0 && b >= 0 && !lifecycle->listed[a][b];
}

size_t count_violations(const struct lifecycle *lifecycle, struct event **order, size_t count)
{
    size_t violations = count > 0 && bad_start(lifecycle, order[0]->status);
    for (size_t i = 1; i < count; i++)
        violations += bad_step(lifecycle, order[i - 1]->status, order[i]->status);
    return violations;
}

/* Breadth first from `from`, targets in the order of the file. Gives the way there, both ends
 * included, or NULL. */
static json_t *breadth_first(const struct lifecycle *lifecycle, int from, int to)
{
    int queue[STATUSES_MAX], came_from[STATUSES_MAX], head = 0, tail = 0;
    bool seen[STATUSES_MAX] = {false};
    json_t *item;
    size_t i;
    queue[tail++] = from;
    seen[from] = true;
    came_from[from] = -1;
    while (head < tail && !seen[to]) {
        int here = queue[head++];
        json_t *transitions = json_object_get(lifecycle->json, "transitions");
        json_array_foreach(json_object_get(transitions, lifecycle->known[here]), i, item)
        {
            int next = status_number(lifecycle, json_string_value(item));
            if (seen[next])
                continue;
            seen[next] = true;
            came_from[next] = here;
            queue[tail++] = next;
        }
    }
    if (!seen[to])
        return NULL;
    json_t *path = json_array();
    for (int at = to; at >= 0; at = came_from[at])
        json_array_insert_new(path, 0, json_string(lifecycle->known[at]));
    return path;
}

json_t *path_between(const struct lifecycle *lifecycle, const char *from, const char *to)
{
    json_t *path =
        breadth_first(lifecycle, status_number(lifecycle, from), status_number(lifecycle, to));
    if (path != NULL) {
        json_array_remove(path, json_array_size(path) - 1);
        json_array_remove(path, 0);
    }
    return path;
}

json_t *path_from_start(const struct lifecycle *lifecycle, const char *to)
{
    json_t *best = NULL, *item;
    size_t i;
    json_array_foreach(json_object_get(lifecycle->json, "initial"), i, item)
    {
        json_t *path = breadth_first(lifecycle, status_number(lifecycle, json_string_value(item)),
                                     status_number(lifecycle, to));
        if (path != NULL && (best == NULL || json_array_size(path) < json_array_size(best))) {
            json_decref(best);
            best = json_incref(path);
        }
        json_decref(path);
    }
    if (best != NULL)
        json_array_remove(best, json_array_size(best) - 1);
    return best;
}
