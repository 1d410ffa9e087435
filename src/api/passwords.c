#include "passwords.h"

#include "base/text.h"
#include "crypto/password.h"
#include "http/problem.h"

#define LENGTH_MOST 128

/* An operator who allows passwords shorter than this has other plans than
 * keeping common ones out (test installations do). */
#define LENGTH_WORTH_GUESSING 8

bool
passwords_accept(struct exchange *exchange, const char *name)
{
	const struct request *request = exchange->request;
	const struct place body = { .name = "body" };
	const struct place place = { .parent = &body, .name = name };
	struct complaints complaints = { .arena = request->arena };
	const char *password = request_text(request, name);
	int64_t least = exchange->service->config.password_min_length;
	int64_t length = (int64_t)text_characters(password);

	if (length < least || length > LENGTH_MOST)
		complain(&complaints, &place, "value_error",
		    "must have %lld to %d characters", (long long)least,
		    LENGTH_MOST);
	else if (least >= LENGTH_WORTH_GUESSING &&
	    password_is_common(password))
		complain(&complaints, &place, "value_error",
		    "is one of the passwords that are tried first");
	if (complaints.count > 0)
		problem_complaints(exchange->response, &complaints);
	return complaints.count == 0;
}
