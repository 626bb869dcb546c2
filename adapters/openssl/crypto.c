#include "adapters/openssl/crypto.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

/* ---- SHA-256: a tt_digest is an EVP_MD_CTX by another name */

static enum tt_err digest_begin(void *context, struct tt_digest **ret_digest,
                                struct tt_fault *fault)
{
    (void)context;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(digest);
        ERR_clear_error();
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "SHA-256: out of memory");
    }
    *ret_digest = (struct tt_digest *)digest;
    return TT_OK;
}

static void digest_add(struct tt_digest *digest, const void *bytes, size_t len)
{
    if (len > 0)
        (void)EVP_DigestUpdate((EVP_MD_CTX *)digest, bytes, len);
}

static void digest_end(struct tt_digest *digest, unsigned char ret[TT_SHA256_BYTES])
{
    if (ret != NULL)
        (void)EVP_DigestFinal_ex((EVP_MD_CTX *)digest, ret, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)digest);
}

/* ---- RS256 */

/* A key with a passphrase: asked for nowhere, least of all at the terminal. */
static int no_passphrase(char *to, int size, int writing, void *context)
{
    (void)to, (void)size, (void)writing, (void)context;
    return -1;
}

static EVP_PKEY *read_key(struct tt_str pem)
{
    if (pem.len == 0 || pem.len > INT_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (bio == NULL)
        return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* The size of a signature is the key's: 512 bytes where it has 4096 bits. */
static bool sign(EVP_PKEY *key, struct tt_str text, struct tt_buf *signature)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t size = 0;
    bool done = digest != NULL && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestSign(digest, NULL, &size, bytes, text.len) == 1;
    unsigned char *to = done ? (unsigned char *)tt_buf_reserve(signature, size) : NULL;
    done = to != NULL && EVP_DigestSign(digest, to, &size, bytes, text.len) == 1;
    if (done) {
        signature->len += size;
        signature->data[signature->len] = '\0';
    }
    EVP_MD_CTX_free(digest);
    return done;
}

static enum tt_err sign_rs256(void *context, struct tt_str pem, struct tt_str text,
                              struct tt_buf *signature, struct tt_fault *fault)
{
    (void)context;
    EVP_PKEY *key = read_key(pem);
    enum tt_err err = TT_OK;
    if (key == NULL)
        err = tt_fault_set(fault, TT_ERR_INVALID,
                           "private key: expected an RSA key in PEM, without a passphrase");
    else if (!sign(key, text, signature))
        err = signature->err != TT_OK
                  ? tt_fault_set(fault, signature->err, "out of memory")
                  : tt_fault_set(fault, TT_ERR_INVALID, "private key: cannot sign with it");
    EVP_PKEY_free(key);
    ERR_clear_error();
    return err;
}

static enum tt_err hmac_sha256(void *context, struct tt_str key, struct tt_str text,
                               unsigned char ret[TT_SHA256_BYTES], struct tt_fault *fault)
{
    (void)context;
    if (key.len <= INT_MAX && HMAC(EVP_sha256(), key.ptr, (int)key.len,
                                   (const unsigned char *)text.ptr, text.len, ret, NULL) != NULL)
        return TT_OK;
    ERR_clear_error();
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "HMAC: out of memory");
}

struct tt_crypto tt_openssl_crypto(void)
{
    return (struct tt_crypto){NULL, digest_begin, digest_add, digest_end, sign_rs256, hmac_sha256};
}
