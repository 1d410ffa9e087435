#include "base/fault.h"

#ifdef TEST_HOOKS

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct order {
	int signal;
	const char *point;
	size_t length;                 /* of the point's name */
	int64_t passing;
};

static bool
is_listed(const char *name, size_t length)
{
	for (size_t i = 0; fault_points[i] != NULL; i++)
		if (strlen(fault_points[i]) == length &&
		    memcmp(fault_points[i], name, length) == 0)
			return true;
	return false;
}

/* "kill@act.intended:2" */
static struct order
order_read(const char *text)
{
	struct order order = { .passing = 1 };
	const char *at = strchr(text, '@'), *colon;

	if (at == NULL)
		abort();
	order.signal = strncmp(text, "kill@", 5) == 0 ? SIGKILL :
	    strncmp(text, "stop@", 5) == 0 ? SIGSTOP : 0;
	order.point = at + 1;
	order.length = strcspn(order.point, ":");
	colon = order.point + order.length;
	if (order.signal == 0 || !is_listed(order.point, order.length) ||
	    (*colon == ':' &&
	    text_to_int64(colon + 1, 1, INT64_MAX, &order.passing) != 0))
		abort();
	return order;
}

void
fault_point(const char *name)
{
	static atomic_int_fast64_t passed;
	const char *text = getenv("DIURNAL_FAULT");
	struct order order;

	if (!is_listed(name, strlen(name)))
		abort();
	if (text == NULL || *text == '\0')
		return;
	order = order_read(text);
	if (strlen(name) != order.length ||
	    memcmp(name, order.point, order.length) != 0)
		return;
	if (atomic_fetch_add(&passed, 1) + 1 == order.passing)
		raise(order.signal);
}

#endif
