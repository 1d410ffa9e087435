#include "src/db/sqlstate.h"

#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "db/session.h"

/* The longest prefix that fits counts. */
static const struct rule {
	const char *prefix;
	enum fault fault;
	bool ours;                     /* our own SQL: the message is for the
	                                * client */
	bool quotes;                   /* the message may quote a value */
} rules[] = {
	{ .prefix = SQLSTATE_REFUSED, FAULT_REFUSED, .ours = true },
	{ .prefix = SQLSTATE_UNAUTHENTICATED, FAULT_UNAUTHENTICATED,
	    .ours = true },
	{ .prefix = SQLSTATE_DENIED, FAULT_DENIED, .ours = true },
	{ .prefix = SQLSTATE_MISSING, FAULT_MISSING, .ours = true },
	{ .prefix = SQLSTATE_CONFLICT, FAULT_CONFLICT, .ours = true },
	{ .prefix = SQLSTATE_INVALID, FAULT_INVALID, .ours = true },
	{ .prefix = SQLSTATE_BUSY, FAULT_BUSY, .ours = true },
	{ .prefix = "22", FAULT_INTERNAL, .quotes = true },
	{ .prefix = "23503", FAULT_CONFLICT },         /* foreign key */
	{ .prefix = "23505", FAULT_CONFLICT },         /* unique */
	{ .prefix = "40001", FAULT_BUSY },             /* serialization */
	{ .prefix = "40P01", FAULT_BUSY },             /* deadlock */
	{ .prefix = "53", FAULT_BUSY },                /* out of something */
	{ .prefix = "55P03", FAULT_BUSY },             /* lock time-out */
	{ .prefix = "57014", FAULT_LATE },             /* statement time-out */
	{ .prefix = "57P0", FAULT_BUSY },              /* shutting down */
};

static const struct rule *
rule_for(const char *sqlstate)
{
	const struct rule *found = NULL;
	size_t length = 0;

	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		size_t fits = strlen(rules[i].prefix);

		if (fits > length &&
		    strncmp(rules[i].prefix, sqlstate, fits) == 0) {
			found = &rules[i];
			length = fits;
		}
	}
	return found;
}

enum fault
sqlstate_fault(const char *sqlstate)
{
	const struct rule *rule = rule_for(sqlstate);

	return rule != NULL ? rule->fault : FAULT_INTERNAL;
}

static const char *
field(const PGresult *result, int code)
{
	const char *value = PQresultErrorField(result, code);

	return value != NULL ? value : "";
}

int
sqlstate_fail(const PGresult *result, const char *statement,
    struct failure *why)
{
	const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
	const char *message = field(result, PG_DIAG_MESSAGE_PRIMARY);
	const struct rule *rule = rule_for(sqlstate);
	enum fault fault = sqlstate_fault(sqlstate);
	char line[sizeof(why->detail)];

	if (rule != NULL && rule->ours)
		return fail(why, fault, "%s", message);
	if (rule != NULL && rule->quotes)
		message = "a value does not fit";
	/* libpq's own errors come without fields. */
	if (message[0] == '\0')
		message = PQresultErrorMessage(result);
	sqlstate_one_line(message, line, sizeof(line));
	return fail(why, fault, "%s%s%s [%s]", statement != NULL ? statement :
	    "", statement != NULL ? ": " : "", line,
	    sqlstate[0] != '\0' ? sqlstate : "libpq");
}

bool
sqlstate_is_fatal(const PGresult *result)
{
	const char *severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return text_is(severity, "FATAL") || text_is(severity, "PANIC");
}

bool
sqlstate_is_stale(const PGresult *result)
{
	const char *sqlstate = field(result, PG_DIAG_SQLSTATE);

	/* "Feature not supported" is said of many things; this function of
	 * the server's says it of one: a statement's columns have changed. */
	if (text_is(sqlstate, "0A000"))
		return text_is(field(result, PG_DIAG_SOURCE_FUNCTION),
		    "RevalidateCachedQuery");
	return text_is(sqlstate, "26000");
}

void
sqlstate_one_line(const char *text, char *line, size_t size)
{
	size_t length = 0;

	for (; *text != '\0' && length + 1 < size; text++) {
		bool blank = (unsigned char)*text <= ' ';

		if (blank && (length == 0 || line[length - 1] == ' '))
			continue;
		line[length++] = blank ? ' ' : *text;
	}
	/* Do not cut a character of several bytes in two. */
	while (length > 0 && ((unsigned char)*text & 0xc0) == 0x80) {
		text--;
		length--;
	}
	while (length > 0 && line[length - 1] == ' ')
		length--;
	line[length] = '\0';
}
