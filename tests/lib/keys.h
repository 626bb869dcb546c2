/* RSA keys and certificates of the test's own, as PEM files. */
#ifndef TT_TESTS_LIB_KEYS_H
#define TT_TESTS_LIB_KEYS_H

/* A new private key in `key_path`; unless NULL, its public half in `public_path` and a certificate
 * for localhost and 127.0.0.1, signed by itself, in `certificate_path`. */
void tt_test_key(int bits, const char *key_path, const char *public_path,
                 const char *certificate_path);

#endif
