#include "cli/options.h"

#include "core/base/assert.h"
#include "core/base/mem.h"
#include "core/base/time.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static bool belongs(enum tt_option_id id, enum tt_command command)
{
    return command != TT_COMMAND_NONE && (tt_options[id].commands >> command & 1) != 0;
}

static bool parse_int(const char *text, int64_t *ret_value)
{
    uint64_t value;
    struct tt_str view = tt_str_from(text);
    if (view.len == 0 || !isdigit((unsigned char)view.ptr[view.len - 1]) ||
        !tt_size_parse(view, &value) || value > INT64_MAX)
        return false;
    *ret_value = (int64_t)value;
    return true;
}

/* "1%", "0.25%": up to four decimals, as parts in a million. */
static bool parse_share(const char *text, int64_t *ret_value)
{
    int64_t value = 0, scale = 10000;
    bool point = false;
    size_t i = 0;
    for (; text[i] != '%'; i++) {
        if (text[i] == '.' && !point && i > 0) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)text[i]) || value > 100 * 1000000 || (point && scale == 1))
            return false;
        value = value * 10 + (text[i] - '0');
        scale /= point ? 10 : 1;
    }
    if (i == 0 || text[i + 1] != '\0' || text[i - 1] == '.')
        return false;
    *ret_value = value * scale;
    return true;
}

static bool parse_choice(const char *values, const char *text, uint64_t *ret_index)
{
    size_t len = strlen(text);
    uint64_t index = 0;
    for (const char *at = values;; index++) {
        size_t width = strcspn(at, "|");
        if (width == len && memcmp(at, text, len) == 0) {
            *ret_index = index;
            return true;
        }
        if (at[width] == '\0')
            return false;
        at += width + 1;
    }
}

static enum tt_err refuse(const char *from, const char *text, const char *expected,
                          struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_INVALID, "%s: \"%.60s\" is not %s", from, text, expected);
}

static void expect_duration(const struct tt_option *option, char *text, size_t size)
{
    struct tt_buf range;
    tt_buf_init(&range, 0);
    if (option->max < INT64_MAX) {
        tt_buf_add_text(&range, " from ");
        tt_buf_add_duration(&range, option->min);
        tt_buf_add_text(&range, " to ");
        tt_buf_add_duration(&range, option->max);
    }
    snprintf(text, size, "a duration%s: digits and one of us, ms, s, m, h, d, such as 90s",
             range.data == NULL ? "" : range.data);
    tt_buf_done(&range);
}

/* A largest size is a whole number of M. */
static void expect_size(const struct tt_option *option, char *text, size_t size)
{
    char most[40] = "up, such as 512M or 2G";
    if (option->max < INT64_MAX)
        snprintf(most, sizeof most, "to %lldM, such as 2M", (long long)option->max >> 20);
    snprintf(text, size, "a size from %lld byte%s %s", (long long)option->min,
             option->min == 1 ? "" : "s", most);
}

static enum tt_err set_number(struct tt_value *value, const struct tt_option *option,
                              const char *text, const char *from, struct tt_fault *fault)
{
    int64_t number = 0;
    uint64_t bytes = 0;
    char expected[160];
    if (option->type == TT_OPTION_INT) {
        snprintf(expected, sizeof expected, "a whole number from %lld to %lld",
                 (long long)option->min, (long long)option->max);
        if (!parse_int(text, &number))
            return refuse(from, text, expected, fault);
    } else if (option->type == TT_OPTION_SIZE) {
        expect_size(option, expected, sizeof expected);
        if (!tt_size_parse(tt_str_from(text), &bytes) || bytes > INT64_MAX)
            return refuse(from, text, expected, fault);
        number = (int64_t)bytes;
    } else if (option->type == TT_OPTION_SHARE) {
        snprintf(expected, sizeof expected, "a share from %g%% to %g%%, such as 0.5%%",
                 (double)option->min / 10000, (double)option->max / 10000);
        if (!parse_share(text, &number))
            return refuse(from, text, expected, fault);
    } else {
        expect_duration(option, expected, sizeof expected);
        if (!tt_duration_parse(tt_str_from(text), &number))
            return refuse(from, text, expected, fault);
    }
    if (number < option->min || number > option->max)
        return refuse(from, text, expected, fault);
    value->u64 = (uint64_t)number;
    value->us = number;
    return TT_OK;
}

/* What was there, a comma, and the text: owned by the settings. */
static enum tt_err append(struct tt_settings *settings, struct tt_value *value, const char *before,
                          struct tt_fault *fault)
{
    size_t bytes = strlen(before) + strlen(value->text) + 2;
    char *joined = tt_mem_alloc(bytes);
    if (joined == NULL || tt_settings_own(settings, joined) != TT_OK) {
        tt_mem_free(joined);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    snprintf(joined, bytes, "%s,%s", before, value->text);
    value->text = joined;
    return TT_OK;
}

enum tt_err tt_setting_set(struct tt_settings *settings, enum tt_option_id id, const char *text,
                           const char *from, struct tt_fault *fault)
{
    const struct tt_option *option = &tt_options[id];
    struct tt_value value = {.text = text, .from = from};
    enum tt_err err;
    char expected[160];
    switch (option->type) {
    case TT_OPTION_FLAG:
        if (!parse_choice("false|true|0|1", text, &value.u64))
            return refuse(from, text, "true or false", fault);
        value.u64 &= 1;
        break;
    case TT_OPTION_TEXT:
    case TT_OPTION_LIST:
        if (text[0] == '\0')
            return tt_fault_set(fault, TT_ERR_INVALID, "%s: is empty, expected %s", from,
                                option->argument);
        if (option->type == TT_OPTION_LIST && settings->values[id].text != NULL) {
            err = append(settings, &value, settings->values[id].text, fault);
            if (err != TT_OK)
                return err;
        }
        break;
    case TT_OPTION_CHOICE:
        snprintf(expected, sizeof expected, "one of %s", option->values);
        if (!parse_choice(option->values, text, &value.u64))
            return refuse(from, text, expected, fault);
        break;
    case TT_OPTION_TIME:
        if (!tt_time_parse_flag(tt_str_from(text), &value.us))
            return refuse(from, text, "a time such as 2026-03-01T12:00:00Z", fault);
        break;
    case TT_OPTION_INT:
    case TT_OPTION_SIZE:
    case TT_OPTION_DURATION:
    case TT_OPTION_SHARE:
        err = set_number(&value, option, text, from, fault);
        if (err != TT_OK)
            return err;
        break;
    }
    settings->values[id] = value;
    return TT_OK;
}

/* The option that argv[*at] names, by letter or name; TT_OPT_COUNT where there is none. */
static enum tt_option_id find_option(const char *word, const char **ret_argument)
{
    *ret_argument = NULL;
    if (word[1] != '-') {
        for (int id = 0; id < TT_OPT_COUNT; id++)
            if (tt_options[id].letter == word[1] && word[1] != '\0') {
                if (word[2] != '\0')
                    *ret_argument = word + 2;
                return (enum tt_option_id)id;
            }
        return TT_OPT_COUNT;
    }
    size_t len = strcspn(word + 2, "=");
    if (word[2 + len] == '=')
        *ret_argument = word + 2 + len + 1;
    for (int id = 0; id < TT_OPT_COUNT; id++)
        if (strlen(tt_options[id].name) == len && memcmp(tt_options[id].name, word + 2, len) == 0)
            return (enum tt_option_id)id;
    return TT_OPT_COUNT;
}

static enum tt_err read_flag(struct tt_settings *settings, int argc, char **argv, int *at,
                             struct tt_fault *fault)
{
    const char *word = argv[*at], *argument;
    enum tt_option_id id = find_option(word, &argument);
    const char *command =
        settings->command == TT_COMMAND_NONE ? "" : tt_commands[settings->command].name;
    bool anywhere = id == TT_OPT_HELP || id == TT_OPT_VERSION;
    if (id == TT_OPT_COUNT || (!anywhere && !belongs(id, settings->command)))
        return tt_fault_set(fault, TT_ERR_INVALID, "unknown option %s; see tasktrail %s%s--help",
                            word, command, command[0] == '\0' ? "" : " ");
    if (tt_options[id].type == TT_OPTION_FLAG) {
        if (argument != NULL)
            return tt_fault_set(fault, TT_ERR_INVALID, "--%s takes no argument",
                                tt_options[id].name);
        return tt_setting_set(settings, id, "true", word, fault);
    }
    if (argument == NULL) {
        if (*at + 1 >= argc)
            return tt_fault_set(fault, TT_ERR_INVALID, "%s: expected %s behind it", word,
                                tt_option_of(settings->command, id).argument);
        argument = argv[++*at];
    }
    static char names[TT_OPT_COUNT][24];
    snprintf(names[id], sizeof names[id], "--%s", tt_options[id].name);
    return tt_setting_set(settings, id, argument, names[id], fault);
}

static enum tt_err read_environment(struct tt_settings *settings, struct tt_fault *fault)
{
    static char names[TT_OPT_COUNT][40];
    for (int id = 0; id < TT_OPT_COUNT; id++) {
        if (id == TT_OPT_HELP || id == TT_OPT_VERSION || settings->values[id].text != NULL ||
            !belongs((enum tt_option_id)id, settings->command))
            continue;
        snprintf(names[id], sizeof names[id], "TASKTRAIL_%s", tt_options[id].name);
        for (char *c = names[id]; *c != '\0'; c++)
            *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
        const char *text = getenv(names[id]);
        if (text == NULL)
            continue;
        enum tt_err err = tt_setting_set(settings, (enum tt_option_id)id, text, names[id], fault);
        if (err != TT_OK)
            return err;
    }
    return TT_OK;
}

static enum tt_err fill_defaults(struct tt_settings *settings, struct tt_fault *fault)
{
    for (int id = 0; id < TT_OPT_COUNT; id++) {
        if (settings->values[id].text != NULL || tt_options[id].fallback == NULL)
            continue;
        enum tt_err err = tt_setting_set(settings, (enum tt_option_id)id, tt_options[id].fallback,
                                         "default", fault);
        if (err != TT_OK)
            return err;
    }
    return TT_OK;
}

static enum tt_err find_command(struct tt_settings *settings, const char *word,
                                struct tt_fault *fault)
{
    for (int i = 0; i < TT_COMMAND_COUNT; i++)
        if (strcmp(tt_commands[i].name, word) == 0) {
            settings->command = (enum tt_command)i;
            return TT_OK;
        }
    return tt_fault_set(fault, TT_ERR_INVALID, "unknown command %.60s; see tasktrail --help", word);
}

enum tt_err tt_settings_read(struct tt_settings *settings, int argc, char **argv,
                             struct tt_fault *fault)
{
    *settings = (struct tt_settings){.command = TT_COMMAND_NONE};
    const char **arguments = tt_mem_array((size_t)argc + 1, sizeof *arguments);
    if (arguments == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    settings->arguments = arguments;
    enum tt_err err = TT_OK;
    bool only_arguments = false;
    for (int at = 1; at < argc && err == TT_OK; at++) {
        char *word = argv[at];
        if (!only_arguments && strcmp(word, "--") == 0)
            only_arguments = true;
        else if (!only_arguments && word[0] == '-' && word[1] != '\0')
            err = read_flag(settings, argc, argv, &at, fault);
        else if (settings->command == TT_COMMAND_NONE)
            err = find_command(settings, word, fault);
        else
            arguments[settings->argument_count++] = word;
    }
    if (err == TT_OK && !tt_setting_on(settings, TT_OPT_HELP) &&
        settings->command != TT_COMMAND_NONE)
        err = read_environment(settings, fault);
    if (err == TT_OK && settings->values[TT_OPT_CONFIG].text != NULL)
        err = tt_settings_read_config(settings, settings->values[TT_OPT_CONFIG].text, fault);
    if (err == TT_OK)
        err = fill_defaults(settings, fault);
    return err;
}

enum tt_err tt_settings_own(struct tt_settings *settings, char *text)
{
    size_t capacity = settings->owned_count;
    enum tt_err err = tt_mem_reserve((void **)&settings->owned, &capacity,
                                     settings->owned_count + 1, sizeof *settings->owned);
    if (err == TT_OK)
        settings->owned[settings->owned_count++] = text;
    return err;
}

void tt_settings_done(struct tt_settings *settings)
{
    for (size_t i = 0; i < settings->owned_count; i++)
        tt_mem_free(settings->owned[i]);
    tt_mem_free(settings->owned);
    tt_mem_free((void *)(uintptr_t)settings->arguments);
    *settings = (struct tt_settings){.command = TT_COMMAND_NONE};
}

enum tt_err tt_settings_refuse(const struct tt_settings *settings, const enum tt_option_id *ids,
                               size_t count, const char *expected, struct tt_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const struct tt_value *value = &settings->values[ids[i]];
        if (value->text != NULL && value->from[0] == '-')
            return tt_fault_set(fault, TT_ERR_INVALID, "%s %s", value->from, expected);
    }
    return TT_OK;
}

const char *tt_setting_text(const struct tt_settings *settings, enum tt_option_id id)
{
    return settings->values[id].text;
}

uint64_t tt_setting_u64(const struct tt_settings *settings, enum tt_option_id id)
{
    return settings->values[id].u64;
}

int64_t tt_setting_us(const struct tt_settings *settings, enum tt_option_id id)
{
    return settings->values[id].us;
}

bool tt_setting_on(const struct tt_settings *settings, enum tt_option_id id)
{
    return settings->values[id].u64 != 0;
}

bool tt_setting_has(const struct tt_settings *settings, enum tt_option_id id)
{
    return settings->values[id].text != NULL;
}
