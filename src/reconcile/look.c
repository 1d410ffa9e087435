#include "src/reconcile/look.h"

#include <inttypes.h>
#include <string.h>

#include "base/fault.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/session.h"
#include "src/reconcile/epoch.h"
#include "src/reconcile/known.h"
#include "src/reconcile/look_sql.h"

/* What differs is written when it has become so long. */
#define PIECE_BYTES ((size_t)2 << 20)
#define TEXT_BYTES  (8 * PIECE_BYTES)

/* For the ids of new machines, and as much for a list of those missing. */
#define IDS_BYTES ((size_t)64 << 20)

#define DIGEST_BYTES 16
#define DIGEST_TEXT_BYTES (2 * DIGEST_BYTES + 1)

struct look {
	const struct errand *errand;
	struct session *session;
	const struct account *account;
	const char *region;
	struct arena *ids;             /* new machines' */
	struct known *known;           /* id: digest, or ${met} */
	struct text hashed;            /* one machine, to be hashed */
	struct text piece;             /* what is to be written */
	int64_t flaws;                 /* machines that cannot be stored */
	struct look_counts counts;
};

/* The value of an id that this look has seen. */
static const char met[] = "met";

static const struct {
	size_t offset, most;           /* bytes */
} fields[] = {
	{ offsetof(struct sighting, id), 512 },
	{ offsetof(struct sighting, name), 1024 },
	{ offsetof(struct sighting, region), 128 },
	{ offsetof(struct sighting, type), 128 },
	{ offsetof(struct sighting, provider_state), 128 },
	{ offsetof(struct sighting, hands_off), 1024 },
	{ offsetof(struct sighting, tags), (size_t)64 << 10 },
};

static const char *
field(const struct sighting *sighting, size_t at)
{
	return *(const char *const *)(const void *)
	    ((const char *)sighting + fields[at].offset);
}

static bool
is_sound(const struct look *look, const struct sighting *sighting)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *text = field(sighting, i);
		size_t length = text == NULL ? 0 : strlen(text);

		if (length > fields[i].most || !text_is_utf8(text, length))
			return false;
	}
	return sighting->id != NULL && *sighting->id != '\0' &&
	    text_is(sighting->region, look->region) &&
	    sighting->tags != NULL && *sighting->tags == '{' &&
	    /* jsonb has no place for it. */
	    strstr(sighting->tags, "\\u0000") == NULL;
}

/* Of all that is shown; each field ends where it ends. */
static void
digest(struct look *look, const struct sighting *sighting,
    char hex[DIGEST_TEXT_BYTES])
{
	struct text *text = &look->hashed;
	unsigned char hash[HASH_BYTES];
	char rest[2] = { (char)('0' + (int)sighting->state),
	    sighting->passing ? 'p' : '-' };

	text->length = 0;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *value = field(sighting, i);

		if (value == NULL)
			text_add(text, "-", 1);
		else
			text_add(text, value, strlen(value) + 1);
	}
	text_add(text, rest, sizeof(rest));
	hash_sha256(bytes_of(text->bytes, text->length), hash);
	text_from_bytes(hash, DIGEST_BYTES, hex);
}

static void
add_member(struct text *piece, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_add_format(piece, ",\"%s\":", name);
	text_add_json(piece, value);
}

static void
add_machine(struct text *piece, const struct sighting *sighting,
    const char *hex)
{
	text_add_text(piece, piece->length == 0 ? "[" : ",");
	text_add_format(piece, "{\"digest\":\"%s\",\"passing\":%s,\"tags\":",
	    hex, sighting->passing ? "true" : "false");
	text_add_text(piece, sighting->tags);
	add_member(piece, "id", sighting->id);
	add_member(piece, "name", sighting->name);
	add_member(piece, "type", sighting->type);
	add_member(piece, "state", resource_state_name(sighting->state));
	add_member(piece, "word", sighting->provider_state);
	add_member(piece, "hands_off", sighting->hands_off);
	text_add_text(piece, "}");
}

static void
count(int64_t *sum, const struct rows *rows, const char *column)
{
	int64_t number = 0;

	text_to_int64(rows_text(rows, 0, column), 0, INT64_MAX, &number);
	*sum += number;
}

static int
write_piece(struct look *look, struct failure *why)
{
	struct statement statement;

	if (look->piece.length == 0)
		return 0;
	text_add_text(&look->piece, "]");
	statement = (struct statement){ .query = &look_write, BINDS(
	    { "organization", look->account->organization_id },
	    { "account", look->account->id }, { "region", look->region },
	    { "now", look->errand->now_text },
	    { "machines", text_get(&look->piece) }) };
	FAULT_POINT("look.before_write");
	if (epoch_run(look->errand->epoch, look->session, &statement, 1,
	    false, why) != 0)
		return -1;
	FAULT_POINT("look.written");
	count(&look->counts.created, statement.rows, "created");
	count(&look->counts.updated, statement.rows, "updated");
	rows_free(statement.rows);
	look->piece.length = 0;
	return 0;
}

/* Has this look met ${id} before?  From now on it has. */
static int
meet(struct look *look, const char *id, const char **stored,
    struct failure *why)
{
	const char **text = known_find(look->known, id);

	if (text != NULL) {
		*stored = *text;
		*text = met;
		return 0;
	}
	if (arena_left(look->ids) < IDS_BYTES + strlen(id))
		return fail(why, FAULT_INVALID,
		    "there are more machines than can be looked at");
	*stored = NULL;
	known_add(look->known, arena_text(look->ids, id), met);
	return 0;
}

static int
put_sighting(void *context, const struct sighting *sighting,
    struct failure *why)
{
	struct look *look = context;
	char hex[DIGEST_TEXT_BYTES];
	const char *stored = NULL;

	if (sighting->id != NULL && *sighting->id != '\0') {
		if (meet(look, sighting->id, &stored, why) != 0)
			return -1;
		if (stored == met)     /* on two pages */
			return 0;
	}
	if (!is_sound(look, sighting)) {
		look->flaws++;
		return 0;
	}
	look->counts.total++;
	digest(look, sighting, hex);
	if (stored != NULL && text_is(stored, hex))
		return 0;
	add_machine(&look->piece, sighting, hex);
	return look->piece.length < PIECE_BYTES ? 0 : write_piece(look, why);
}

/* The machines that were known and not met, as a JSON array; NULL: none. */
static const char *
missing(struct look *look)
{
	struct text list = { .arena = look->ids };
	const char *id, *stored;
	size_t at = 0;

	while (known_next(look->known, &at, &id, &stored)) {
		if (stored == met || *stored == '\0')
			continue;
		text_add_text(&list, list.length == 0 ? "[" : ",");
		text_add_json(&list, id);
	}
	if (list.length == 0)
		return NULL;
	text_add_text(&list, "]");
	return text_get(&list);
}

/* Hold the region, and learn what is known of it. */
static int
begin(struct look *look, struct rows **rows, struct failure *why)
{
	struct statement statements[] = {
		{ .query = &look_patience },
		{ .query = &look_lock, BINDS(
		    { "account", look->account->id },
		    { "region", look->region }) },
		{ .query = &look_known, BINDS(
		    { "organization", look->account->organization_id },
		    { "account", look->account->id },
		    { "region", look->region }) },
	};

	if (session_run(look->session, statements, COUNT_OF(statements), true,
	    why) != 0)
		return -1;
	*rows = take(statements[2].rows);
	statements_free(statements, COUNT_OF(statements));
	look->known = known_new(rows_count(*rows));
	for (size_t i = 0; i < rows_count(*rows); i++)
		known_add(look->known, rows_text(*rows, i, "id"),
		    rows_text(*rows, i, "digest"));
	return 0;
}

static int
ask_provider(struct look *look, const char *credentials, struct failure *why)
{
	const struct sighting_sink sink = { .put = put_sighting,
	    .context = look };
	SCOPED(arena_release) struct arena *arena = arena_new(ACCOUNT_BYTES);
	SCOPED(caller_close) struct caller caller = { 0 };

	if (caller_open(look->errand, look->account, credentials,
	    look->session, arena, &caller, why) != 0)
		return -1;
	FAULT_POINT("look.before_ask");
	return caller.provider->discover(caller.account, look->region, &sink,
	    why);
}

/* The last piece, what is missing, and that the region was seen whole. */
static int
finish(struct look *look, struct failure *why)
{
	const struct errand *errand = look->errand;
	const char *gone = missing(look);
	char flaw[64] = "";
	struct statement statements[] = {
		{ .query = &look_seen, BINDS(
		    { "organization", look->account->organization_id },
		    { "account", look->account->id },
		    { "region", look->region }, { "now", errand->now_text },
		    { "epoch", errand->epoch == NULL ? NULL :
		    errand->epoch->text },
		    { "flaw", look->flaws == 0 ? NULL : flaw }) },
		{ .query = &look_gone, BINDS(
		    { "organization", look->account->organization_id },
		    { "account", look->account->id },
		    { "region", look->region }, { "now", errand->now_text },
		    { "ids", gone }) },
	};
	size_t count = gone == NULL ? 1 : 2;

	if (look->flaws > 0)
		snprintf(flaw, sizeof(flaw), "%" PRId64 " machine%s could "
		    "not be read", look->flaws,
		    look->flaws == 1 ? "" : "s");
	if (write_piece(look, why) != 0)
		return -1;
	FAULT_POINT("look.before_seen");
	if (epoch_run(errand->epoch, look->session, statements, count, false,
	    why) != 0)
		return -1;
	FAULT_POINT("look.seen");
	statements_free(statements, count);
	return 0;
}

/* What failed stays the look's failure, whether or not it can be recorded. */
static void
record_failure(struct look *look, const struct failure *failure)
{
	const struct bind binds[] = {
		{ "organization", look->account->organization_id },
		{ "account", look->account->id },
		{ "region", look->region },
		{ "now", look->errand->now_text },
		{ "reason", account_reason(failure) },
	};
	struct statement statement = { .query = &look_failed, .binds = binds,
	    .nbinds = COUNT_OF(binds) };
	struct failure ignored = { 0 };

	if (epoch_run(look->errand->epoch, look->session, &statement, 1,
	    false, &ignored) == 0)
		rows_free(statement.rows);
}

static void
let_go(struct look *look, struct loan *loan)
{
	const struct bind binds[] = { { "account", look->account->id },
	    { "region", look->region } };
	struct failure why = { 0 };

	/* A session that may hold a lock is not lent again. */
	if (session_one(loan->session, &look_unlock, binds, COUNT_OF(binds),
	    NULL, &why) != 0)
		loan->is_spoiled = true;
}

static int
look(struct look *look, const char *credentials, struct failure *why)
{
	uint64_t generation = session_generation(look->session);

	if (ask_provider(look, credentials, why) != 0) {
		if (why->fault != FAULT_DENIED || look->errand->epoch == NULL ||
		    !epoch_is_over(look->errand->epoch))
			record_failure(look, why);
		return -1;
	}
	if (session_generation(look->session) != generation)
		return fail(why, FAULT_BUSY,
		    "the connection with the database was lost");
	return finish(look, why);
}

int
look_at(const struct errand *errand, struct loan *loan,
    const struct account *account, const char *credentials,
    const char *region, struct look_counts *counts, struct failure *why)
{
	SCOPED(arena_release) struct arena *ids = arena_new(2 * IDS_BYTES);
	SCOPED(arena_release) struct arena *texts = arena_new(TEXT_BYTES);
	SCOPED(rows_release) struct rows *rows = NULL;
	struct look this = { .errand = errand, .session = loan->session,
	    .account = account, .region = region, .ids = ids,
	    .hashed = { .arena = texts }, .piece = { .arena = texts } };
	SCOPED(known_release) struct known *known = NULL;
	int result;

	if (begin(&this, &rows, why) != 0)
		return -1;
	known = this.known;
	result = look(&this, credentials, why);
	let_go(&this, loan);
	if (result == 0)
		*counts = this.counts;
	return result;
}
