/* Objects that the suite has named, their callbacks, and what is reported of them. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <stdbool.h>

#include <event2/bufferevent.h>
#include <openssl/evp.h>

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
	struct request *made;                 /* what made it */
	const struct request *connect;        /* what attached its callbacks */
	EVP_MD_CTX *digest;                   /* of what its read callback was handed; NULL if none was asked for */
	long size;
	bool closing;
};

extern struct object *objects; /* the newest first */
extern struct request *opened, *waiting;

/* Performs an operation: what waits for a callback is performed in it. */
void perform(struct request *r);

/* Answers; fail's code and message are of the system or of OpenSSL. */
void answer(const struct request *r);
void ok(const struct request *r, const char *what);
void fail(const struct request *r, const char *types, unsigned long code, const char *message, const char *on);

/* Names a bufferevent, attaches the callbacks that a connect asked for, and enables these directions. */
void add(struct request *made, struct bufferevent *bev, const struct request *connect, short enabled);

/* Answers with the size and the SHA-256 of what its read callback was handed. */
void op_digest(struct request *r, struct object *o);

/* Lets go of what had a name and is freed: nobody can ask for it any more. Not for inside a callback. */
void forget(const char *name);

/* Frees a bufferevent, and with it all that it is over (BEV_OPT_CLOSE_ON_FREE); libevent has no close-cb. */
void discard(struct bufferevent *bev);

#endif
