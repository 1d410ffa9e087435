#include "base/scope.h"
#include "crypto/aead.h"
#include "t/tap.h"
#include "t/unit/crypto/hex.h"

/*
 * The test cases 1, 2, 4, 13, 14 and 16 of the specification of GCM (McGrew
 * and Viega, appendix B).  Ciphertext and tag are one.
 */
static const struct {
	enum aead aead;
	const char *key, *nonce, *aad, *plain, *sealed;
} vectors[] = {
	{ AEAD_AES_128_GCM, "00000000000000000000000000000000",
	    "000000000000000000000000", "", "",
	    "58e2fccefa7e3061367f1d57a4e7455a" },
	{ AEAD_AES_128_GCM, "00000000000000000000000000000000",
	    "000000000000000000000000", "",
	    "00000000000000000000000000000000",
	    "0388dace60b6a392f328c2b971b2fe78"
	    "ab6e47d42cec13bdf53a67b21257bddf" },
	{ AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888",
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
	    "5bc94fbc3221a5db94fae95ae7121a47" },
	{ AEAD_AES_256_GCM, "00000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    "000000000000000000000000", "", "",
	    "530f8afbc74536b9a963b4f1c4cb738b" },
	{ AEAD_AES_256_GCM, "00000000000000000000000000000000"
	    "00000000000000000000000000000000",
	    "000000000000000000000000", "",
	    "00000000000000000000000000000000",
	    "cea7403d4d606b6e074ec5d3baf39d18"
	    "d0d1c8a799996bf0265b98b5d48ab919" },
	{ AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308"
	    "feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888",
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	    "76fc6ece0f4e1768cddf8853bb2d551b" },
};

static void
test_vectors(void)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct hex key = hex(vectors[i].key);
		struct hex nonce = hex(vectors[i].nonce);
		struct hex aad = hex(vectors[i].aad);
		struct hex plain = hex(vectors[i].plain);
		struct hex sealed = hex(vectors[i].sealed);
		unsigned char made[HEX_MAX];

		aead_seal(vectors[i].aead, key.bytes, nonce.bytes,
		    hex_bytes(&aad), hex_bytes(&plain), made);
		ok(memcmp(made, sealed.bytes, sealed.length) == 0,
		    "vector %zu seals", i);
		ok(aead_open(vectors[i].aead, key.bytes, nonce.bytes,
		    hex_bytes(&aad), hex_bytes(&sealed), made) == 0 &&
		    memcmp(made, plain.bytes, plain.length) == 0,
		    "vector %zu opens", i);
	}
}

static void
test_tampering(void)
{
	struct hex key = hex(vectors[5].key), nonce = hex(vectors[5].nonce);
	struct hex aad = hex(vectors[5].aad), sealed = hex(vectors[5].sealed);
	const size_t length = sealed.length - AEAD_TAG_BYTES;
	const unsigned char zeros[HEX_MAX] = { 0 };
	unsigned char plain[HEX_MAX];
	bool refused = true, clean = true;

	for (size_t i = 0; i < sealed.length; i++) {
		memset(plain, 'x', sizeof(plain));
		sealed.bytes[i] ^= 1;
		refused = refused && aead_open(AEAD_AES_256_GCM, key.bytes,
		    nonce.bytes, hex_bytes(&aad), hex_bytes(&sealed),
		    plain) == -1;
		clean = clean && memcmp(plain, zeros, length) == 0;
		sealed.bytes[i] ^= 1;
	}
	ok(refused, "no byte of ciphertext or tag can be changed");
	ok(clean, "what was forged leaves only zeros");
}

static void
test_belonging(void)
{
	struct hex key = hex(vectors[5].key), nonce = hex(vectors[5].nonce);
	struct hex aad = hex(vectors[5].aad), sealed = hex(vectors[5].sealed);
	unsigned char plain[HEX_MAX];

	aad.bytes[3] ^= 0x80;
	ok(aead_open(AEAD_AES_256_GCM, key.bytes, nonce.bytes,
	    hex_bytes(&aad), hex_bytes(&sealed), plain) == -1,
	    "other additional data does not open it");
	aad.bytes[3] ^= 0x80;
	ok(aead_open(AEAD_AES_128_GCM, key.bytes, nonce.bytes,
	    hex_bytes(&aad), hex_bytes(&sealed), plain) == -1,
	    "another cipher does not open it");
	nonce.bytes[0] ^= 1;
	ok(aead_open(AEAD_AES_256_GCM, key.bytes, nonce.bytes,
	    hex_bytes(&aad), hex_bytes(&sealed), plain) == -1,
	    "another nonce does not open it");
	nonce.bytes[0] ^= 1;
	key.bytes[31] ^= 1;
	ok(aead_open(AEAD_AES_256_GCM, key.bytes, nonce.bytes,
	    hex_bytes(&aad), hex_bytes(&sealed), plain) == -1,
	    "another key does not open it");
}

static void
test_lengths(void)
{
	struct hex key = hex(vectors[3].key), nonce = hex(vectors[3].nonce);
	unsigned char bytes[AEAD_TAG_BYTES] = { 0 }, plain[1] = { 'x' };
	bool refused = true;

	for (size_t i = 0; i < AEAD_TAG_BYTES; i++)
		refused = refused && aead_open(AEAD_AES_256_GCM, key.bytes,
		    nonce.bytes, bytes_of(NULL, 0), bytes_of(bytes, i),
		    plain) == -1;
	ok(refused, "fewer bytes than a tag has are refused");
	ok(aead_open(AEAD_AES_256_GCM, key.bytes, nonce.bytes,
	    bytes_of(NULL, 0), bytes_of(bytes, AEAD_MAX_BYTES +
	    AEAD_TAG_BYTES + 1), plain) == -1,
	    "more bytes than the bound are refused unread");
	ok(plain[0] == 'x', "and nothing is written");
}

static void
test_table(void)
{
	for (int i = 0; i < AEAD_COUNT; i++)
		ok(aead_name(i) != NULL && aead_key_bytes(i) > 0 &&
		    aead_key_bytes(i) <= BYTES_KEY && aead_hpke_id(i) > 0,
		    "cipher %d has a name, a key length and an id", i);
}

int
main(void)
{
	test_vectors();
	test_tampering();
	test_belonging();
	test_lengths();
	test_table();
	return tap_done();
}
