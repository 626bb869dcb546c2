#include "core/base/err.h"

#include "core/base/str.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum tt_class class;
} errors[] = {
#define TT_ERR_ROW(name, text, class) [TT_ERR_##name] = {text, TT_CLASS_##class},
    TT_ERRORS(TT_ERR_ROW)
#undef TT_ERR_ROW
};

static bool known(enum tt_err code)
{
    return (unsigned)code < sizeof errors / sizeof *errors;
}

const char *tt_err_name(enum tt_err code)
{
    return known(code) ? errors[code].name : "unknown";
}

enum tt_class tt_err_class(enum tt_err code)
{
    return known(code) ? errors[code].class : TT_CLASS_FATAL;
}

/* Makes the text one line of UTF-8: input may be quoted in it, and cut in mid-character. */
static void clean(char *text)
{
    for (char *at = text; *at != '\0';) {
        size_t len = 1;
        if ((unsigned char)*at < 0x80) {
            if ((unsigned char)*at < 0x20 || *at == 0x7f)
                *at = '?';
        } else {
            size_t left = strnlen(at, 4);
            for (len = 2; len <= left && !tt_str_is_utf8((struct tt_str){at, len}); len++)
                ;
            if (len > left) {
                *at = '?';
                len = 1;
            }
        }
        at += len;
    }
}

enum tt_err tt_fault_set(struct tt_fault *fault, enum tt_err code, const char *fmt, ...)
{
    if (fault == NULL || fault->code != TT_OK)
        return code;
    fault->code = code;
    fault->os_errno = 0;
    va_list args;
    va_start(args, fmt);
    vsnprintf(fault->text, sizeof fault->text, fmt, args);
    va_end(args);
    clean(fault->text);
    return code;
}

enum tt_err tt_fault_errno(struct tt_fault *fault, enum tt_err code, int os_errno, const char *fmt,
                           ...)
{
    if (fault == NULL || fault->code != TT_OK)
        return code;
    fault->code = code;
    fault->os_errno = os_errno;
    va_list args;
    va_start(args, fmt);
    vsnprintf(fault->text, sizeof fault->text, fmt, args);
    va_end(args);
    size_t used = strlen(fault->text);
    snprintf(fault->text + used, sizeof fault->text - used, ": %s", strerror(os_errno));
    clean(fault->text);
    return code;
}

enum tt_err tt_fault_prefix(struct tt_fault *fault, const char *fmt, ...)
{
    if (fault == NULL)
        return TT_OK;
    char context[TT_FAULT_TEXT_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    char whole[2 * TT_FAULT_TEXT_BYTES + 4];
    snprintf(whole, sizeof whole, "%s: %s", context, fault->text);
    whole[sizeof fault->text - 1] = '\0';
    memcpy(fault->text, whole, sizeof fault->text);
    clean(fault->text);
    return fault->code;
}

void tt_fault_clear(struct tt_fault *fault)
{
    if (fault != NULL)
        *fault = (struct tt_fault){0};
}
