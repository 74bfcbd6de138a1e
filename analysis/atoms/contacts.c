#include "contacts.h"
#include "bins.h"
#include "cell.h"
#include "neighbours.h"

/* In units of the cubic root of the volume per atom: behind the first peak of a metallic glass (near 1.1), before the
 * first minimum (near 1.5); and how far targets are looked for. */
#define RANGE 1.37
#define FARTHEST 2.3

enum { BINS = 180, ALL_BINS = (int)(BINS * FARTHEST / RANGE) };

/* sums [species][species][ALL_BINS]: of r over the pairs of each bin. */
static PetscErrorCode SumPairs(const VmAtoms *tile, double step, double *sums)
{
  const double farthest = ALL_BINS * step;
  VmImages near;
  VmBins sorted;
  int64_t begin[9], end[9];

  PetscFunctionBegin;
  PetscCall(VmNearAtoms(PETSC_COMM_SELF, tile, farthest, &near));
  PetscCall(VmBinsCreate(near.atoms.n, near.atoms.x, near.atoms.y, near.atoms.z, farthest, &sorted));
  for (int64_t i = 0; i < tile->n; ++i) {
    const double r[3] = {tile->x[i], tile->y[i], tile->z[i]};
    VmBinsNear(&sorted, r, begin, end);
    for (int b = 0; b < 9; ++b) {
      for (int64_t s = begin[b]; s < end[b]; ++s) {
        const double *p = sorted.r + 3 * s, d[3] = {p[0] - r[0], p[1] - r[1], p[2] - r[2]};
        const double length = sqrt(VmDot3(d, d));
        if (length >= farthest || VmNearIsSelf(&near, 0, sorted.point[s], i)) continue;
        const int pair = tile->species[i] * tile->nspecies + near.atoms.species[sorted.point[s]];
        sums[pair * ALL_BINS + PetscMin((int)(length / step), ALL_BINS - 1)] += length;
      }
    }
  }
  PetscCall(VmBinsDestroy(&sorted));
  PetscCall(VmImagesFree(&near));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* uniform*r^4: what the sums up to r would be if g were 1. */
static void SetTargets(const double *sums, double step, double uniform, double *target)
{
  double found = 0.0;
  int bin = 0;
  for (int t = 1; t <= BINS; ++t) {
    const double wanted = uniform * pow(t * step, 4.0);
    while (bin < ALL_BINS && found + sums[bin] < wanted) found += sums[bin++];
    target[t] = bin < ALL_BINS ? step * (bin + (wanted - found) / sums[bin]) : step * ALL_BINS;
    if (uniform == 0.0) target[t] = t * step;
  }
  target[0] = target[1];
}

PetscErrorCode VmContactsCreate(const VmAtoms *tile, VmContacts *contacts)
{
  const int ns = tile->nspecies;
  const double volume = fabs(VmCellVolume((const double(*)[3])tile->cell));
  const double range = RANGE * cbrt(volume / (double)tile->n);
  int64_t of[VM_MAX_SPECIES] = {0};
  double *sums;

  PetscFunctionBegin;
  *contacts = (VmContacts){.species = ns, .bins = BINS, .range = range, .step = range / BINS};
  PetscCall(PetscCalloc1((size_t)(ns * ns * (BINS + 1)), &contacts->target));
  PetscCall(PetscCalloc1((size_t)(ns * ns * ALL_BINS), &sums));
  for (int64_t i = 0; i < tile->n; ++i) ++of[tile->species[i]];
  PetscCall(SumPairs(tile, contacts->step, sums));
  for (int pair = 0; pair < ns * ns; ++pair) {
    const double uniform = VM_PI * (double)of[pair / ns] * (double)of[pair % ns] / volume;
    SetTargets(sums + pair * ALL_BINS, contacts->step, uniform, contacts->target + pair * (BINS + 1));
  }
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmContactsDestroy(VmContacts *contacts)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(contacts->target));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double VmContactsTarget(const VmContacts *contacts, int a, int b, double r)
{
  const double *target = contacts->target + (a * contacts->species + b) * (contacts->bins + 1), at = r / contacts->step;
  const int bin = PetscMin((int)at, contacts->bins - 1);
  return target[bin] + (at - bin) * (target[bin + 1] - target[bin]);
}
