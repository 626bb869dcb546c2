/* The crypto port over OpenSSL. Stateless. Threads: any. */
#ifndef TT_ADAPTERS_OPENSSL_CRYPTO_H
#define TT_ADAPTERS_OPENSSL_CRYPTO_H

#include "core/port/crypto.h"

struct tt_crypto tt_openssl_crypto(void);

#endif
