#include "http/response.h"

#include <assert.h>

#include "base/text.h"

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

const char *
status_phrase(int status)
{
	for (size_t i = 0; i < COUNT_OF(phrases); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Unknown";
}

void
response_json(struct response *response, int status, const char *body)
{
	response->status = status;
	response->content_type = "application/json";
	response->body = body;
	response->body_length = strlen(body);
}

void
response_empty(struct response *response)
{
	response->status = 204;
	response->content_type = NULL;
	response->body = NULL;
	response->body_length = 0;
}

static bool
is_fit_for_header(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
	return true;
}

void
response_header(struct response *response, const char *name,
    const char *value)
{
	assert(is_fit_for_header(value));
	assert(response->nheaders < RESPONSE_HEADERS);
	response->headers[response->nheaders].name = name;
	response->headers[response->nheaders].value = value;
	response->nheaders++;
}
