/* Cryptography, by a library: digests of batches, signatures of service accounts and for AWS. */
#ifndef TT_PORT_CRYPTO_H
#define TT_PORT_CRYPTO_H

#include "core/base/buf.h"

enum { TT_SHA256_BYTES = 32 };

struct tt_digest; /* SHA-256 under way */

struct tt_crypto {
    void *context;
    /* SHA-256: begin, add any number of times, end (frees it; ret NULL: only that). NO_MEMORY. */
    enum tt_err (*digest_begin)(void *context, struct tt_digest **ret_digest,
                                struct tt_fault *fault);
    void (*digest_add)(struct tt_digest *digest, const void *bytes, size_t len);
    void (*digest_end)(struct tt_digest *digest, unsigned char ret[TT_SHA256_BYTES]);
    /* RSASSA-PKCS1-v1_5 with SHA-256 (RS256) by a private key in PEM; appends the bytes. INVALID:
     * no such key; the fault does not quote it. */
    enum tt_err (*sign_rs256)(void *context, struct tt_str pem, struct tt_str text,
                              struct tt_buf *signature, struct tt_fault *fault);
    /* HMAC with SHA-256 (RFC 2104). NO_MEMORY. */
    enum tt_err (*hmac_sha256)(void *context, struct tt_str key, struct tt_str text,
                               unsigned char ret[TT_SHA256_BYTES], struct tt_fault *fault);
};

#endif
