#include "http/problem.h"

#include <assert.h>

#include "base/text.h"

#define COMPLAINTS_MAX 64

/* Names of members come from outside and can be as long as a body. */
#define NAME_MAX_BYTES 128

#define MESSAGE_INTERNAL "Something went wrong on our side."

static const int statuses[FAULT_COUNT] = {
	[FAULT_NONE] = 500,
	[FAULT_INVALID] = 422,
	[FAULT_REFUSED] = 400,
	[FAULT_UNAUTHENTICATED] = 401,
	[FAULT_DENIED] = 403,
	[FAULT_MISSING] = 404,
	[FAULT_CONFLICT] = 409,
	[FAULT_BUSY] = 503,
	[FAULT_LATE] = 504,
	[FAULT_UPSTREAM] = 502,
	[FAULT_UNCERTAIN] = 500,
	[FAULT_INTERNAL] = 500,
};

int
fault_status(enum fault fault)
{
	assert(fault >= 0 && fault < FAULT_COUNT);
	return statuses[fault];
}

static void
add_name(struct text *text, struct arena *arena, const char *name)
{
	size_t length = strlen(name), kept = 0;

	while (kept < length) {
		size_t step = text_character(name + kept, length - kept);

		if (step == 0 || kept + step > NAME_MAX_BYTES)
			break;
		kept += step;
	}
	text_add_json(text, arena_copy(arena, name, kept));
}

/* The chain runs from the leaf to the root; the array the other way. */
static void
add_place(struct text *text, struct arena *arena, const struct place *place)
{
	if (place->parent != NULL) {
		add_place(text, arena, place->parent);
		text_add_text(text, ",");
	}
	if (place->name != NULL)
		add_name(text, arena, place->name);
	else
		text_add_format(text, "%zu", place->index);
}

void
complain(struct complaints *complaints, const struct place *place,
    const char *type, const char *fmt, ...)
{
	struct text loc = { .arena = complaints->arena };
	struct complaint *complaint;
	va_list ap;

	if (complaints->count++ >= COMPLAINTS_MAX)
		return;
	text_add_text(&loc, "[");
	add_place(&loc, complaints->arena, place);
	text_add_text(&loc, "]");
	complaint = arena_alloc(complaints->arena, sizeof(*complaint));
	complaint->loc = text_get(&loc);
	complaint->type = type;
	va_start(ap, fmt);
	complaint->message = arena_vprintf(complaints->arena, fmt, ap);
	va_end(ap);
	if (complaints->last == NULL)
		complaints->last = &complaints->first;
	*complaints->last = complaint;
	complaints->last = &complaint->next;
}

/* The members that every problem has, without the closing brace. */
static void
problem_open(struct text *text, int status)
{
	text_add_format(text, "{\"type\":\"about:blank\",\"title\":\"%s\","
	    "\"status\":%d,\"detail\":", status_phrase(status), status);
}

/* Headers of the answer that was being made do not belong to the problem. */
static void
problem_close(struct response *response, int status, struct text *text)
{
	text_add_text(text, "}");
	response->nheaders = 0;
	response_json(response, status, text_get(text));
	response->content_type = "application/problem+json";
	if (status == 401)
		response_header(response, "WWW-Authenticate", "Bearer");
	if (status == 503)
		response_header(response, "Retry-After", "1");
}

void
problem_complaints(struct response *response,
    const struct complaints *complaints)
{
	struct text text = { .arena = response->arena };

	assert(complaints->first != NULL);
	problem_open(&text, 422);
	for (const struct complaint *at = complaints->first; at != NULL;
	    at = at->next) {
		text_add_format(&text, "%s{\"loc\":%s,\"msg\":",
		    at == complaints->first ? "[" : ",", at->loc);
		text_add_json(&text, at->message);
		text_add_format(&text, ",\"type\":\"%s\"}", at->type);
	}
	text_add_text(&text, "]");
	problem_close(response, 422, &text);
}

/* What a 5xx says: nothing about what happened inside. */
static const char *
generic_detail(int status)
{
	switch (status) {
	case 502:
		return "A service that this one needs refused.";
	case 503:
		return "The service is busy. Try again.";
	case 504:
		return "No answer came in time.";
	default:
		return MESSAGE_INTERNAL;
	}
}

void
problem_status(struct response *response, int status, const char *detail)
{
	struct text text = { .arena = response->arena };

	assert(status >= 400 && status <= 599 && status != 422);
	if (detail == NULL)
		detail = status >= 500 ? generic_detail(status) :
		    status_phrase(status);
	problem_open(&text, status);
	text_add_json(&text, detail);
	if (status == 429) {
		text_add_text(&text, ",\"error\":");
		text_add_json(&text, detail);
	}
	problem_close(response, status, &text);
}

void
problem_failure(struct response *response, const struct failure *why)
{
	static const struct place body = { .name = "body" };
	const struct place field = { .parent = &body, .name = why->field };
	struct complaints complaints = { .arena = response->arena };
	int status = fault_status(why->fault);

	if (why->fault == FAULT_INVALID) {
		complain(&complaints, why->field != NULL ? &field : &body,
		    "value_error", "%s", why->detail);
		problem_complaints(response, &complaints);
	} else {
		problem_status(response, status,
		    status >= 500 || why->detail[0] == '\0' ?
		    NULL : why->detail);
	}
}
