/* L0. Wall-clock time. */
#ifndef VITROMECH_TIMER_H
#define VITROMECH_TIMER_H

#include <vitromech/base.h>

/** Monotonic wall-clock time in s. Not collective. */
double VmTime(void);

#endif
