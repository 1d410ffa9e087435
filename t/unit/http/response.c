#include "http/response.h"

#include "t/tap.h"

static void
test_json(void)
{
	struct response response = { 0 };

	response_json(&response, 201, "{\"a\":1}");
	is_int(response.status, 201, "a JSON answer has its status");
	is_text(response.content_type, "application/json",
	    "a JSON answer says that it is JSON");
	is_int((int64_t)response.body_length, 7, "the body's length is known");
	response_empty(&response);
	ok(response.status == 204 && response.content_type == NULL &&
	    response.body == NULL && response.body_length == 0,
	    "an empty answer has neither body nor type");
}

static void
test_headers(void)
{
	struct response response = { 0 };

	response_header(&response, "Location", "/a");
	response_header(&response, "Allow", "GET, POST");
	is_int((int64_t)response.nheaders, 2, "headers are counted");
	is_text(response.headers[1].name, "Allow", "headers keep their order");
	is_text(response.headers[1].value, "GET, POST",
	    "headers keep their value");
}

static void
test_phrases(void)
{
	is_text(status_phrase(404), "Not Found", "404 has its phrase");
	is_text(status_phrase(413), "Content Too Large",
	    "413 has the phrase of RFC 9110");
	is_text(status_phrase(422), "Unprocessable Content",
	    "422 has the phrase of RFC 9110");
	is_text(status_phrase(299), "Unknown", "no phrase is made up");
}

int
main(void)
{
	test_json();
	test_headers();
	test_phrases();
	return tap_done();
}
