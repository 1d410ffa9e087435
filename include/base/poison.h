/*
 * Functions that nobody here calls: unbounded, locale-bound, or with hidden
 * state.  Every file is compiled with this header in front (Makefile.am).
 */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok atoi atol atoll \
	atof localtime gmtime ctime asctime mktime setlocale tmpnam tempnam \
	mktemp srand system popen

#endif
