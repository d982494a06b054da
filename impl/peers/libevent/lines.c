#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *why, const char *what)
{
	fprintf(stderr, "driver: %s: %.200s\n", why, what);
	exit(2);
}

void *need(void *memory)
{
	if (!memory)
		die("NULL", "where something was to be made");
	return memory;
}

/* Reads a string, which has no escapes, and moves on behind it. */
static char *string(char **p)
{
	char *start = *p + 1, *end = strchr(start, '"');

	if (!end)
		die("a string without an end", start);
	*end = 0;
	*p = end + 1;
	return start;
}

struct request *parse(char *line)
{
	struct request *r = need(calloc(1, sizeof *r));
	char *p = line + 1, *end;

	r->line = line;
	for (int n = 0; *p == '"'; n++) {
		if (n == sizeof r->key / sizeof *r->key - 1)
			die("too many fields", line);
		r->key[n] = string(&p);
		p++; /* the colon */
		r->value[n] = *p == '"' ? string(&p) : p;
		end = p += *p == '[' ? strcspn(p, "]") + 1 : strcspn(p, ",}");
		p += strspn(p, ",}");
		*end = 0;
	}
	return r;
}

const char *get(const struct request *r, const char *key)
{
	for (int i = 0; r->key[i]; i++)
		if (!strcmp(r->key[i], key))
			return r->value[i];
	return "";
}

void text(const char *key, const char *value)
{
	printf(",\"%s\":\"", key);
	for (; *value; value++)
		printf(*value == '"' || *value == '\\' || (unsigned char)*value < ' ' ? "\\u%04x" : "%c", *value);
	putchar('"');
}

void finish(const char *rest)
{
	printf("%s}\n", rest);
	fflush(stdout);
}
