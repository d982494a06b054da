/* The client of `make bench` that is libevent's: a bufferevent on a socket, and the filter that puts OpenSSL on top of it.
 * What it is told, and answers, is described in impl/bench/doc.go. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { PIECE = 64 << 10, MESSAGE = 100, MANY = 16 };
typedef long long number;

static struct event_base *base;
static SSL_CTX *context;
static struct sockaddr_in server;
static const char *name, *failure;

static number now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static number used(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000LL + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000LL;
}

static number resident(void)
{
	long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f) {
		if (fscanf(f, "%ld %ld", &size, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * (number)sysconf(_SC_PAGESIZE);
}

static void fail(const char *why)
{
	if (!failure)
		failure = why;
	event_base_loopbreak(base);
}

/* What is under way: one thing at a time. */
static struct {
	char what;             /* H, E, D, U, S */
	number count, at_once; /* handshakes, sockets; round trips are counted, too */
	number size, left, got;
	number begun, done;
	number wall, cpu, trip, *each, trips;
	number before, wrap, memory, exchange;
	struct bufferevent **open;
} job;

static void start(void)
{
	job.wall = now();
	job.cpu = used();
}

static void stop(void)
{
	job.wall = now() - job.wall;
	job.cpu = used() - job.cpu;
}

static void command(struct bufferevent *tls, char what, uint64_t size)
{
	unsigned char request[9] = {what};

	for (int n = 0; n < 8; n++)
		request[1 + n] = size >> (56 - 8 * n);
	bufferevent_write(tls, request, sizeof request);
}

static const char zeros[PIECE];

static void end(struct bufferevent *tls)
{
	SSL *ssl = bufferevent_openssl_get_ssl(tls);

	SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
	SSL_shutdown(ssl);
	bufferevent_free(tls);
}

static void finish(struct bufferevent *tls)
{
	stop();
	end(tls);
	event_base_loopbreak(base);
}

static void next(void);

static void exchange(void)
{
	job.wrap = now() - job.wall;
	job.memory = (resident() - job.before) / job.count;
	job.exchange = now();
	for (number n = 0; n < job.count; n++) {
		command(job.open[n], 'E', MESSAGE);
		bufferevent_write(job.open[n], zeros, MESSAGE);
	}
}

static void shaken(struct bufferevent *tls)
{
	switch (job.what) {
	case 'H':
		end(tls);
		if (++job.done == job.count) {
			stop();
			event_base_loopbreak(base);
		} else
			next();
		break;
	case 'S':
		job.open[job.done++] = tls;
		if (job.done == job.count)
			exchange();
		else
			next();
		break;
	case 'E':
		start();
		command(tls, 'E', job.size);
		job.trip = now();
		bufferevent_write(tls, zeros, job.size);
		break;
	default:
		start();
		command(tls, job.what, job.size);
	}
}

static void echoed(struct bufferevent *tls, size_t n)
{
	number at;

	if ((job.got += n) < job.size)
		return;
	job.got = 0;
	at = now();
	job.each[job.trips++] = at - job.trip;
	job.trip = at;
	if (job.trips == job.count)
		finish(tls);
	else
		bufferevent_write(tls, zeros, job.size);
}

static void on_read(struct bufferevent *tls, void *unused)
{
	struct evbuffer *in = bufferevent_get_input(tls);
	size_t n = evbuffer_get_length(in);

	(void)unused;
	evbuffer_drain(in, n);
	switch (job.what) {
	case 'E':
		echoed(tls, n);
		break;
	case 'D':
		if ((job.got += n) == job.size)
			finish(tls);
		break;
	case 'U':
		finish(tls);
		break;
	case 'S':
		if ((job.got += n) == job.count * MESSAGE) {
			job.exchange = now() - job.exchange;
			event_base_loopbreak(base);
		}
	}
}

static void on_write(struct bufferevent *tls, void *unused)
{
	size_t n = job.left < PIECE ? job.left : PIECE;

	(void)unused;
	if (job.what == 'U' && n > 0 && job.wall) {
		job.left -= n;
		bufferevent_write(tls, zeros, n);
	}
}

static void on_tls(struct bufferevent *tls, short what, void *unused)
{
	(void)unused;
	if (what & BEV_EVENT_CONNECTED)
		shaken(tls);
	else
		fail("the connection ended under TLS");
}

static void on_plain(struct bufferevent *plain, short what, void *unused)
{
	struct bufferevent *tls;
	SSL *ssl;
	int one = 1;

	(void)unused;
	if (!(what & BEV_EVENT_CONNECTED)) {
		fail("the connection was not made");
		return;
	}
	setsockopt(bufferevent_getfd(plain), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* as Go and asyncio do by themselves */
	ssl = SSL_new(context);
	if (!ssl || SSL_set1_host(ssl, name) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1) {
		fail("no SSL");
		return;
	}
	tls = bufferevent_openssl_filter_new(base, plain, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (!tls) {
		fail("no filter");
		return;
	}
	bufferevent_setcb(tls, on_read, on_write, on_tls, NULL);
	bufferevent_enable(tls, EV_READ | EV_WRITE);
}

static void next(void)
{
	struct bufferevent *plain;

	if (job.begun == job.count)
		return;
	job.begun++;
	plain = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!plain || bufferevent_socket_connect(plain, (struct sockaddr *)&server, sizeof server)) {
		fail("no socket");
		return;
	}
	bufferevent_setcb(plain, NULL, NULL, on_plain, NULL);
}

static void perform(const char *line)
{
	char what[16] = "";
	number a = 0, b = 0;

	sscanf(line, "%15s %lld %lld", what, &a, &b);
	free(job.each);
	free(job.open);
	memset(&job, 0, sizeof job);
	failure = NULL;
	job.what = strcmp(what, "handshakes") ? *what - 'a' + 'A' : 'H';
	job.count = job.what == 'H' || job.what == 'S' ? a : 1;
	job.size = job.left = a;
	if (job.what == 'E') {
		job.each = calloc(b, sizeof *job.each);
	} else if (job.what == 'S') {
		job.open = calloc(a, sizeof *job.open);
		job.before = resident();
	}
	if (job.what == 'H' || job.what == 'S')
		start();
	for (number n = 0, most = job.what == 'H' ? b : MANY; n < most && n < job.count; n++)
		next();
	if (job.what == 'E')
		job.count = b; /* round trips, from here on */
	event_base_dispatch(base);
}

static int compare(const void *a, const void *b)
{
	number x = *(const number *)a, y = *(const number *)b;

	return (x > y) - (x < y);
}

static void answer(void)
{
	if (failure) {
		printf("error \"%s: %s\"\n", failure, ERR_error_string(ERR_get_error(), NULL));
	} else if (job.what == 'S') {
		printf("wrap=%lld exchange=%lld resident=%lld\n", job.wrap, job.exchange, job.memory);
	} else if (job.what == 'E') {
		qsort(job.each, job.trips, sizeof *job.each, compare);
		printf("wall=%lld cpu=%lld median=%lld p99=%lld\n", job.wall, job.cpu, job.each[job.trips / 2],
		    job.each[job.trips * 99 / 100]);
	} else {
		printf("wall=%lld cpu=%lld\n", job.wall, job.cpu);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[128];
	struct rlimit files;

	if (argc != 4) {
		fprintf(stderr, "the arguments are: PORT AUTHORITY NAME\n");
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	server.sin_family = AF_INET;
	server.sin_port = htons(atoi(argv[1]));
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	name = argv[3];
	base = event_base_new();
	context = SSL_CTX_new(TLS_client_method());
	if (!base || !context || SSL_CTX_load_verify_file(context, argv[2]) != 1) {
		fprintf(stderr, "no authority in %s\n", argv[2]);
		return 2;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	while (fgets(line, sizeof line, stdin)) {
		perform(line);
		answer();
	}
	return 0;
}
