#include "exchange.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "crypto/random.h"
#include "enter_sql.h"

#define CONFLICT "Something that this needs was changed at the same time."

static bool
only_reads(const struct request *request)
{
	return text_is(request->method, "GET");
}

const char *
exchange_describe(const struct request *request)
{
	struct text text = { .arena = request->arena };

	text_add_text(&text, "{\"id\":");
	text_add_json(&text, request->id);
	text_add_text(&text, ",\"method\":");
	text_add_json(&text, request->method);
	text_add_text(&text, ",\"endpoint\":");
	text_add_json(&text, request->path);
	if (request->address != NULL) {
		text_add_text(&text, ",\"address\":");
		text_add_json(&text, request->address);
	}
	if (request->agent != NULL) {
		text_add_text(&text, ",\"agent\":");
		text_add_json(&text, request->agent);
	}
	text_add_text(&text, "}");
	return text_get(&text);
}

/* The statement that comes first.  What only reads is never audited, so its
 * request need not be described. */
static struct statement
entering(struct exchange *exchange)
{
	const struct request *request = exchange->request;
	const struct route *route = request->route;
	const struct credentials *who = &exchange->credentials;
	const char *described = only_reads(request) ? NULL :
	    exchange_describe(request);
	struct bind *binds = arena_array(request->arena, 5, sizeof(*binds));

	binds[0] = (struct bind){ "request", described };
	binds[1] = (struct bind){ "token_user", who->user };
	binds[2] = (struct bind){ "token_organization", who->organization };
	binds[3] = (struct bind){ "key_hashes", who->key_hashes };
	if (route->permission == NULL)
		return (struct statement){ .binds = binds,
			.query = route->caller_optional ? &enter_if_known :
			    &enter_nobody,
			.nbinds = route->caller_optional ? 4 : 1 };
	binds[4] = (struct bind){ "permission", route->permission->name };
	return (struct statement){ .query = &enter, .binds = binds,
		.nbinds = 5 };
}

/*
 * A constraint that is violated means that what a statement had looked for
 * came or went meanwhile: on second sight it fails as it should have.
 */
static int
run_past_races(struct exchange *exchange, struct statement *run, size_t count,
    struct failure *why)
{
	bool safe = only_reads(exchange->request);
	struct session *session;

	if (service_session(exchange->service, &session, why) != 0)
		return -1;
	if (session_run(session, run, count, safe, why) == 0)
		return 0;
	if (why->fault != FAULT_CONFLICT)
		return -1;
	*why = (struct failure){ .fault = FAULT_NONE };
	if (session_run(session, run, count, safe, why) == 0)
		return 0;
	/* Names of constraints are not for the client. */
	if (why->fault == FAULT_CONFLICT)
		snprintf(why->detail, sizeof(why->detail), "%s", CONFLICT);
	return -1;
}

int
exchange_run(struct exchange *exchange, struct statement *statements,
    size_t count, struct failure *why)
{
	struct statement *run = arena_array(exchange->request->arena,
	    count + 1, sizeof(*run));

	run[0] = entering(exchange);
	if (count > 0)
		memcpy(run + 1, statements, count * sizeof(*run));
	if (run_past_races(exchange, run, count + 1, why) != 0)
		return -1;
	rows_free(run[0].rows);
	for (size_t i = 0; i < count; i++)
		statements[i].rows = run[i + 1].rows;
	return 0;
}

/* A field's value, or for NAME__given whether there is one. */
static const char *
field_value(const struct request *request, const char *name)
{
	static const char given[] = "__given";
	size_t length = strlen(name), suffix = sizeof(given) - 1;

	if (length > suffix && text_is(name + length - suffix, given))
		return request_value(request, arena_copy(request->arena, name,
		    length - suffix))->present ? "true" : "false";
	return request_text(request, name);
}

static const struct bind *
find_bind(const struct bind *binds, size_t nbinds, const char *name)
{
	for (size_t i = 0; i < nbinds; i++)
		if (text_is(binds[i].name, name))
			return &binds[i];
	return NULL;
}

struct statement
exchange_bind(struct exchange *exchange, const struct query *query,
    const struct bind *extra, size_t nextra)
{
	struct bind *binds = arena_array(exchange->request->arena,
	    query->nparams, sizeof(*binds));

	for (size_t i = 0; i < query->nparams; i++) {
		const char *name = query->params[i];
		const struct bind *given = find_bind(extra, nextra, name);

		binds[i] = given != NULL ? *given : (struct bind){ name,
			field_value(exchange->request, name) };
	}
	return (struct statement){ .query = query, .binds = binds,
		.nbinds = query->nparams };
}

int
exchange_answer(struct exchange *exchange, struct rows *rows,
    struct failure *why)
{
	const struct route *route = exchange->request->route;

	assert(exchange->answer == NULL);
	exchange->answer = rows;
	if (rows_count(rows) == 0)
		return fail(why, FAULT_MISSING, "%s", route->missing);
	response_json(exchange->response, route->status,
	    rows_text(rows, 0, "body"));
	return 0;
}

/* ${extra}, and the id of what is to be made. */
static const struct bind *
with_new_id(struct exchange *exchange, const struct bind *extra,
    size_t nextra, size_t *nbinds)
{
	struct arena *arena = exchange->request->arena;
	const char *name = exchange->request->route->new_id;
	struct bind *binds;
	char *id;

	*nbinds = nextra;
	if (name == NULL)
		return extra;
	id = arena_alloc(arena, UUID_TEXT_BYTES);
	random_uuid(id);
	binds = arena_array(arena, nextra + 1, sizeof(*binds));
	if (nextra > 0)
		memcpy(binds, extra, nextra * sizeof(*binds));
	binds[nextra] = (struct bind){ name, id };
	*nbinds = nextra + 1;
	return binds;
}

/* What the run returned: a change that found nothing is a 404. */
static int
answer_run(struct exchange *exchange, struct rows *changed,
    struct rows *answer, struct failure *why)
{
	const struct route *route = exchange->request->route;
	bool found = changed == NULL || rows_count(changed) > 0;

	rows_free(changed);
	if (!found) {
		rows_free(answer);
		return fail(why, FAULT_MISSING, "%s", route->missing);
	}
	if (answer != NULL)
		return exchange_answer(exchange, answer, why);
	response_empty(exchange->response);
	return 0;
}

int
exchange_serve(struct exchange *exchange, const struct bind *extra,
    size_t nextra, struct failure *why)
{
	const struct route *route = exchange->request->route;
	struct statement run[2];
	struct rows *changed = NULL, *answer = NULL;
	size_t count = 0, nbinds;

	extra = with_new_id(exchange, extra, nextra, &nbinds);
	if (route->change != NULL)
		run[count++] = exchange_bind(exchange, route->change, extra,
		    nbinds);
	if (route->statement != NULL)
		run[count++] = exchange_bind(exchange, route->statement,
		    extra, nbinds);
	if (exchange_run(exchange, run, count, why) != 0)
		return -1;
	if (route->change != NULL)
		changed = run[0].rows;
	if (route->statement != NULL)
		answer = run[count - 1].rows;
	return answer_run(exchange, changed, answer, why);
}

void
exchange_hash(const unsigned char hash[HASH_BYTES], char text[HASH_TEXT_BYTES])
{
	memcpy(text, "\\x", 2);
	text_from_bytes(hash, HASH_BYTES, text + 2);
}

void
exchange_hashes(const struct lookup_hashes *hashes,
    char text[HASHES_TEXT_BYTES])
{
	char current[2 * HASH_BYTES + 1], previous[2 * HASH_BYTES + 1];

	text_from_bytes(hashes->current, HASH_BYTES, current);
	text_from_bytes(hashes->previous, HASH_BYTES, previous);
	snprintf(text, HASHES_TEXT_BYTES, "{\"\\\\x%s\",\"\\\\x%s\"}",
	    current, previous);
}
