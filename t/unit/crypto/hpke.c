#include <openssl/err.h>

#include "base/scope.h"
#include "crypto/hpke.h"
#include "t/tap.h"
#include "t/unit/crypto/hex.h"

/*
 * Base mode, first message.  RFC 9180, appendix A.1.1, with its intermediate
 * values; and for AES-256-GCM, which the appendix leaves out, the vector of
 * the RFC's own repository (cfrg/draft-irtf-cfrg-hpke, test-vectors.json:
 * mode 0, kem_id 32, kdf_id 1, aead_id 2) without them.
 */
static const struct vector {
	enum aead aead;
	const char *info, *ephemeral, *private_key, *public_key, *enc;
	const char *shared, *key, *nonce;      /* "": not given */
	const char *aad, *plain, *ct;
} vectors[] = {
	{ .aead = AEAD_AES_128_GCM,
	    .info = "4f6465206f6e2061204772656369616e2055726e",
	    .ephemeral = "52c4a758a802cd8b936eceea31443279"
		"8d5baf2d7e9235dc084ab1b9cfa2f736",
	    .private_key = "4612c550263fc8ad58375df3f557aac5"
		"31d26850903e55a9f23f21d8534e8ac8",
	    .public_key = "3948cfe0ad1ddb695d780e59077195da"
		"6c56506b027329794ab02bca80815c4d",
	    .enc = "37fda3567bdbd628e88668c3c8d7e97d"
		"1d1253b6d4ea6d44c150f741f1bf4431",
	    .shared = "fe0e18c9f024ce43799ae393c7e8fe8f"
		"ce9d218875e8227b0187c04e7d2ea1fc",
	    .key = "4531685d41d65f03dc48f6b8302c05b0",
	    .nonce = "56d890e5accaaf011cff4b7d",
	    .aad = "436f756e742d30",
	    .plain = "4265617574792069732074727574682c"
		"20747275746820626561757479",
	    .ct = "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc5"
		"3a52ae8218a355a96d8770ac83d07bea87e13c512a" },
	{ .aead = AEAD_AES_256_GCM,
	    .info = "4f6465206f6e2061204772656369616e2055726e",
	    .ephemeral = "179d4b53b6365c45b600c4163b61d95c"
		"bc2f4d9e36f1695558dce265ab8bab11",
	    .private_key = "497b4502664cfea5d5af0b39934dac72"
		"242a74f8480451e1aee7d6a53320333d",
	    .public_key = "430f4b9859665145a6b1ba274024487b"
		"d66f03a2dd577d7753c68d7d7d00c00c",
	    .enc = "6c93e09869df3402d7bf231bf540fadd"
		"35cd56be14f97178f0954db94b7fc256",
	    .shared = "", .key = "", .nonce = "",
	    .aad = "436f756e742d30",
	    .plain = "4265617574792069732074727574682c"
		"20747275746820626561757479",
	    .ct = "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c5"
		"2deb5f512be9931980a41de125a925cdad859d5b7a" },
};

/*
 * Points of low order, and forms of them that are not reduced: with any
 * private key they yield zeros (RFC 7748, section 6.1; RFC 9180, 7.1.4).
 */
static const char *const low_order[] = {
	"00000000000000000000000000000000"
	"00000000000000000000000000000000",
	"01000000000000000000000000000000"
	"00000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46a"
	"da098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b"
	"04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffff"
	"ffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffff"
	"ffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffff"
	"ffffffffffffffffffffffffffffff7f",
	"00000000000000000000000000000000"
	"00000000000000000000000000000080",
	"edffffffffffffffffffffffffffffff"
	"ffffffffffffffffffffffffffffffff",
};

/* A vector as bytes. */
struct message {
	struct hex ephemeral, private_key, public_key, info, aad, plain;
	unsigned char sealed[HEX_MAX];
	size_t length;
};

static struct message
message_of(const struct vector *vector)
{
	struct message made = {
		.ephemeral = hex(vector->ephemeral),
		.private_key = hex(vector->private_key),
		.public_key = hex(vector->public_key),
		.info = hex(vector->info),
		.aad = hex(vector->aad),
		.plain = hex(vector->plain),
	};

	made.length = made.plain.length + HPKE_OVERHEAD;
	if (hpke_seal(vector->aead, made.public_key.bytes,
	    made.ephemeral.bytes, hex_bytes(&made.info), hex_bytes(&made.aad),
	    hex_bytes(&made.plain), made.sealed) != 0)
		abort();
	return made;
}

static void
test_steps(const struct vector *vector)
{
	struct message message = message_of(vector);
	unsigned char enc[HPKE_ENC_BYTES], made[BYTES_KEY], again[BYTES_KEY];
	const char *name = aead_name(vector->aead);
	struct hpke_schedule schedule;

	hpke_public_key(message.private_key.bytes, made);
	ok(hex_is(made, vector->public_key),
	    "%s: the private key has the public key", name);
	ok(hpke_encap(message.ephemeral.bytes, message.public_key.bytes, enc,
	    made) == 0 && hex_is(enc, vector->enc),
	    "%s: enc is the vector's", name);
	ok(hpke_decap(message.private_key.bytes, enc, again) == 0 &&
	    memcmp(made, again, sizeof(made)) == 0,
	    "%s: both sides share one secret", name);
	if (vector->shared[0] == '\0')
		return;
	ok(hex_is(made, vector->shared), "%s: it is the vector's", name);
	hpke_schedule(vector->aead, made, hex_bytes(&message.info),
	    &schedule);
	ok(hex_is(schedule.key, vector->key), "%s: so is the key", name);
	ok(hex_is(schedule.nonce, vector->nonce), "%s: so is the nonce", name);
}

static void
test_messages(const struct vector *vector)
{
	struct message message = message_of(vector);
	const char *name = aead_name(vector->aead);
	unsigned char opened[HEX_MAX];

	ok(hex_is(message.sealed, vector->enc) &&
	    hex_is(message.sealed + HPKE_ENC_BYTES, vector->ct),
	    "%s: seals to the vector's ciphertext", name);
	ok(hpke_open(vector->aead, message.private_key.bytes,
	    hex_bytes(&message.info), hex_bytes(&message.aad),
	    bytes_of(message.sealed, message.length), opened) == 0 &&
	    hex_is(opened, vector->plain),
	    "%s: opens to the vector's text", name);
}

static int
open_as(const struct vector *vector, const struct message *message,
    const struct hex *key, const struct hex *info, const struct hex *aad,
    size_t length)
{
	unsigned char opened[HEX_MAX];

	return hpke_open(vector->aead, key->bytes, hex_bytes(info),
	    hex_bytes(aad), bytes_of(message->sealed, length), opened);
}

static void
test_refused(const struct vector *vector)
{
	struct message m = message_of(vector);
	size_t changed = 0, cut = 0;

	for (size_t i = 0; i < m.length; i++) {
		m.sealed[i] ^= 1;
		changed += open_as(vector, &m, &m.private_key, &m.info, &m.aad,
		    m.length) == -1;
		m.sealed[i] ^= 1;
		cut += open_as(vector, &m, &m.private_key, &m.info, &m.aad,
		    i) == -1;
	}
	ok(changed == m.length, "no byte can be changed");
	ok(cut == m.length, "no byte can be cut off");
	ok(open_as(vector, &m, &m.private_key, &m.aad, &m.aad,
	    m.length) == -1, "other info does not open it");
	ok(open_as(vector, &m, &m.private_key, &m.info, &m.info,
	    m.length) == -1, "other additional data does not open it");
	ok(open_as(vector, &m, &m.ephemeral, &m.info, &m.aad,
	    m.length) == -1, "another private key does not open it");
}

static void
test_low_order(void)
{
	struct hex private_key = hex(vectors[0].private_key);

	for (size_t i = 0; i < COUNT_OF(low_order); i++) {
		struct hex point = hex(low_order[i]);
		unsigned char enc[HPKE_ENC_BYTES] = "untouched";
		unsigned char shared[BYTES_KEY] = "untouched";

		ok(hpke_encap(private_key.bytes, point.bytes, enc,
		    shared) == -1 && hpke_decap(private_key.bytes,
		    point.bytes, shared) == -1 &&
		    memcmp(enc, "untouched", 10) == 0 &&
		    memcmp(shared, "untouched", 10) == 0,
		    "low-order point %zu is refused by both sides", i);
	}
	ok(ERR_peek_error() == 0,
	    "refusals leave nothing in OpenSSL's queue of errors");
}

/* The suite's id is part of the key schedule. */
static void
test_suites_differ(void)
{
	unsigned char shared[BYTES_KEY] = { 1 };
	struct hpke_schedule a, b;

	hpke_schedule(AEAD_AES_128_GCM, shared, bytes_of(NULL, 0), &a);
	hpke_schedule(AEAD_AES_256_GCM, shared, bytes_of(NULL, 0), &b);
	ok(memcmp(a.nonce, b.nonce, sizeof(a.nonce)) != 0,
	    "two ciphers have different schedules for one secret");
}

int
main(void)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		test_steps(&vectors[i]);
		test_messages(&vectors[i]);
		test_refused(&vectors[i]);
	}
	test_low_order();
	test_suites_differ();
	return tap_done();
}
