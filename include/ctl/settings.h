/*
 * The configuration as diurnalctl sees it: the environment, and what the
 * units read, /etc/diurnal/diurnal.env, where there is one.
 */
#ifndef CTL_SETTINGS_H
#define CTL_SETTINGS_H

#include "base/config.h"

#define SETTINGS_FILE "/etc/diurnal/diurnal.env"

/*
 * Read the settings of ${program}, as config_load does.  A settings file that
 * is not there is no failure; one that cannot be read or understood is.
 */
int settings_load(struct config *config, enum program program,
    struct arena *arena, struct failure *why);

#endif
