#include "passwords.h"

#include "base/text.h"
#include "crypto/password.h"

#define LENGTH_MOST 128

/* An operator who allows passwords shorter than this has other plans than
 * keeping common ones out (test installations do). */
#define LENGTH_WORTH_GUESSING 8

int
passwords_check(struct exchange *exchange, const char *name,
    struct failure *why)
{
	const struct route *route = exchange->request->route;
	const char *password = request_text(exchange->request, name);
	int64_t least = exchange->service->config.password_min_length;
	int64_t length = (int64_t)text_characters(password);
	bool fits = length >= least && length <= LENGTH_MOST;

	if (fits && (least < LENGTH_WORTH_GUESSING ||
	    !password_is_common(password)))
		return 0;
	if (route->permission != NULL &&
	    exchange_run(exchange, NULL, 0, why) != 0)
		return -1;
	why->field = name;
	return fits ? fail(why, FAULT_INVALID,
	    "is one of the passwords that are tried first") :
	    fail(why, FAULT_INVALID, "must have %lld to %d characters",
		(long long)least, LENGTH_MOST);
}
