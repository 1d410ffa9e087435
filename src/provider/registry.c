#include <assert.h>

#include "base/scope.h"
#include "base/text.h"
#include "provider/provider.h"
#include "src/provider/aws.h"
#include "src/provider/demo.h"

static const struct provider *const providers[] = {
	&aws_provider,
	&demo_provider,
};

static const char *const state_names[RESOURCE_STATE_COUNT] = {
	[STATE_RUNNING] = "RUNNING",
	[STATE_STOPPED] = "STOPPED",
	[STATE_UNKNOWN] = "UNKNOWN",
};

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_START] = "START",
	[ACTION_STOP] = "STOP",
};

const struct provider *
provider_find(const char *type)
{
	for (size_t i = 0; i < COUNT_OF(providers); i++)
		if (text_is(providers[i]->entry->type, type))
			return providers[i];
	return NULL;
}

const char *
resource_state_name(enum resource_state state)
{
	assert(state >= 0 && state < RESOURCE_STATE_COUNT);
	return state_names[state];
}

const char *
action_name(enum action action)
{
	assert(action >= 0 && action < ACTION_COUNT);
	return action_names[action];
}
