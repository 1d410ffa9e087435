#include "base/scope.h"
#include "crypto/hash.h"
#include "t/tap.h"
#include "t/unit/crypto/hex.h"

/* The examples of FIPS 180-4, and nothing. */
static const struct {
	const char *text, *hash;
} sha256_vectors[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
};

/* RFC 4231, test cases 1, 2, 3 and 6 (a key longer than a block). */
static const struct {
	const char *key, *data, *mac;
} hmac_vectors[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "4869205468657265",
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665",
	    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	    "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaa",
	    "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
	    "65204b6579202d2048617368204b6579204669727374",
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54" },
};

/* RFC 5869, appendix A: test cases 1, 2 and 3. */
static const struct {
	const char *key, *salt, *info, *derived;
} hkdf_vectors[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	    "404142434445464748494a4b4c4d4e4f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	    "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8" },
};

static const char secret[] = "one secret of at least 32 bytes for tests";
static const char older[] = "another secret of at least 32 bytes, older";

static void
test_sha256(void)
{
	for (size_t i = 0; i < COUNT_OF(sha256_vectors); i++) {
		unsigned char hash[HASH_BYTES];

		hash_sha256(bytes_of_text(sha256_vectors[i].text), hash);
		ok(hex_is(hash, sha256_vectors[i].hash),
		    "SHA-256 of \"%s\" is right", sha256_vectors[i].text);
	}
}

static void
test_hmac(void)
{
	unsigned char mac[HASH_BYTES];

	for (size_t i = 0; i < COUNT_OF(hmac_vectors); i++) {
		struct hex key = hex(hmac_vectors[i].key);
		struct hex data = hex(hmac_vectors[i].data);
		struct bytes parts[] = {
			bytes_of(data.bytes, 5), bytes_of(NULL, 0),
			bytes_of(data.bytes + 5, data.length - 5),
		};

		hash_hmac(hex_bytes(&key), parts, COUNT_OF(parts), mac);
		ok(hex_is(mac, hmac_vectors[i].mac),
		    "HMAC-SHA-256 of RFC 4231 is right, in parts (%zu)", i);
	}
	hash_hmac(bytes_of(NULL, 0), NULL, 0, mac);
	ok(hex_is(mac, "b613679a0814d9ec772f95d778c35fc5"
	    "ff1697c493715653c6c712144292c5ad"),
	    "HMAC-SHA-256 under no key of nothing is right");
}

static void
test_hkdf(void)
{
	for (size_t i = 0; i < COUNT_OF(hkdf_vectors); i++) {
		struct hex key = hex(hkdf_vectors[i].key);
		struct hex salt = hex(hkdf_vectors[i].salt);
		struct hex info = hex(hkdf_vectors[i].info);
		unsigned char derived[HEX_MAX];

		hash_hkdf(hex_bytes(&key), hex_bytes(&salt),
		    hex_bytes(&info), derived,
		    strlen(hkdf_vectors[i].derived) / 2);
		ok(hex_is(derived, hkdf_vectors[i].derived),
		    "HKDF-SHA256 of RFC 5869 is right, case %zu", i + 1);
	}
}

static void
test_equal(void)
{
	ok(hash_equal("abcd", "abcd", 4), "equal bytes are equal");
	ok(!hash_equal("abcd", "abce", 4), "the last byte counts");
	ok(!hash_equal("bbcd", "abcd", 4), "the first byte counts");
	ok(hash_equal("a", "b", 0), "nothing equals nothing");
}

static void
test_key_id(void)
{
	unsigned char id[HASH_KEY_ID_BYTES], other[HASH_KEY_ID_BYTES];
	unsigned char hash[HASH_BYTES];

	hash_key_id(bytes_of_text(secret), "label", id);
	hash_key_id(bytes_of_text(secret), "label", other);
	ok(memcmp(id, other, sizeof(id)) == 0, "a key keeps its id");
	hash_key_id(bytes_of_text(older), "label", other);
	ok(memcmp(id, other, sizeof(id)) != 0, "another key has another id");
	hash_key_id(bytes_of_text(secret), "other label", other);
	ok(memcmp(id, other, sizeof(id)) != 0, "so has another use of it");
	hash_sha256(bytes_of_text(secret), hash);
	ok(memcmp(id, hash, sizeof(id)) != 0,
	    "the id is not a plain hash of the key");
}

static void
test_lookup(void)
{
	struct lookup_keys keys, rotated, alone;
	struct lookup_hashes old_hash, hash, refresh, other;

	hash_lookup_init(&keys, older, NULL);
	hash_lookup_init(&rotated, secret, older);
	hash_lookup_init(&alone, secret, NULL);
	hash_lookup(&keys, LOOKUP_API_KEY, "key", &old_hash);
	hash_lookup(&rotated, LOOKUP_API_KEY, "key", &hash);
	ok(memcmp(old_hash.current, old_hash.previous, HASH_BYTES) == 0,
	    "with no previous secret both hashes are the same");
	ok(memcmp(hash.previous, old_hash.current, HASH_BYTES) == 0,
	    "what was stored before a rotation is found after it");
	ok(memcmp(hash.current, hash.previous, HASH_BYTES) != 0,
	    "what is stored after a rotation is under the new secret");
	hash_lookup(&alone, LOOKUP_API_KEY, "key", &other);
	ok(memcmp(hash.current, other.current, HASH_BYTES) == 0 &&
	    memcmp(other.previous, old_hash.current, HASH_BYTES) != 0,
	    "once the previous secret is gone its hashes are not found");
	hash_lookup(&rotated, LOOKUP_REFRESH_TOKEN, "key", &refresh);
	ok(memcmp(refresh.current, hash.current, HASH_BYTES) != 0,
	    "one text has different hashes for different purposes");
	hash_lookup(&rotated, LOOKUP_API_KEY, "kez", &other);
	ok(memcmp(other.current, hash.current, HASH_BYTES) != 0,
	    "another text has another hash");
}

/* By the definition: what is stored may never come to mean nothing. */
static void
test_lookup_is_what_it_says(void)
{
	unsigned char key[BYTES_KEY], mac[HASH_BYTES];
	struct bytes text = bytes_of_text("key");
	struct lookup_hashes hashes;
	struct lookup_keys keys;

	hash_hkdf(bytes_of_text(secret), bytes_of(NULL, 0),
	    bytes_of_text("diurnal api key v1"), key, sizeof(key));
	hash_hmac(bytes_of(key, sizeof(key)), &text, 1, mac);
	hash_lookup_init(&keys, secret, NULL);
	hash_lookup(&keys, LOOKUP_API_KEY, "key", &hashes);
	ok(memcmp(hashes.current, mac, sizeof(mac)) == 0,
	    "an API key is stored as HMAC under a key derived for that");
}

static void
test_labels(void)
{
	for (int i = 0; i < LOOKUP_COUNT; i++) {
		bool single = hash_lookup_label(i) != NULL;

		for (int j = 0; single && j < i; j++)
			single = strcmp(hash_lookup_label(i),
			    hash_lookup_label(j)) != 0;
		ok(single, "purpose %d has a label of its own", i);
	}
}

static void
test_wipe(void)
{
	struct lookup_keys keys, zeros;

	memset(&zeros, 0, sizeof(zeros));
	hash_lookup_init(&keys, secret, older);
	hash_lookup_wipe(&keys);
	ok(memcmp(&keys, &zeros, sizeof(keys)) == 0,
	    "nothing is left of keys that were wiped");
}

int
main(void)
{
	test_sha256();
	test_hmac();
	test_hkdf();
	test_equal();
	test_key_id();
	test_lookup();
	test_lookup_is_what_it_says();
	test_labels();
	test_wipe();
	return tap_done();
}
