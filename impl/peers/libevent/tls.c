#include "tls.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/util.h>
#include <openssl/err.h>

static int give_password(char *buffer, int size, int writing, void *password)
{
	(void)writing;
	return snprintf(buffer, size, "%s", (const char *)password); /* even an empty one keeps OpenSSL from asking the terminal */
}

/* What a wrap is told of certificates and versions; false if it cannot be used. */
static bool configure(SSL_CTX *context, const struct request *r)
{
	const char *certificate = get(r, "certificate"), *key = get(r, "key"), *method = get(r, "method");
	int version = !strcmp(method, "tls1.2") ? TLS1_2_VERSION : !strcmp(method, "tls1.3") ? TLS1_3_VERSION : 0;

	SSL_CTX_set_default_passwd_cb(context, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(context, (void *)get(r, "password"));
	if (*get(r, "authority")) {
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		if (SSL_CTX_load_verify_file(context, get(r, "authority")) != 1)
			die("no authority in", get(r, "authority"));
	}
	if (*method && (!version || SSL_CTX_set_min_proto_version(context, version) != 1 ||
	    SSL_CTX_set_max_proto_version(context, version) != 1))
		return false;
	return (!*certificate || SSL_CTX_use_certificate_chain_file(context, certificate) == 1) &&
	    (!*key || SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1) &&
	    ((!*certificate && !*key) || SSL_CTX_check_private_key(context) == 1);
}

SSL *client(const struct request *r)
{
	SSL_CTX *context = need(SSL_CTX_new(TLS_client_method()));
	const char *server = get(r, "server_name");
	unsigned char address[4];
	SSL *ssl = NULL;

	if (configure(context, r))
		ssl = need(SSL_new(context));
	SSL_CTX_free(context); /* the SSL has a reference of its own */
	if (ssl && *server && (SSL_set1_host(ssl, server) != 1 ||
	    (evutil_inet_pton(AF_INET, server, address) != 1 && SSL_set_tlsext_host_name(ssl, server) != 1)))
		die("not a server's name", server);
	return ssl;
}

void say_goodbye(SSL *ssl)
{
	SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
	SSL_shutdown(ssl);
	ERR_clear_error(); /* in a handshake it fails, and must not leave its error to another socket */
}
