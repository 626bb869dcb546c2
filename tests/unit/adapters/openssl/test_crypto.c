#include "adapters/openssl/crypto.h"

#include "tests/lib/keys.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

static void hex(const unsigned char bytes[TT_SHA256_BYTES], char text[2 * TT_SHA256_BYTES + 1])
{
    for (int i = 0; i < TT_SHA256_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

TT_TEST(a_digest_is_that_of_the_standard_in_any_pieces)
{
    struct tt_crypto crypto = tt_openssl_crypto();
    struct tt_digest *digest = NULL;
    unsigned char bytes[TT_SHA256_BYTES];
    char text[65];
    ck_assert_int_eq(crypto.digest_begin(crypto.context, &digest, NULL), TT_OK);
    crypto.digest_add(digest, "a", 1);
    crypto.digest_add(digest, NULL, 0);
    crypto.digest_add(digest, "bc", 2);
    crypto.digest_end(digest, bytes);
    hex(bytes, text); /* FIPS 180-4, the example "abc" */
    ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_int_eq(crypto.digest_begin(crypto.context, &digest, NULL), TT_OK);
    crypto.digest_end(digest, NULL);
}
TT_END

static bool verify(const char *public_path, struct tt_str text, const struct tt_buf *signature)
{
    FILE *in = fopen(public_path, "r");
    EVP_PKEY *key = PEM_read_PUBKEY(in, NULL, NULL, NULL);
    fclose(in);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    int good = EVP_DigestVerify(context, (const unsigned char *)signature->data, signature->len,
                                (const unsigned char *)text.ptr, text.len);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good == 1;
}

TT_TEST(a_signature_is_as_long_as_the_key_and_verifies)
{
    struct tt_crypto crypto = tt_openssl_crypto();
    for (int bits = 2048; bits <= 4096; bits += 2048) {
        char key[400], public[400];
        snprintf(key, sizeof key, "%s", tt_tmpfile("key.pem"));
        snprintf(public, sizeof public, "%s", tt_tmpfile("public.pem"));
        tt_test_key(bits, key, public, NULL);
        char *pem = tt_read_file(key, NULL);
        struct tt_buf signature;
        tt_buf_init(&signature, 0);
        struct tt_fault fault = {0};
        enum tt_err err =
            crypto.sign_rs256(crypto.context, tt_str_from(pem), TT_STR("a.b"), &signature, &fault);
        ck_assert_msg(err == TT_OK, "%s", fault.text);
        ck_assert_uint_eq(signature.len, (size_t)bits / 8);
        ck_assert(verify(public, TT_STR("a.b"), &signature));
        ck_assert(!verify(public, TT_STR("a.c"), &signature));
        tt_buf_done(&signature);
        free(pem);
    }
}
TT_END

TT_TEST(what_is_no_rsa_key_is_invalid_and_not_quoted)
{
    static const char *const bad[] = {
        "", "canary", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n",
        /* an Ed25519 key of RFC 8410 */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n"};
    struct tt_crypto crypto = tt_openssl_crypto();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tt_fault fault = {0};
        struct tt_buf signature;
        tt_buf_init(&signature, 0);
        ck_assert_int_eq(
            crypto.sign_rs256(crypto.context, tt_str_from(bad[i]), TT_STR("a"), &signature, &fault),
            TT_ERR_INVALID);
        ck_assert_uint_eq(signature.len, 0);
        ck_assert_ptr_null(strstr(fault.text, "canary"));
        tt_buf_done(&signature);
    }
}
TT_END

TT_TEST(an_hmac_is_that_of_the_standard)
{
    struct tt_crypto crypto = tt_openssl_crypto();
    unsigned char bytes[TT_SHA256_BYTES];
    char hex[2 * TT_SHA256_BYTES + 1];
    struct tt_fault fault = {0}; /* test case 2 of RFC 4231 */
    ck_assert_int_eq(crypto.hmac_sha256(crypto.context, TT_STR("Jefe"),
                                        TT_STR("what do ya want for nothing?"), bytes, &fault),
                     TT_OK);
    for (int i = 0; i < TT_SHA256_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
TT_END

TT_SUITE("adapters/openssl", a_digest_is_that_of_the_standard_in_any_pieces,
         a_signature_is_as_long_as_the_key_and_verifies,
         what_is_no_rsa_key_is_invalid_and_not_quoted, an_hmac_is_that_of_the_standard)
