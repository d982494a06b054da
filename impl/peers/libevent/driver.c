/*
 * A thin driver that puts libevent's bufferevent_openssl_filter_new under sslconform.
 *
 * A plain socket is a bufferevent_socket, and wrapping it is bufferevent_openssl_filter_new over it, with the flags of
 * libevent's own sample, le-proxy.c. libevent leaves three things to its user, and they are the driver's doing: to set
 * the original's callbacks on the filter, to free a bufferevent once its event callback has told of an error or an EOF,
 * and to know what is closed and call close-cb (by_driver). Nothing is made up for on the
 * wire: what libevent has not sent when a filter is freed stays unsent.
 *
 * The process holds one session.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lines.h"

/* Without DEFER_CALLBACKS, a filter tells of an EOF before it hands out the data that came with it. */
#define FLAGS (BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)

/* The conditions of the protocol, each with all that it extends. */
#define EVENT_ERROR "\"event-error\",\"event-info\""
#define TCP_INFO "\"tcp-info\",\"event-info\""
#define TCP_ERROR "\"tcp-error\",\"event-error\"," TCP_INFO
#define TCP_EOF "\"tcp-eof\"," TCP_INFO
#define TCP_TIMEOUT "\"tcp-timeout\"," TCP_ERROR
#define TCP_REFUSED "\"tcp-refused\"," TCP_ERROR
#define TCP_SSL_ERROR "\"tcp-ssl-error\"," TCP_ERROR
#define SOCKET_CLOSED "\"socket-closed\"," TCP_ERROR

struct object { /* a name that the suite has given */
	struct object *next;
	struct bufferevent *bev;              /* NULL once it is freed */
	const struct request *made, *connect; /* what made it; what attached its callbacks */
	bool closing;
};

static struct event_base *base;
static struct object *objects; /* the newest first */
static struct request *opened, *held, *waiting, *syncs;
static long seq, polls;
static bool stop;

static void append(struct request **list, struct request *r)
{
	while (*list)
		list = &(*list)->next;
	r->next = NULL;
	*list = r;
}

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

static void answer(const struct request *r)
{
	printf("{\"seq\":%ld,%s\"id\":%s", ++seq, r->deferred ? "\"event\":\"ran\"," : "", get(r, "id"));
	if (opened)
		text("session", get(opened, "session"));
}

static void ok(const struct request *r, const char *what)
{
	answer(r);
	printf(",\"ok\":{%s}", what);
	finish("");
}

static void fail(const struct request *r, const char *types, unsigned long code, const char *message, const char *on)
{
	answer(r);
	condition("error", types, code, message, on);
	finish("");
}

/* ---- Objects ---- */

static void perform(struct request *r);

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

/* Free a bufferevent, and with it all that it is over (BEV_OPT_CLOSE_ON_FREE); libevent has no close-cb. */
static void discard(struct bufferevent *bev)
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
	size_t length = evbuffer_get_length(bufferevent_get_input(bev));
	unsigned char *data = need(malloc(length + 1)), *encoded = need(malloc(length / 3 * 4 + 5));

	length = bufferevent_read(bev, data, length);
	EVP_EncodeBlock(encoded, data, length);
	event("read", name, get(with, "callbacks"), 2);
	printf(",\"data\":\"%s\"", encoded);
	finish("");
	free(data);
	free(encoded);
	fire(name, "read");
}

static void on_event(struct bufferevent *bev, short what, void *with)
{
	int error = EVUTIL_SOCKET_ERROR(); /* before anything else can set it */
	unsigned long ssl = bufferevent_get_openssl_error(bev);
	const char *name = name_of(bev), *has = get(with, "has");

	if (what & BEV_EVENT_CONNECTED) {
		if (strstr(has, "\"connect\"")) {
			event("connect", name, get(with, "callbacks"), 1);
			finish("");
			fire(name, "connect");
		}
		return;
	}
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

static void add(struct request *made, struct bufferevent *bev, const struct request *connect)
{
	struct object *o = need(calloc(1, sizeof *o));

	made->kept = true;
	*o = (struct object){ .next = objects, .bev = bev, .made = made, .connect = connect };
	bufferevent_setcb(bev, strstr(get(connect, "has"), "\"read\"") ? on_read : NULL, NULL, on_event, (void *)connect);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	objects = o;
}

/* ---- Operations ---- */

static void op_hello(struct request *r)
{
	char what[512];

	snprintf(what, sizeof what,
	    "\"name\":\"libevent\",\"version\":\"%s, OpenSSL %s\",\"language\":\"C\","
	    "\"by_driver\":[\"reattach\",\"close\",\"error/then-closed\",\"timeout/closes\",\"argument/closed\"],"
	    "\"capabilities\":[\"connect-callback\",\"wrap-before-connect\",\"alert-name\",\"verify\",\"sni\","
	    "\"tls-in-tls\",\"tls1.2\",\"tls1.3\"]", event_get_version(), OpenSSL_version(OPENSSL_VERSION_STRING));
	ok(r, what);
}

static void op_connect(struct request *r)
{
	struct bufferevent *bev = need(bufferevent_socket_new(base, -1, FLAGS));
	struct sockaddr_storage address;
	int length = sizeof address, error;
	char where[128];

	add(r, bev, r);
	snprintf(where, sizeof where, "%s:%s", get(r, "host"), get(r, "port"));
	if (evutil_parse_sockaddr_port(where, (struct sockaddr *)&address, &length) == 0 &&
	    bufferevent_socket_connect(bev, (struct sockaddr *)&address, length) == 0) {
		ok(r, "");
		return;
	}
	error = EVUTIL_SOCKET_ERROR();
	discard(bev);
	fail(r, TCP_ERROR, error, evutil_socket_error_to_string(error), get(r, "as"));
}

static void op_wrap(struct request *r, struct object *o)
{
	SSL_CTX *context = need(SSL_CTX_new(TLS_client_method()));
	const char *server = get(r, "server_name");
	SSL *ssl;

	if (*get(r, "authority")) {
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
		if (SSL_CTX_load_verify_file(context, get(r, "authority")) != 1)
			die("no authority in", get(r, "authority"));
	}
	ssl = need(SSL_new(context));
	SSL_CTX_free(context); /* the SSL has a reference of its own */
	if (*server && (SSL_set1_host(ssl, server) != 1 || SSL_set_tlsext_host_name(ssl, server) != 1))
		die("not a server's name", server);
	add(r, need(bufferevent_openssl_filter_new(base, o->bev, ssl, BUFFEREVENT_SSL_CONNECTING, FLAGS)), o->connect);
	ok(r, "\"kind\":\"socket\"");
}

static void op_write(struct request *r, struct object *o)
{
	const char *encoded = get(r, "data");
	size_t length = strlen(encoded);
	unsigned char *data = need(malloc(length + 1));
	int n = EVP_DecodeBlock(data, (const unsigned char *)encoded, length);

	if (n < 0)
		die("not base64", encoded);
	for (; length && encoded[length - 1] == '='; length--)
		n--; /* EVP_DecodeBlock counts the padding */
	if (bufferevent_write(o->bev, data, n) == 0)
		ok(r, "");
	else
		fail(r, EVENT_ERROR, 0, "bufferevent_write failed", get(o->made, "as"));
	free(data);
}

static void op_close(struct request *r, struct object *o)
{
	SSL *ssl = bufferevent_openssl_get_ssl(o->bev);

	if (ssl) { /* the idiom of libevent's book: send close_notify, do not wait for the peer's */
		SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
		SSL_shutdown(ssl);
		ERR_clear_error(); /* in a handshake it fails, and must not leave its error to another socket */
	}
	discard(o->bev);
	ok(r, "");
}

static void op_closed(struct request *r, struct object *o)
{
	ok(r, o->bev ? "\"closed\":false" : "\"closed\":true");
}

static void op_sync(struct request *r)
{
	if (r->deferred) /* a copy: with when_every, it may be performed again before it is answered */
		r = memcpy(need(malloc(sizeof *r)), r, sizeof *r);
	r->kept = true;
	r->due = polls + 2;
	append(&syncs, r);
}

static void op_end(struct request *r)
{
	const char *before = ",\"ok\":{\"never_ran\":[";
	int n = 0;

	for (struct object *o = objects; o; o = o->next)
		if (o->bev)
			discard(o->bev);
	answer(r);
	for (struct request *w = waiting; w; w = w->next) {
		if (!w->done && !*get(w, "when_every"))
			printf("%s%s", n++ ? "," : before, get(w, "id"));
		w->done = true;
	}
	finish(n ? "]}" : ",\"ok\":{}");
}

static void perform(struct request *r)
{
	const char *op = get(r, "op");
	void (*on_object)(struct request *, struct object *) = !strcmp(op, "wrap") ? op_wrap :
	    !strcmp(op, "write") ? op_write : !strcmp(op, "close") ? op_close : !strcmp(op, "closed") ? op_closed : NULL;
	struct object *o = objects;

	while (on_object && o && strcmp(get(o->made, "as"), get(r, "on")))
		o = o->next;
	if (on_object && !o) {
		fail(r, EVENT_ERROR, 0, "no socket has this name", NULL);
	} else if (on_object && !o->bev && on_object != op_closed) { /* there is nothing left to call libevent with */
		fail(r, SOCKET_CLOSED, 0, "the bufferevent was freed", get(o->made, "as"));
	} else if (on_object) {
		on_object(r, o);
	} else if (!strcmp(op, "hello")) {
		op_hello(r);
	} else if (!strcmp(op, "open")) {
		opened = r;
		r->kept = true;
		ok(r, "");
	} else if (!strcmp(op, "connect")) {
		op_connect(r);
	} else if (!strcmp(op, "sync")) {
		op_sync(r);
	} else if (!strcmp(op, "end")) {
		op_end(r);
	} else {
		answer(r);
		finish(",\"error\":{\"unsupported\":true}");
	}
}

/* ---- The loop ---- */

static void take(struct request *r)
{
	append(&held, r);
	if (*get(r, "more"))
		return;
	while ((r = held)) {
		held = r->next;
		if (*get(r, "when_callback")) {
			answer(r);
			finish(",\"deferred\":true");
			r->deferred = true;
			append(&waiting, r);
		} else {
			perform(r);
			if (!r->kept) {
				free(r->line);
				free(r);
			}
		}
	}
}

static void on_stdin(evutil_socket_t fd, short what, void *input)
{
	char *line;

	(void)what;
	stop = evbuffer_read(input, fd, -1) <= 0;
	while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF)))
		take(parse(line));
}

int main(void)
{
	struct request *r;

	signal(SIGPIPE, SIG_IGN);
	base = need(event_base_new());
	event_add(need(event_new(base, 0, EV_READ | EV_PERSIST, on_stdin, need(evbuffer_new()))), NULL);
	while (!stop) {
		polls++;
		event_base_loop(base, EVLOOP_ONCE | (syncs ? EVLOOP_NONBLOCK : 0));
		while ((r = syncs) && r->due <= polls) { /* taken in a callback of poll n, due when poll n+2 is done with */
			syncs = r->next;
			ok(r, "");
			if (!r->deferred)
				free(r->line);
			free(r);
		}
	}
	return 0;
}
