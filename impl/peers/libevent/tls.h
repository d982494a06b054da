/* What is OpenSSL's part of a wrap: libevent takes an SSL as it comes. */
#ifndef TLS_H
#define TLS_H

#include <openssl/ssl.h>

#include "lines.h"

/* Makes the SSL of a client as a wrap asks for it; NULL, with the cause in OpenSSL's queue, if it cannot be used. */
SSL *client(const struct request *r);

/* Puts close_notify into the output, if the handshake is done, and waits for nothing: the idiom of libevent's book. */
void say_goodbye(SSL *ssl);

#endif
