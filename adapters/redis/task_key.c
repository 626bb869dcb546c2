#include "adapters/redis/task_key.h"

#include <string.h>

/* isspace in the C locale, as Lua's %s */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The text that a name is followed by. *ret_at: where the name stands, NULL: nowhere. False: in
 * doubt, as it is there twice or followed by something else. */
static bool find(struct tt_str payload, struct tt_str name, struct tt_str *ret_text,
                 const char **ret_at)
{
    const char *end = payload.ptr + payload.len;
    const char *at = memmem(payload.ptr, payload.len, name.ptr, name.len);
    *ret_at = at;
    if (at == NULL)
        return true;
    const char *next = at + name.len;
    if (memmem(next - 1, (size_t)(end - next) + 1, name.ptr, name.len) != NULL)
        return false;
    while (next < end && is_space(*next))
        next++;
    if (next == end || *next++ != ':')
        return false;
    while (next < end && is_space(*next))
        next++;
    if (next == end || *next++ != '"')
        return false;
    const char *quote = memchr(next, '"', (size_t)(end - next));
    if (quote == NULL)
        return false;
    *ret_text = (struct tt_str){next, (size_t)(quote - next)};
    return true;
}

size_t tt_redis_task_key(struct tt_str payload, char key[static TT_TASK_KEY_BYTES])
{
    struct tt_str task = TT_STR_NONE, tenant = TT_STR("default");
    const char *task_at, *tenant_at;
    if (payload.len < 2 || memchr(payload.ptr, '\\', payload.len) != NULL ||
        !find(payload, TT_STR("\"task_id\""), &task, &task_at) || task_at == NULL ||
        !find(payload, TT_STR("\"tenant\""), &tenant, &tenant_at))
        return 0;
    if (tenant_at != NULL) {
        const char *inner = memchr(payload.ptr + 1, '{', payload.len - 1);
        if (inner != NULL && inner < tenant_at)
            return 0;
    }
    size_t len = tenant.len + 1 + task.len;
    if (len > TT_TASK_KEY_BYTES)
        return 0;
    memcpy(key, tenant.ptr, tenant.len);
    key[tenant.len] = '/';
    memcpy(key + tenant.len + 1, task.ptr, task.len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
            return 0;
    return len;
}
