/* Centres of the overlapping spheres, for the generator and for percolation of the continuum. */
#ifndef VM_DISORDER_SPHERES_H
#define VM_DISORDER_SPHERES_H

#include <vitromech/rng.h>

/** Centre of sphere `index`, uniform in the box of edges length [nm]. Not collective. */
static inline void VmSphereCentre(VmRngKey key, int64_t index, const double length[3], double centre[3])
{
  double u[2];
  VmRngUniform2(key, (uint64_t)index, 0, u);
  centre[0] = u[0] * length[0];
  centre[1] = u[1] * length[1];
  centre[2] = VmRngUniform(key, (uint64_t)index, 1) * length[2];
}

#endif
