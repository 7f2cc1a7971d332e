#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* Macros of OpenSSL that Swift does not see. */

static inline long parley_ssl_set_host_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}

static inline long parley_ssl_context_set_minimum_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline long parley_ssl_context_set_versions(SSL_CTX *context, int minimum, int maximum) {
    return SSL_CTX_set_min_proto_version(context, minimum) &
           SSL_CTX_set_max_proto_version(context, maximum);
}

/* DTLS: datagrams, not streams. */

static inline void parley_ssl_set_mtu(SSL *ssl, long bytes) {
    SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl, bytes);
}

/* A BIO that has nothing to read now, and may have later. */
static inline void parley_bio_wait(BIO *bio) { BIO_set_retry_read(bio); }
static inline void parley_bio_go_on(BIO *bio) { BIO_clear_retry_flags(bio); }

/* Until the handshake's timer is due; false when it does not run. */
static inline int parley_dtls_timeout(SSL *ssl, struct timeval *left) {
    return DTLSv1_get_timeout(ssl, left) == 1;
}

static inline long parley_dtls_handle_timeout(SSL *ssl) { return DTLSv1_handle_timeout(ssl); }

/* No renegotiation, no tickets: one handshake for one call. */
static inline void parley_dtls_allow_one_handshake(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_read_ahead(context, 1);
}

static inline EVP_PKEY *parley_p256_key(void) { return EVP_EC_gen("P-256"); }

/* A seconds-exact GeneralizedTime or UTCTime, so many seconds from now. */
static inline int parley_x509_set_validity(X509 *certificate, long from, long until) {
    return X509_gmtime_adj(X509_getm_notBefore(certificate), from) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), until);
}
