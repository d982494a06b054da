/* Lines of the protocol: what comes from the suite is read, what goes to it is written with printf and these. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

struct request {
	struct request *next;
	bool deferred, done, kept; /* kept: something refers to it */
	long due;                  /* of a sync: the poll after which it is answered */
	char *line, *key[33], *value[33];
};

void die(const char *why, const char *what);
void *need(void *memory);

/* Takes a line apart in place. Numbers, true and lists stay as they are written. */
struct request *parse(char *line);

/* The value of a field; empty if it was left out. */
const char *get(const struct request *r, const char *key);

/* The bytes that a request is about, to be freed; text is bytes. */
unsigned char *content(const struct request *r, size_t *size);

/* Prints a field with a string. */
void text(const char *key, const char *value);

/* Prints the end of a line, and sends it off. */
void finish(const char *rest);

#endif
