/* A body from its composition. */
#include "body_private.h"
#include <math.h>
#include <string.h>

static const char *const expansion_name = "thermal_expansion";

void VmBodyOptionsInit(VmBodyOptions *options)
{
  *options = (VmBodyOptions){.tolerance = 1e-6, .max_newton = 20};
  VmEquilibriumOptionsInit(&options->linear);
}

/* Row of `vary` with a name, or -1. */
static int VaryOf(const VmMaterialOps *ops, const char *name)
{
  for (int v = 0; ops->vary && ops->vary[v]; ++v)
    if (!strcmp(ops->vary[v], name)) return v;
  return -1;
}

static PetscErrorCode CheckComposition(VmGrid grid, const VmComposition *composition)
{
  int bad[2] = {0, 0}, any[2];
  PetscFunctionBegin;
  for (int64_t i = 0; composition->phase && i < grid->np; ++i) bad[0] |= composition->phase[i] >= composition->phases;
  for (int v = 0; v < composition->variations; ++v) {
    const char *name = composition->varied[v];
    bool known = !strcmp(name, expansion_name);
    for (int k = 0; k < composition->phases; ++k)
      known = known || VaryOf((const VmMaterialOps *)composition->material[k].head, name) >= 0;
    if (!known) VmThrow(grid->comm, VM_ERR_INPUT, "no material of this body has a parameter %s that may vary", name);
    for (int w = 0; w < v; ++w)
      if (!strcmp(name, composition->varied[w]))
        VmThrow(grid->comm, VM_ERR_INPUT, "two fields of factors are given for %s", name);
    for (int64_t i = 0; i < grid->np; ++i)
      bad[1] |= !(composition->factor[v][i] > 0.0 && isfinite(composition->factor[v][i]));
  }
  PetscCallMPI(MPI_Allreduce(bad, any, 2, MPI_INT, MPI_MAX, grid->comm));
  if (any[0]) VmThrow(grid->comm, VM_ERR_INPUT, "a voxel has a phase above the %d there are", composition->phases);
  if (any[1]) VmThrow(grid->comm, VM_ERR_INPUT, "the factor of a parameter must be positive and finite in every voxel");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CopyPhases(VmBody b, const VmComposition *composition)
{
  const size_t np = (size_t)b->grid->np;
  PetscFunctionBegin;
  b->phases = composition->phases;
  b->variations = composition->variations;
  b->linear = true;
  PetscCall(PetscCalloc1((size_t)b->phases, &b->phase));
  PetscCall(PetscMalloc1((size_t)b->variations * np, &b->factor));
  for (int v = 0; v < b->variations; ++v) {
    if (np > 0) memcpy(b->factor + (size_t)v * np, composition->factor[v], np * sizeof(double));
    if (!strcmp(composition->varied[v], expansion_name)) b->expanding = b->factor + (size_t)v * np;
  }
  for (int k = 0; k < b->phases; ++k) {
    const VmPlugin *material = &composition->material[k];
    const VmMaterialCommon *common = material->common;
    VmPhase *phase = &b->phase[k];
    phase->ops = (const VmMaterialOps *)material->head;
    phase->params = material->params;
    phase->expansion = common ? common->thermal_expansion : 0.0;
    while (phase->ops->vary && phase->ops->vary[phase->nvary]) ++phase->nvary;
    PetscCall(PetscCalloc1((size_t)phase->nvary, &phase->factor));
    for (int v = 0; v < b->variations; ++v) {
      const int row = VaryOf(phase->ops, composition->varied[v]);
      if (row >= 0) phase->factor[row] = b->factor + (size_t)v * np;
    }
    b->nstate = PetscMax(b->nstate, phase->ops->nstate);
    b->linear = b->linear && phase->ops->linear;
  }
  if (composition->phase) {
    PetscCall(PetscMalloc1(np, &b->phase_of));
    if (np > 0) memcpy(b->phase_of, composition->phase, np);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyCreate(VmGrid grid, const VmComposition *composition, const VmBodyOptions *options,
                            double temperature, VmBody *body)
{
  VmBody b;
  PetscFunctionBegin;
  PetscCheck(options->max_newton >= 0, grid->comm, PETSC_ERR_ARG_OUTOFRANGE, "negative number of iterations");
  PetscCheck(composition->phases >= 1, grid->comm, PETSC_ERR_ARG_OUTOFRANGE, "a body without material");
  PetscCall(CheckComposition(grid, composition));
  PetscCall(PetscNew(&b));
  b->grid = grid;
  b->options = *options;
  b->points = VmElementPoints(options->linear.element);
  b->start_temperature = b->temperature = b->end_temperature = temperature;
  b->medium[0] = b->medium[1] = NAN;
  PetscCall(CopyPhases(b, composition));
  PetscCall(VmEquilibriumCreate(grid, &options->linear, &b->e));
  const size_t np = (size_t)grid->np, points = np * (size_t)b->points;
  PetscCall(PetscCalloc5(6 * points, &b->strain, (size_t)b->nstate * points, &b->state, np, &b->shear, np, &b->bulk,
                         3 * np, &b->last_u));
  if (!b->linear) PetscCall(PetscMalloc2(VM_SYMMETRIC * points, &b->tangent, 3 * np, &b->base_u));
  PetscCall(PetscMalloc1((size_t)options->max_newton + 2, &b->history));
  PetscCall(VmBodyRowsCreate(b));
  *body = b;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyDestroy(VmBody *body)
{
  VmBody b = *body;
  PetscFunctionBegin;
  if (!b) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmBodyRowsDestroy(b));
  PetscCall(PetscFree(b->history));
  if (b->tangent) PetscCall(PetscFree2(b->tangent, b->base_u));
  PetscCall(PetscFree5(b->strain, b->state, b->shear, b->bulk, b->last_u));
  PetscCall(VmEquilibriumDestroy(&b->e));
  PetscCall(PetscFree(b->phase_of));
  for (int k = 0; k < b->phases; ++k) PetscCall(PetscFree(b->phase[k].factor));
  PetscCall(PetscFree(b->factor));
  PetscCall(PetscFree(b->phase));
  PetscCall(PetscFree(*body));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmBodyBytes(VmBody b)
{
  const int64_t np = b->grid->np, point = 6 + b->nstate + (b->tangent ? VM_SYMMETRIC : 0);
  const int64_t voxel = point * b->points + 3 + (b->tangent ? 3 : 0) + b->variations;
  return VmEquilibriumBytes(b->e) + (int64_t)sizeof(double) * voxel * np + (b->phase_of ? np : 0);
}
