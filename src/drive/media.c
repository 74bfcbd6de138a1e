#include "sim_private.h"
#include <math.h>
#include <string.h>

/* Position of a name among those seen so far, added if new. */
static int Position(VmMedia *media, const char *name)
{
  for (int v = 0; v < media->body.variations; ++v)
    if (!strcmp(media->varied[v], name)) return v;
  media->varied[media->body.variations] = name;
  return media->body.variations++;
}

static int Variations(const VmPlugin *material) { return ((const VmPhaseCommon *)material->common)->vary.count; }

/* The factors of a phase into its voxels; each variation has random numbers of its own. */
static PetscErrorCode DrawPhase(VmGrid grid, VmMedia *media, int phase, const char *base, uint64_t seed, double *room)
{
  const VmPhaseCommon *common = media->material[phase].common;
  PetscFunctionBegin;
  for (int i = 0; i < common->vary.count; ++i) {
    const VmPlugin *vary = (const VmPlugin *)common->vary.items + i;
    const uint32_t use = (uint32_t)(1 + 256 * phase + i) << 16;
    const VmRngKey key = {.seed = seed, .stream = VM_STREAM_VARIATION + use};
    double *factor = media->factor + Position(media, VmVaryParameter(common, i)) * grid->np;
    PetscCall(((const VmDistributionOps *)vary->head)->draw(grid, vary->params, base, key, room));
    for (int64_t p = 0; p < grid->np; ++p)
      if (media->phase[p] == phase) factor[p] = room[p];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMediaCreate(VmGrid grid, const VmSimParams *params, const char *base, uint64_t seed,
                             const double *flow_unit, VmMedia *media)
{
  const VmFlowUnitCommon *flow_units = params->flow_units.common;
  const size_t np = (size_t)grid->np;
  double *room;

  PetscFunctionBegin;
  memset(media, 0, sizeof *media);
  media->material[0] = params->material;
  media->body.phases = flow_units && flow_units->material.head ? 2 : 1;
  if (media->body.phases == 2) media->material[1] = flow_units->material;
  PetscCall(PetscMalloc1(np, &media->phase));
  for (size_t p = 0; p < np; ++p) media->phase[p] = media->body.phases == 2 && flow_unit[p] > 0.0;
  size_t most = 0;
  for (int m = 0; m < media->body.phases; ++m) most += (size_t)Variations(&media->material[m]);
  PetscCall(PetscMalloc3(most, &media->varied, most, &media->rows, most * np, &media->factor));
  PetscCall(PetscMalloc1(np, &room));
  for (size_t i = 0; i < most * np; ++i) media->factor[i] = 1.0;
  for (int m = 0; m < media->body.phases; ++m) PetscCall(DrawPhase(grid, media, m, base, seed, room));
  PetscCall(PetscFree(room));
  for (int v = 0; v < media->body.variations; ++v) media->rows[v] = media->factor + v * grid->np;
  media->body.material = media->material;
  media->body.phase = media->phase;
  media->body.varied = media->varied;
  media->body.factor = media->rows;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMediaDestroy(VmMedia *media)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(media->phase));
  PetscCall(PetscFree3(media->varied, media->rows, media->factor));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Factors of a parameter, NULL if it does not vary. */
static const double *Factor(const VmMedia *media, const char *name)
{
  for (int v = 0; v < media->body.variations; ++v)
    if (!strcmp(media->varied[v], name)) return media->rows[v];
  return NULL;
}

PetscErrorCode VmMediaModuli(VmGrid grid, const VmMedia *media, double *shear, double *bulk)
{
  enum { MOST_VARIED = 32 };
  const double *factor[MOST_VARIED];
  double *room;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * (size_t)grid->np, &room));
  for (int m = 0; m < media->body.phases; ++m) {
    const VmMaterialOps *ops = (const VmMaterialOps *)media->material[m].head;
    int count = 0;
    for (; ops->vary && ops->vary[count]; ++count) {
      VmAssert(count < MOST_VARIED);
      factor[count] = Factor(media, ops->vary[count]);
    }
    ops->moduli(media->material[m].params, &(VmPoints){.np = grid->np, .factor = factor}, room, room + grid->np);
    for (int64_t p = 0; p < grid->np; ++p)
      if (media->phase[p] == m) shear[p] = room[p], bulk[p] = room[grid->np + p];
  }
  PetscCall(PetscFree(room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A number among the parameters of a material; 0 if it has none of that name. */
static double Number(const VmPlugin *material, const char *name)
{
  if (!strcmp(name, "thermal_expansion")) return ((const VmPhaseCommon *)material->common)->material.thermal_expansion;
  const VmTable *table = material->head->params;
  for (const VmParam *row = table ? table->rows : NULL; row && row->key; ++row) {
    if (row->type != VM_REAL || strcmp(row->key, name)) continue;
    const double value = *(const double *)((const char *)material->params + row->offset);
    return isnan(value) ? 0.0 : value;
  }
  return 0.0;
}

PetscErrorCode VmMediaParameter(VmGrid grid, const VmMedia *media, const char *name, double *values)
{
  const double *factor = Factor(media, name);
  double number[2] = {0.0, 0.0};
  PetscFunctionBegin;
  for (int m = 0; m < media->body.phases; ++m) number[m] = Number(&media->material[m], name);
  for (int64_t p = 0; p < grid->np; ++p) values[p] = number[media->phase[p]] * (factor ? factor[p] : 1.0);
  PetscFunctionReturn(PETSC_SUCCESS);
}
