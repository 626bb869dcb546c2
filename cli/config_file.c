/* The --config file: one JSON object, a key per option with '_' for '-'. A key that belongs to
 * another command is passed over, so that one file serves all commands; a key nobody knows is an
 * error.
 *
 * Failure modes: the file is missing, unreadable, too large or no JSON object: INVALID or NOT_FOUND
 * with its path; a value of the wrong type or out of range: INVALID with path, key and what was
 * expected. */
#include "cli/options.h"

#include "adapters/system/file.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include <stdio.h>

enum { CONFIG_BYTES_MAX = 1 << 20 };

static enum tt_option_id find_key(struct tt_str key)
{
    for (int id = 0; id < TT_OPT_COUNT; id++) {
        const char *name = tt_options[id].name;
        size_t len = strlen(name), i = 0;
        while (i < len && len == key.len && (name[i] == '-' ? '_' : name[i]) == key.ptr[i])
            i++;
        if (i == len && len == key.len)
            return (enum tt_option_id)id;
    }
    return TT_OPT_COUNT;
}

/* A value's text, owned by the settings. */
static enum tt_err keep_text(struct tt_settings *settings, const struct tt_json *value,
                             const char **ret_text)
{
    struct tt_buf text;
    tt_buf_init(&text, CONFIG_BYTES_MAX);
    if (tt_json_type(value) == TT_JSON_TEXT)
        tt_buf_add_str(&text, tt_json_text(value));
    else
        tt_json_write(&text, value);
    tt_buf_add_char(&text, '\0');
    if (text.err != TT_OK || tt_settings_own(settings, text.data) != TT_OK) {
        tt_buf_done(&text);
        return TT_ERR_NO_MEMORY;
    }
    *ret_text = text.data;
    return TT_OK;
}

static enum tt_err read_key(struct tt_settings *settings, const char *path, struct tt_str key,
                            const struct tt_json *value, struct tt_fault *fault)
{
    enum tt_option_id id = find_key(key);
    bool known = settings->command != TT_COMMAND_NONE;
    if (id == TT_OPT_COUNT || id == TT_OPT_CONFIG || id == TT_OPT_HELP || id == TT_OPT_VERSION)
        return tt_fault_set(
            fault, TT_ERR_INVALID,
            "%s: unknown key \"%.*s\"; expected an option with _ for -, such as \"fail_on\"; "
            "see tasktrail %s%s--help",
            path, TT_STR_ARGS(key), known ? tt_commands[settings->command].name : "",
            known ? " " : "");
    enum tt_json_type type = tt_json_type(value);
    if (type != TT_JSON_TEXT && type != TT_JSON_INT && type != TT_JSON_BOOL && type != TT_JSON_REAL)
        return tt_fault_set(fault, TT_ERR_INVALID,
                            "%s: %.*s: expected text, a number or a boolean, found %s", path,
                            TT_STR_ARGS(key), tt_json_type_name(type));
    if (settings->values[id].text != NULL || !known ||
        (tt_options[id].commands >> settings->command & 1) == 0)
        return TT_OK;
    const char *text;
    if (keep_text(settings, value, &text) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    char from[300];
    snprintf(from, sizeof from, "%.200s: %.*s", path, TT_STR_ARGS(key));
    enum tt_err err = tt_setting_set(settings, id, text, from, fault);
    settings->values[id].from = path;
    return err;
}

enum tt_err tt_settings_read_config(struct tt_settings *settings, const char *path,
                                    struct tt_fault *fault)
{
    struct tt_buf text;
    tt_buf_init(&text, CONFIG_BYTES_MAX);
    struct tt_json *root = NULL;
    enum tt_err err = tt_file_read(path, &text, fault);
    if (err == TT_OK) {
        err = tt_json_parse(tt_buf_str(&text), TT_JSON_DEPTH_DEFAULT, &root, fault);
        if (err == TT_ERR_REJECT) {
            tt_fault_prefix(fault, "%s", path);
            err = fault->code = TT_ERR_INVALID;
        }
    }
    if (err == TT_OK && tt_json_type(root) != TT_JSON_OBJECT)
        err = tt_fault_set(fault, TT_ERR_INVALID, "%s: expected an object, found %s", path,
                           tt_json_type_name(tt_json_type(root)));
    void *iter = NULL;
    struct tt_str key;
    const struct tt_json *value;
    while (err == TT_OK && tt_json_next(root, &iter, &key, &value))
        err = read_key(settings, path, key, value, fault);
    tt_json_free(root);
    tt_buf_done(&text);
    return err;
}
