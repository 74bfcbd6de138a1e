/* Complex moduli of a composition. */
#include "harmonic_private.h"
#include <string.h>

enum { MOST_VARIED = 32 };

/* Fields that multiply the parameters a law lets vary; false if there is none. */
static bool Factors(const VmMaterialOps *law, const VmComposition *composition, const double *factor[MOST_VARIED])
{
  bool any = false;
  for (int k = 0; law->vary && law->vary[k] && k < MOST_VARIED; ++k) {
    factor[k] = NULL;
    for (int v = 0; v < composition->variations; ++v)
      if (strcmp(law->vary[k], composition->varied[v]) == 0) factor[k] = composition->factor[v];
    any |= factor[k] != NULL;
  }
  return any;
}

/* Moduli of the voxels of one phase, into [np]; a phase without variation is one point. */
static PetscErrorCode PhaseModuli(VmHarmonic h, const VmComposition *composition, int phase, double omega,
                                  double temperature, double complex *room[2], double complex *shear,
                                  double complex *bulk)
{
  const VmPlugin *material = composition->material + phase;
  const VmMaterialOps *law = (const VmMaterialOps *)material->head;
  const double *factor[MOST_VARIED];
  const bool varied = Factors(law, composition, factor);
  const VmPoints points = {
      .np = varied ? h->grid->np : 1, .temperature = temperature, .factor = varied ? factor : NULL};
  double complex one[2], *from[2] = {varied ? room[0] : &one[0], varied ? room[1] : &one[1]};

  PetscFunctionBegin;
  PetscCall(law->harmonic(material->params, omega, &points, from[0], from[1]));
  for (int64_t i = 0; i < h->grid->np; ++i)
    if (!composition->phase || composition->phase[i] == phase) {
      shear[i] = from[0][varied ? i : 0];
      bulk[i] = from[1][varied ? i : 0];
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHarmonicSetComposition(VmHarmonic h, const VmComposition *composition, double omega,
                                        double temperature)
{
  const size_t np = (size_t)h->grid->np;
  double complex *room[2], *shear, *bulk;
  PetscFunctionBegin;
  PetscCall(PetscMalloc4(np, &shear, np, &bulk, np, &room[0], np, &room[1]));
  for (int phase = 0; phase < composition->phases; ++phase)
    PetscCall(PhaseModuli(h, composition, phase, omega, temperature, room, shear, bulk));
  const PetscErrorCode code = VmHarmonicSetMedium(h, shear, bulk);
  PetscCall(PetscFree4(shear, bulk, room[0], room[1]));
  PetscFunctionReturn(code);
}
