#include "reports/prices.h"

#include "core/base/json.h"
#include "reports/prices_text.h" /* made of fixtures/prices.json by the build */
#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
    bool is_text;
} keys[] = {{"date", offsetof(struct tt_prices, date), true},
            {"currency", offsetof(struct tt_prices, currency), true},
            {"region", offsetof(struct tt_prices, region), true},
#define TT_PRICES_KEY(name) {#name, offsetof(struct tt_prices, name), false},
            TT_PRICES(TT_PRICES_KEY)
#undef TT_PRICES_KEY
};
enum { KEYS = sizeof keys / sizeof *keys };

struct tt_str tt_prices_text(void)
{
    return TT_STR(TT_PRICES_TEXT);
}

static bool read_text(const struct tt_json *value, char *to)
{
    if (tt_json_type(value) != TT_JSON_TEXT || tt_json_text(value).len >= TT_PRICES_TEXT_BYTES)
        return false;
    memcpy(to, tt_json_text(value).ptr, tt_json_text(value).len);
    to[tt_json_text(value).len] = '\0';
    return true;
}

static bool read_number(const struct tt_json *value, double *to)
{
    enum tt_json_type type = tt_json_type(value);
    if ((type != TT_JSON_INT && type != TT_JSON_REAL) || tt_json_real(value) < 0)
        return false;
    *to = tt_json_real(value);
    return true;
}

static enum tt_err read_keys(const struct tt_json *json, struct tt_prices *prices,
                             struct tt_fault *fault)
{
    if (tt_json_type(json) != TT_JSON_OBJECT)
        return tt_fault_set(fault, TT_ERR_INVALID, "prices: expected a JSON object");
    for (size_t i = 0; i < KEYS; i++) {
        const struct tt_json *value = tt_json_get(json, keys[i].name);
        void *to = (char *)prices + keys[i].offset;
        if (value == NULL)
            return tt_fault_set(fault, TT_ERR_INVALID, "prices: \"%s\" is missing", keys[i].name);
        if (keys[i].is_text ? !read_text(value, to) : !read_number(value, to))
            return tt_fault_set(fault, TT_ERR_INVALID, "prices: \"%s\": expected %s", keys[i].name,
                                keys[i].is_text ? "a short text" : "a number, not negative");
    }
    if (tt_json_count(json) != KEYS)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "prices: an unknown key; fixtures/prices.json has all there are");
    return TT_OK;
}

enum tt_err tt_prices_parse(struct tt_str text, struct tt_prices *ret_prices,
                            struct tt_fault *fault)
{
    struct tt_json *json = NULL;
    struct tt_prices prices;
    enum tt_err err = tt_json_parse(text, 4, &json, fault);
    if (err == TT_ERR_REJECT) {
        tt_fault_prefix(fault, "prices");
        fault->code = err = TT_ERR_INVALID;
    }
    if (err == TT_OK)
        err = read_keys(json, &prices, fault);
    if (err == TT_OK)
        *ret_prices = prices;
    tt_json_free(json);
    return err;
}
