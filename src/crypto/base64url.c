#include "crypto/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789-_";

void
base64url_encode(struct bytes bytes, char *text)
{
	const unsigned char *at = bytes.at;
	unsigned held = 0;
	int bits = 0;

	for (size_t i = 0; i < bytes.length; i++) {
		held = (held << 8 | at[i]) & 0x3fff;
		for (bits += 8; bits >= 6; bits -= 6)
			*text++ = alphabet[held >> (bits - 6) & 0x3f];
	}
	if (bits > 0)
		*text++ = alphabet[held << (6 - bits) & 0x3f];
	*text = '\0';
}

/* What a character stands for; -1 if it is none of the alphabet. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static int
check(const char *text, size_t length)
{
	int unused = length % 4 == 2 ? 4 : length % 4 == 3 ? 2 : 0;

	if (length % 4 == 1)
		return -1;
	for (size_t i = 0; i < length; i++)
		if (value_of(text[i]) < 0)
			return -1;
	if (unused > 0 && (value_of(text[length - 1]) & ((1 << unused) - 1)))
		return -1;
	return 0;
}

int
base64url_decode(struct bytes text, unsigned char *bytes, size_t room,
    size_t *length)
{
	const char *at = text.at;
	size_t made = 0, need = text.length / 4 * 3 + text.length % 4 * 3 / 4;
	unsigned held = 0;
	int bits = 0;

	if (need > room || check(at, text.length) != 0)
		return -1;
	for (size_t i = 0; i < text.length; i++) {
		held = (held << 6 | (unsigned)value_of(at[i])) & 0x3fff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[made++] = (unsigned char)(held >> bits);
		}
	}
	*length = made;
	return 0;
}
