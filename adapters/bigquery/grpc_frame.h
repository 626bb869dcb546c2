/* gRPC messages within an HTTP body: a zero byte, four bytes of length (big end first), the
 * message. Pure functions of bytes. */
#ifndef TT_ADAPTERS_BIGQUERY_GRPC_FRAME_H
#define TT_ADAPTERS_BIGQUERY_GRPC_FRAME_H

#include "core/base/buf.h"

enum { TT_GRPC_HEAD_BYTES = 5 };

/* Codes of google.rpc.Code, in grpc-status as in messages. */
enum tt_grpc_status {
    TT_GRPC_MISSING = -1, /* the answer broke off: whether the call was done is unknown */
    TT_GRPC_OK = 0,
    TT_GRPC_CANCELLED = 1,
    TT_GRPC_UNKNOWN = 2,
    TT_GRPC_INVALID_ARGUMENT = 3,
    TT_GRPC_DEADLINE_EXCEEDED = 4,
    TT_GRPC_NOT_FOUND = 5,
    TT_GRPC_ALREADY_EXISTS = 6,
    TT_GRPC_PERMISSION_DENIED = 7,
    TT_GRPC_RESOURCE_EXHAUSTED = 8,
    TT_GRPC_FAILED_PRECONDITION = 9,
    TT_GRPC_ABORTED = 10,
    TT_GRPC_OUT_OF_RANGE = 11,
    TT_GRPC_UNIMPLEMENTED = 12,
    TT_GRPC_INTERNAL = 13,
    TT_GRPC_UNAVAILABLE = 14,
    TT_GRPC_DATA_LOSS = 15,
    TT_GRPC_UNAUTHENTICATED = 16,
};

const char *tt_grpc_status_name(int status); /* "NOT_FOUND"; never NULL */
/* Of the value of a grpc-status header; absent, or no number of a status: TT_GRPC_MISSING. */
int tt_grpc_status_read(struct tt_str value);
/* UNAVAILABLE, DENIED, INVALID, NOT_FOUND or UNSUPPORTED: what a caller can do about it. */
enum tt_err tt_grpc_status_err(int status);

/* Leaves room for the head of one message at the end of the buffer; tt_grpc_frame_end fills it. */
size_t tt_grpc_frame_begin(struct tt_buf *buf);
void tt_grpc_frame_end(struct tt_buf *buf, size_t began);
/* Takes the next message off the body. False: there is none, or it is cut off or compressed. */
bool tt_grpc_frame_next(struct tt_str *body, struct tt_str *ret_message);

/* Of a grpc-message header: %41 is A; what is no escape stays as it is. */
void tt_percent_decode(struct tt_buf *buf, struct tt_str text);
/* All but letters, digits and -_.~ as %XX. */
void tt_percent_encode(struct tt_buf *buf, struct tt_str text);

#endif
