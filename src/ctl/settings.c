#include "ctl/settings.h"

int
settings_load(struct config *config, enum program program,
    struct arena *arena, struct failure *why)
{
	struct failure cause = { .fault = FAULT_NONE };

	if (config_read_file(SETTINGS_FILE, &cause) != 0 &&
	    cause.fault != FAULT_MISSING) {
		*why = cause;
		return -1;
	}
	return config_load(config, program, arena, why);
}
