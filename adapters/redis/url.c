#include "adapters/redis/url.h"

#include "core/base/str.h"
#include "core/base/time.h"
#include <stdio.h>

enum { PORT_DEFAULT = 6379, PORT_MAX = 65535, DB_MAX = 1 << 20 };

static enum tt_err refuse(const char *why, struct tt_fault *fault)
{
    return tt_fault_set(
        fault, TT_ERR_INVALID,
        "--redis: %s; expected redis://[user@]host[:port][,...][/db] or unix:///path", why);
}

static bool parse_number(struct tt_str text, int max, int *ret_value)
{
    uint64_t value;
    if (text.len == 0 || text.len > 8 || text.ptr[text.len - 1] > '9' ||
        !tt_size_parse(text, &value) || value > (uint64_t)max)
        return false;
    *ret_value = (int)value;
    return true;
}

static bool keep(char name[static TT_REDIS_NAME_BYTES], const char *from, size_t len)
{
    if (len >= TT_REDIS_NAME_BYTES)
        return false;
    memcpy(name, from, len);
    name[len] = '\0';
    return true;
}

static enum tt_err parse_unix(const char *path, struct tt_redis_url *url, struct tt_fault *fault)
{
    size_t len = strcspn(path, "?");
    url->is_unix = true;
    if (len < 2 || path[0] != '/' || !keep(url->first.host, path, len))
        return refuse("the socket's path is missing or too long", fault);
    if (path[len] == '?' && (strncmp(path + len, "?db=", 4) != 0 ||
                             !parse_number(tt_str_from(path + len + 4), DB_MAX, &url->db)))
        return refuse("expected ?db=N behind the socket's path", fault);
    return TT_OK;
}

/* host[:port] between two places. */
static enum tt_err parse_address(const char *at, const char *end, struct tt_redis_address *address,
                                 struct tt_fault *fault)
{
    bool bracket = at < end && *at == '[';
    const char *host_end = memchr(at, bracket ? ']' : ':', (size_t)(end - at));
    if (bracket && host_end == NULL)
        return refuse("the bracket of the address is not closed", fault);
    const char *host = at + bracket, *stop = host_end == NULL ? end : host_end;
    address->port = PORT_DEFAULT;
    if (stop == host || !keep(address->host, host, (size_t)(stop - host)))
        return refuse("the host is missing or too long", fault);
    const char *colon = host_end == NULL ? end : host_end + bracket;
    if (colon < end && (*colon != ':' ||
                        !parse_number((struct tt_str){colon + 1, (size_t)(end - colon - 1)},
                                      PORT_MAX, &address->port) ||
                        address->port == 0))
        return refuse("the port is not a number from 1 to 65535", fault);
    return TT_OK;
}

static enum tt_err parse_addresses(const char *at, const char *end, struct tt_redis_url *url,
                                   struct tt_fault *fault)
{
    struct tt_redis_address *next = &url->first;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        enum tt_err err = parse_address(at, comma == NULL ? end : comma, next, fault);
        if (err != TT_OK || comma == NULL)
            return err;
        if (url->other_count == TT_REDIS_OTHERS_MAX)
            return refuse("more than 16 addresses", fault);
        next = &url->others[url->other_count++];
        at = comma + 1;
    }
}

static enum tt_err parse_tcp(const char *at, struct tt_redis_url *url, struct tt_fault *fault)
{
    const char *slash = strchr(at, '/'), *end = slash == NULL ? at + strlen(at) : slash;
    const char *user_end = memchr(at, '@', (size_t)(end - at));
    if (user_end != NULL) {
        if (memchr(at, ':', (size_t)(user_end - at)) != NULL)
            return refuse(
                "a password does not belong in the URL: put it in TASKTRAIL_REDIS_PASSWORD", fault);
        if (!keep(url->user, at, (size_t)(user_end - at)))
            return refuse("the user's name is too long", fault);
        at = user_end + 1;
    }
    enum tt_err err = parse_addresses(at, end, url, fault);
    if (err != TT_OK)
        return err;
    if (slash != NULL && slash[1] != '\0' &&
        !parse_number(tt_str_from(slash + 1), DB_MAX, &url->db))
        return refuse("the database is not a number", fault);
    return TT_OK;
}

enum tt_err tt_redis_url_parse(const char *text, struct tt_redis_url *ret_url,
                               struct tt_fault *fault)
{
    struct tt_redis_url url = {.db = 0};
    enum tt_err err;
    if (strncmp(text, "unix://", 7) == 0)
        err = parse_unix(text + 7, &url, fault);
    else if (strncmp(text, "redis://", 8) == 0)
        err = parse_tcp(text + 8, &url, fault);
    else if (strncmp(text, "rediss://", 9) == 0)
        err = tt_fault_set(fault, TT_ERR_UNSUPPORTED,
                           "--redis: rediss:// needs TLS, which this build does not have");
    else
        err = refuse("unknown scheme", fault);
    if (err == TT_OK)
        *ret_url = url;
    return err;
}
