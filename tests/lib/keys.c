#include "tests/lib/keys.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static FILE *create(const char *path)
{
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    return out;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ck_assert_ptr_nonnull(extension);
    ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void write_certificate(EVP_PKEY *key, const char *path)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    FILE *out = create(path);
    ck_assert_int_eq(PEM_write_X509(out, certificate), 1);
    fclose(out);
    X509_free(certificate);
}

void tt_test_key(int bits, const char *key_path, const char *public_path,
                 const char *certificate_path)
{
    EVP_PKEY *key = EVP_RSA_gen((unsigned)bits);
    ck_assert_ptr_nonnull(key);
    FILE *out = create(key_path);
    ck_assert_int_eq(PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(out);
    if (public_path != NULL) {
        out = create(public_path);
        ck_assert_int_eq(PEM_write_PUBKEY(out, key), 1);
        fclose(out);
    }
    if (certificate_path != NULL)
        write_certificate(key, certificate_path);
    EVP_PKEY_free(key);
}
