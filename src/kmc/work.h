/* The most that a stress can do to barriers. */
#ifndef VM_WORK_H
#define VM_WORK_H

#include "thinning.h"
#include <math.h>

/** Largest work of a stress [GPa] on any mode [eV]: shears of a mode gamma/2 (n m + m n), which is rounded to floats,
 * and its dilatation. Not collective. */
static inline double VmKmcMostWork(VmKmc kmc, const double sig[6])
{
  return VmStzWorkPerStress(&kmc->stz) * (1.0 + 1e-5) * VmShearNorm(sig) + fabs(VmStzPressureWork(&kmc->stz, sig));
}

#endif
