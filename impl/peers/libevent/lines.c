#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

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

unsigned char *content(const struct request *r, size_t *size)
{
	const char *encoded = get(r, "data");
	size_t length = strlen(encoded);
	unsigned long wanted = strtoul(get(r, "size"), NULL, 10), x = strtoul(get(r, "seed"), NULL, 10);
	unsigned char *data = need(malloc((wanted ? wanted : length) + 1));

	*size = wanted;
	for (size_t n = 0; n < wanted; n++) {
		x = (x * 1103515245 + 12345) & 0xffffffff;
		data[n] = x >> 16 & 255;
	}
	if (wanted || !length)
		return data;
	if (EVP_DecodeBlock(data, (const unsigned char *)encoded, length) < 0)
		die("not base64", encoded);
	*size = length / 4 * 3;
	for (; encoded[length - 1] == '='; length--)
		--*size; /* EVP_DecodeBlock counts the padding */
	return data;
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
