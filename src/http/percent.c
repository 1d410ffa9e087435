#include "http/percent.h"

#include "base/text.h"

/* The byte that the three at ${bytes} stand for; -1 if they are no %XX. */
static int
encoded_byte(const char *bytes, size_t length)
{
	char hex[3] = "";
	unsigned char byte;

	if (length < 3 || bytes[0] != '%')
		return -1;
	memcpy(hex, bytes + 1, 2);
	return text_to_bytes(hex, &byte, 1) == 0 ? byte : -1;
}

const char *
percent_decode(struct arena *arena, const char *bytes, size_t length,
    enum percent_part part)
{
	char *decoded = arena_alloc(arena, length + 1), *end = decoded;

	while (length > 0) {
		int byte = encoded_byte(bytes, length);
		size_t step = byte < 0 ? 1 : 3;

		if (byte == '/' && part == PERCENT_PATH) {
			memcpy(end, bytes, step);
			end += step;
		} else if (byte >= 0) {
			*end++ = (char)byte;
		} else if (*bytes == '+' && part == PERCENT_QUERY) {
			*end++ = ' ';
		} else {
			*end++ = *bytes;
		}
		bytes += step;
		length -= step;
	}
	return text_is_utf8(decoded, (size_t)(end - decoded)) ? decoded : NULL;
}
