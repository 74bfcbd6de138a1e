#include "phonons.h"
#include <vitromech/rng.h>
#include <math.h>
#include <string.h>

enum { FIRST_DRAW = 16 }; /* the builder of glasses uses lower ones of this stream */

PetscErrorCode VmPhononsDisplace(uint64_t seed, int64_t configuration, double b, const VmAtoms *atoms, VmAtoms *moved)
{
  const VmRngKey key = {seed, VM_STREAM_THERMAL};
  const uint32_t draw = (uint32_t)(FIRST_DRAW + 2 * configuration);
  const double rms = sqrt(b / 8.0) / VM_PI;

  PetscFunctionBegin;
  moved->nspecies = atoms->nspecies;
  memcpy(moved->number, atoms->number, sizeof moved->number);
  PetscCall(VmAtomsReserve(moved, atoms->n));
  for (int64_t i = 0; i < atoms->n; ++i) {
    double xy[2], z[2];
    VmRngNormal2(key, (uint64_t)atoms->id[i], draw, xy);
    VmRngNormal2(key, (uint64_t)atoms->id[i], draw + 1, z);
    const double r[3] = {atoms->x[i] + rms * xy[0], atoms->y[i] + rms * xy[1], atoms->z[i] + rms * z[0]};
    PetscCall(VmAtomsAppend(moved, atoms->species[i], r, atoms->id[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
