#include "objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

struct object *objects;
struct request *opened, *waiting;
static long seq;

/* ---- Lines to the suite ---- */

static void event(const char *kind, const char *on, const char *tag, int arguments)
{
	printf("{\"seq\":%ld", ++seq);
	text("event", kind);
	text("session", get(opened, "session"));
	if (on)
		text("on", on);
	text("callbacks", tag);
	printf(",\"arguments\":%d", arguments);
}

static void condition(const char *key, const char *types, unsigned long code, const char *message, const char *socket)
{
	printf(",\"%s\":{\"types\":[%s],\"code\":%lu", key, types, code);
	text("message", message ? message : "unknown");
	if (socket)
		text("socket", socket);
	/* OpenSSL's reason for an alert that came in is the alert's number on top of this one. */
	if (!strcmp(types, TCP_SSL_ERROR) && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET)
		printf(",\"alert\":%d", ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET);
	putchar('}');
}

void answer(const struct request *r)
{
	printf("{\"seq\":%ld,%s\"id\":%s", ++seq, r->deferred ? "\"event\":\"ran\"," : "", get(r, "id"));
	if (opened)
		text("session", get(opened, "session"));
}

void ok(const struct request *r, const char *what)
{
	answer(r);
	printf(",\"ok\":{%s}", what);
	finish("");
}

void fail(const struct request *r, const char *types, unsigned long code, const char *message, const char *on)
{
	answer(r);
	condition("error", types, code, message, on);
	finish("");
}

/* ---- Objects ---- */

static struct object *find(const struct bufferevent *bev)
{
	struct object *o = objects;

	while (o && o->bev != bev)
		o = o->next;
	return o;
}

static const char *name_of(const struct bufferevent *bev)
{
	struct object *o = find(bev);

	return o ? get(o->made, "as") : "?";
}

/* A callback is running: perform what waits for it. An operation may come back here, so requests are only marked. */
static void fire(const char *on, const char *callback)
{
	for (struct request *r = waiting; r; r = r->next) {
		if (r->done || strcmp(get(r, "when_on"), on) || strcmp(get(r, "when_callback"), callback))
			continue;
		r->done = !*get(r, "when_every");
		perform(r);
	}
}

void discard(struct bufferevent *bev)
{
	for (struct bufferevent *b = bev; b; b = bufferevent_get_underlying(b)) {
		struct object *o = find(b);

		if (o) {
			o->bev = NULL;
			o->closing = true;
		}
	}
	bufferevent_free(bev);
	for (struct object *o = objects; o; o = o->next) {
		const char *tag = get(o->made, "close_callback");

		if (o->closing && *tag) {
			o->closing = false;
			event("close", NULL, tag, 0);
			finish("");
			fire(tag, "close");
		}
		o->closing = false;
	}
}

static void on_read(struct bufferevent *bev, void *with)
{
	const char *name = name_of(bev);
	struct object *o = find(bev);
	size_t length = evbuffer_get_length(bufferevent_get_input(bev));
	unsigned char *data = need(malloc(length + 1)), *encoded = need(malloc(length / 3 * 4 + 5));

	length = bufferevent_read(bev, data, length);
	event("read", name, get(with, "callbacks"), 2);
	if (o && o->digest) {
		o->size += length;
		EVP_DigestUpdate(o->digest, data, length);
		printf(",\"size\":%zu", length);
	} else {
		EVP_EncodeBlock(encoded, data, length);
		printf(",\"data\":\"%s\"", encoded);
	}
	finish("");
	free(data);
	free(encoded);
	fire(name, "read");
}

static void on_write(struct bufferevent *bev, void *with)
{
	const char *name = name_of(bev);

	event("write", name, get(with, "callbacks"), 1);
	finish("");
	fire(name, "write");
}

/*
 * What OpenSSL says of a failure; 0 if it is none of its own. libevent hands out the last error first, and among them what
 * SSL_get_error returned: what went wrong is the first that comes from OpenSSL's queue.
 */
static unsigned long cause(struct bufferevent *bev)
{
	unsigned long error, first = 0;

	while ((error = bufferevent_get_openssl_error(bev)))
		if (!first || ERR_GET_LIB(error))
			first = error;
	return first;
}

static void on_event(struct bufferevent *bev, short what, void *with)
{
	int error = EVUTIL_SOCKET_ERROR(); /* before anything else can set it */
	const char *name = name_of(bev), *has = get(with, "has");
	unsigned long ssl;

	if (what & BEV_EVENT_CONNECTED) {
		if (strstr(has, "\"connect\"")) {
			event("connect", name, get(with, "callbacks"), 1);
			finish("");
			fire(name, "connect");
		}
		return;
	}
	ssl = cause(bev);
	if (strstr(has, "\"event\"")) {
		event("event", NULL, get(with, "callbacks"), 1);
		if (ssl)
			condition("condition", TCP_SSL_ERROR, ssl, ERR_reason_error_string(ssl), name);
		else if (what & BEV_EVENT_EOF)
			condition("condition", TCP_EOF, 0, "end of file", name);
		else
			condition("condition",
			    what & BEV_EVENT_TIMEOUT ? TCP_TIMEOUT : error == ECONNREFUSED ? TCP_REFUSED : TCP_ERROR,
			    error, error ? evutil_socket_error_to_string(error) : "libevent gives no cause", name);
		finish("");
		fire(name, "event");
	}
	if (find(bev)) /* unless it was closed in the callback */
		discard(bev);
}

/* Whether a bufferevent calls back with what a request attached, or the request may be performed again. */
static bool used(const struct request *made)
{
	for (const struct object *o = objects; o; o = o->next)
		if (o->bev && o->connect == made)
			return true;
	return made->deferred;
}

void forget(const char *name)
{
	for (struct object *o, **at = &objects; (o = *at);) {
		if (o->bev || strcmp(get(o->made, "as"), name) || used(o->made)) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		EVP_MD_CTX_free(o->digest);
		free(o->made->line);
		free(o->made);
		free(o);
	}
}

void add(struct request *made, struct bufferevent *bev, const struct request *connect, short enabled)
{
	struct object *o = need(calloc(1, sizeof *o));
	const char *has = get(connect, "has");

	made->kept = true;
	*o = (struct object){ .next = objects, .bev = bev, .made = made, .connect = connect };
	if (*get(connect, "digest"))
		EVP_DigestInit_ex(o->digest = need(EVP_MD_CTX_new()), EVP_sha256(), NULL);
	bufferevent_setcb(bev, strstr(has, "\"read\"") ? on_read : NULL, strstr(has, "\"write\"") ? on_write : NULL, on_event,
	    (void *)connect);
	bufferevent_enable(bev, enabled);
	bufferevent_disable(bev, ~enabled & EV_WRITE); /* a new one comes with it */
	objects = o;
}

void op_digest(struct request *r, struct object *o)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char what[200];
	int n = snprintf(what, sizeof what, "\"size\":%ld,\"sha256\":\"", o->size);
	unsigned length = 0;
	EVP_MD_CTX *so_far = need(EVP_MD_CTX_new());

	if (o->digest) {
		EVP_MD_CTX_copy_ex(so_far, o->digest);
		EVP_DigestFinal_ex(so_far, sum, &length);
		for (unsigned i = 0; i < length; i++)
			n += snprintf(what + n, sizeof what - n, "%02x", sum[i]);
		snprintf(what + n, sizeof what - n, "\"");
		ok(r, what);
	} else {
		fail(r, "", 0, "no digest was asked for", get(o->made, "as"));
	}
	EVP_MD_CTX_free(so_far);
}
