/*
 * A thin driver that puts libevent's bufferevent_openssl_filter_new under sslconform.
 *
 * A plain socket is a bufferevent_socket, and wrapping it is bufferevent_openssl_filter_new over it, with the flags of
 * libevent's own sample, le-proxy.c. libevent leaves four things to its user, and they are the driver's doing: to set
 * the original's callbacks on the filter and enable there what was enabled, to free a bufferevent once its event
 * callback has told of an error or an EOF, to know what is closed and call close-cb, and to have OpenSSL send a name but
 * no address (by_driver). Nothing is made up for: what libevent has not sent when a filter is freed stays unsent, and
 * timeouts stay with the bufferevent that they were set on.
 *
 * The process holds one session.
 */
#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "objects.h"
#include "tls.h"

static struct event_base *base;
static struct request *held, *syncs, *finishing;
static long polls;
static bool stop;

static void append(struct request **list, struct request *r)
{
	while (*list)
		list = &(*list)->next;
	r->next = NULL;
	*list = r;
}

/* ---- Operations ---- */

static void op_hello(struct request *r)
{
	char what[1024];

	snprintf(what, sizeof what,
	    "\"name\":\"libevent\",\"version\":\"%s, OpenSSL %s\",\"language\":\"C\","
	    "\"by_driver\":[\"reattach\",\"close\",\"error/then-closed\",\"timeout/closes\",\"argument/closed\",\"verify/sni\"],"
	    "\"capabilities\":[\"read-timeout\",\"write-timeout\",\"pause\",\"write-callback\",\"connect-callback\","
	    "\"wrap-before-connect\",\"client-certificate\",\"key-password\",\"method\",\"status\",\"loop-end\","
	    "\"alert-name\",\"verify\",\"sni\",\"tls-in-tls\",\"tls1.2\",\"tls1.3\"]", event_get_version(), OpenSSL_version(OPENSSL_VERSION_STRING));
	ok(r, what);
}

static bool write_content(struct bufferevent *bev, const struct request *r)
{
	size_t size;
	unsigned char *data = content(r, &size);
	bool written = bufferevent_write(bev, data, size) == 0;

	free(data);
	return written;
}

static void set_timeouts(struct bufferevent *bev, const struct request *r)
{
	long read = strtol(get(r, "read_timeout_ms"), NULL, 10), write = strtol(get(r, "write_timeout_ms"), NULL, 10);
	struct timeval of_read = { read / 1000, read % 1000 * 1000 }, of_write = { write / 1000, write % 1000 * 1000 };

	bufferevent_set_timeouts(bev, read ? &of_read : NULL, write ? &of_write : NULL);
}

static void op_open(struct request *r)
{
	opened = r;
	r->kept = true;
	ok(r, "");
}

static void op_connect(struct request *r)
{
	struct bufferevent *bev = need(bufferevent_socket_new(base, -1, FLAGS));
	struct sockaddr_storage address;
	int length = sizeof address, error;
	char where[128];

	add(r, bev, r, EV_READ | EV_WRITE);
	if (*get(r, "read_timeout_ms") || *get(r, "write_timeout_ms"))
		set_timeouts(bev, r);
	write_content(bev, r);
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
	short enabled = bufferevent_get_enabled(o->bev); /* libevent is about to enable all of it */
	SSL *ssl = client(r);

	if (!ssl) {
		unsigned long error = ERR_get_error();

		ERR_clear_error(); /* it must not be taken for one of a connection */
		fail(r, "", error, ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error),
		    get(o->made, "as"));
		return;
	}
	add(r, need(bufferevent_openssl_filter_new(base, o->bev, ssl, BUFFEREVENT_SSL_CONNECTING, FLAGS)), o->connect, enabled);
	ok(r, "\"kind\":\"socket\"");
}

static void op_write(struct request *r, struct object *o)
{
	if (write_content(o->bev, r))
		ok(r, "");
	else
		fail(r, EVENT_ERROR, 0, "bufferevent_write failed", get(o->made, "as"));
}

static void op_set_timeouts(struct request *r, struct object *o)
{
	set_timeouts(o->bev, r);
	ok(r, "");
}

static short directions(const struct request *r)
{
	return (*get(r, "to_read") ? EV_READ : 0) | (*get(r, "to_write") ? EV_WRITE : 0);
}

static void op_enable(struct request *r, struct object *o)
{
	bufferevent_enable(o->bev, directions(r));
	ok(r, "");
}

static void op_disable(struct request *r, struct object *o)
{
	bufferevent_disable(o->bev, directions(r));
	ok(r, "");
}

static void op_status(struct request *r)
{
	DIR *folder = need(opendir("/proc/self/fd"));
	struct mallinfo2 memory = mallinfo2();
	struct rusage usage;
	char what[128];
	int descriptors = -3; /* ".", "..", and the folder's own */

	while (readdir(folder))
		descriptors++;
	closedir(folder);
	getrusage(RUSAGE_SELF, &usage);
	snprintf(what, sizeof what, "\"descriptors\":%d,\"memory\":%zu,\"cpu_ms\":%ld", descriptors,
	    memory.uordblks + memory.hblkhd, (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	ok(r, what);
}

static void op_close(struct request *r, struct object *o)
{
	SSL *ssl = bufferevent_openssl_get_ssl(o->bev);

	if (ssl)
		say_goodbye(ssl);
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

/* Answered when nothing but the suite's own input is left to wait for: without that, event_base_dispatch would return. */
static void op_finish(struct request *r)
{
	r->kept = true;
	finishing = r;
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

static const struct operation {
	const char *name;
	void (*alone)(struct request *);
	void (*on_object)(struct request *, struct object *);
	bool when_closed; /* it can be asked of an object that libevent has freed */
} operations[] = {
	{ "hello", op_hello, NULL, false },
	{ "open", op_open, NULL, false },
	{ "connect", op_connect, NULL, false },
	{ "wrap", NULL, op_wrap, false },
	{ "write", NULL, op_write, false },
	{ "close", NULL, op_close, false },
	{ "closed", NULL, op_closed, true },
	{ "set-timeouts", NULL, op_set_timeouts, false },
	{ "enable", NULL, op_enable, false },
	{ "disable", NULL, op_disable, false },
	{ "digest", NULL, op_digest, true },
	{ "status", op_status, NULL, false },
	{ "sync", op_sync, NULL, false },
	{ "finish", op_finish, NULL, false },
	{ "end", op_end, NULL, false },
};

/* The operation that a request asks for; NULL if libevent does not have it, or one of its fields. */
static const struct operation *offered(const struct request *r)
{
	const char *name = get(r, "op");

	if (!strcmp(name, "connect") ? *get(r, "stream") || *get(r, "keep") : !strcmp(name, "write") && *get(r, "has"))
		return NULL;
	for (size_t n = 0; n < sizeof operations / sizeof *operations; n++)
		if (!strcmp(operations[n].name, name))
			return &operations[n];
	return NULL;
}

void perform(struct request *r)
{
	const struct operation *operation = offered(r);
	struct object *o = objects;

	if (!operation) {
		answer(r);
		finish(",\"error\":{\"unsupported\":true}");
		return;
	}
	if (operation->alone) {
		operation->alone(r);
		return;
	}
	while (o && strcmp(get(o->made, "as"), get(r, "on")))
		o = o->next;
	if (!o)
		fail(r, EVENT_ERROR, 0, "no socket has this name", NULL);
	else if (!o->bev && !operation->when_closed) /* there is nothing left to call libevent with */
		fail(r, SOCKET_CLOSED, 0, "the bufferevent was freed", get(o->made, "as"));
	else
		operation->on_object(r, o);
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
			forget(get(r, "as"));
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
		if (finishing && event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_ACTIVE) == 1) {
			ok(finishing, "");
			finishing = NULL;
		}
	}
	return 0;
}
