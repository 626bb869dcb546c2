#include "adapters/bigquery/grpc_frame.h"

static const struct {
    const char *name;
    enum tt_err err;
} statuses[] = {
    [TT_GRPC_OK] = {"OK", TT_OK},
    [TT_GRPC_CANCELLED] = {"CANCELLED", TT_ERR_UNAVAILABLE},
    [TT_GRPC_UNKNOWN] = {"UNKNOWN", TT_ERR_UNAVAILABLE},
    [TT_GRPC_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", TT_ERR_INVALID},
    [TT_GRPC_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", TT_ERR_UNAVAILABLE},
    [TT_GRPC_NOT_FOUND] = {"NOT_FOUND", TT_ERR_NOT_FOUND},
    [TT_GRPC_ALREADY_EXISTS] = {"ALREADY_EXISTS", TT_ERR_INVALID},
    [TT_GRPC_PERMISSION_DENIED] = {"PERMISSION_DENIED", TT_ERR_DENIED},
    [TT_GRPC_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", TT_ERR_UNAVAILABLE},
    [TT_GRPC_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", TT_ERR_INVALID},
    [TT_GRPC_ABORTED] = {"ABORTED", TT_ERR_UNAVAILABLE},
    [TT_GRPC_OUT_OF_RANGE] = {"OUT_OF_RANGE", TT_ERR_INVALID},
    [TT_GRPC_UNIMPLEMENTED] = {"UNIMPLEMENTED", TT_ERR_UNSUPPORTED},
    [TT_GRPC_INTERNAL] = {"INTERNAL", TT_ERR_UNAVAILABLE},
    [TT_GRPC_UNAVAILABLE] = {"UNAVAILABLE", TT_ERR_UNAVAILABLE},
    [TT_GRPC_DATA_LOSS] = {"DATA_LOSS", TT_ERR_UNAVAILABLE},
    [TT_GRPC_UNAUTHENTICATED] = {"UNAUTHENTICATED", TT_ERR_DENIED},
};
enum { STATUSES = sizeof statuses / sizeof *statuses };

const char *tt_grpc_status_name(int status)
{
    if (status >= 0 && status < STATUSES)
        return statuses[status].name;
    return status == TT_GRPC_MISSING ? "no status" : "an unknown status";
}

int tt_grpc_status_read(struct tt_str value)
{
    int64_t status = 0;
    if (!tt_str_to_int(value, &status) || status < 0 || status > INT32_MAX)
        return TT_GRPC_MISSING;
    return (int)status;
}

enum tt_err tt_grpc_status_err(int status)
{
    return status >= 0 && status < STATUSES ? statuses[status].err : TT_ERR_UNAVAILABLE;
}

size_t tt_grpc_frame_begin(struct tt_buf *buf)
{
    static const char head[TT_GRPC_HEAD_BYTES];
    tt_buf_add(buf, head, sizeof head);
    return buf->len;
}

void tt_grpc_frame_end(struct tt_buf *buf, size_t began)
{
    if (buf->err != TT_OK)
        return;
    size_t bytes = buf->len - began;
    for (int i = 1; i <= 4; i++, bytes >>= 8)
        buf->data[began - i] = (char)(bytes & 0xff);
}

bool tt_grpc_frame_next(struct tt_str *body, struct tt_str *ret_message)
{
    size_t bytes = 0;
    if (body->len < TT_GRPC_HEAD_BYTES || body->ptr[0] != 0)
        return false;
    for (int i = 1; i <= 4; i++)
        bytes = bytes << 8 | (unsigned char)body->ptr[i];
    if (bytes > body->len - TT_GRPC_HEAD_BYTES)
        return false;
    *ret_message = (struct tt_str){body->ptr + TT_GRPC_HEAD_BYTES, bytes};
    *body = (struct tt_str){ret_message->ptr + bytes, body->len - TT_GRPC_HEAD_BYTES - bytes};
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void tt_percent_decode(struct tt_buf *buf, struct tt_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && i + 2 < text.len ? hex(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex(text.ptr[i + 2]) : -1;
        tt_buf_add_char(buf, (char)(low >= 0 ? high << 4 | low : text.ptr[i]));
        i += low >= 0 ? 2 : 0;
    }
}

void tt_percent_encode(struct tt_buf *buf, struct tt_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i], lower = c | 0x20;
        if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
            (c != '\0' && strchr("-_.~", c) != NULL)) {
            tt_buf_add_char(buf, (char)c);
        } else {
            const char escape[] = {'%', digits[c >> 4], digits[c & 15]};
            tt_buf_add(buf, escape, sizeof escape);
        }
    }
}
