/* Bodies for tests: materials from YAML text, one or several phases, any communicator. */
#ifndef VM_BODY_CASE_H
#define VM_BODY_CASE_H

#include "vm_test.h"
#include <vitromech/body.h>

enum { MOST_MATERIALS = 4, MOST_VARIATIONS = 4 };

typedef struct {
  VmGrid grid;
  VmBody body;
  VmPlugin material[MOST_MATERIALS];
  VmMaterialCommon common[MOST_MATERIALS];
  int materials, variations;
  uint8_t *phase; /* [np] */
  const char *varied[MOST_VARIATIONS];
  double *factor[MOST_VARIATIONS];
  double *strain, *stress; /* [6][np], room for fields */
} Case;

/* A grid without materials yet. */
static inline PetscErrorCode CaseCreate(MPI_Comm comm, int64_t nx, int64_t ny, int64_t nz, Case *c)
{
  const int64_t n[3] = {nx, ny, nz};
  PetscFunctionBegin;
  memset(c, 0, sizeof *c);
  PetscCall(VmGridCreate(comm, n, 0.7, &c->grid));
  const size_t np = (size_t)c->grid->np;
  PetscCall(PetscCalloc3(np, &c->phase, 6 * np, &c->strain, 6 * np, &c->stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode CaseMaterial(Case *c, const char *law, const char *yaml, double thermal_expansion)
{
  VmPlugin *material = &c->material[c->materials];
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  c->common[c->materials].thermal_expansion = thermal_expansion;
  *material = (VmPlugin){.head = VmPluginFind(&vm_material_kind, law), .common = &c->common[c->materials]};
  material->params = calloc(1, material->head->params->size);
  ++c->materials;
  PetscCall(VmReportCreate(PETSC_COMM_SELF, law, &report));
  PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
  PetscCall(VmParamsRead(material->head->params, root, report, material->params));
  VmExpectInt(VmReportCount(report), 0);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Room for the factors of a parameter, all 1. */
static inline PetscErrorCode CaseVary(Case *c, const char *name)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->grid->np, &c->factor[c->variations]));
  for (int64_t i = 0; i < c->grid->np; ++i) c->factor[c->variations][i] = 1.0;
  c->varied[c->variations++] = name;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline VmBodyOptions CaseOptions(int element, int krylov, double tolerance)
{
  VmBodyOptions options;
  VmBodyOptionsInit(&options);
  options.linear.element = (VmElement)element;
  options.linear.krylov = (VmKrylov)krylov;
  options.linear.tolerance = options.tolerance = tolerance;
  return options;
}

/* The body, at rest at 300 K; one that was there before is given up. */
static inline PetscErrorCode CaseStart(Case *c, const VmBodyOptions *options)
{
  const VmComposition composition = {.phases = c->materials,
                                     .material = c->material,
                                     .phase = c->materials > 1 ? c->phase : NULL,
                                     .variations = c->variations,
                                     .varied = c->varied,
                                     .factor = (const double *const *)c->factor};
  PetscFunctionBegin;
  PetscCall(VmBodyDestroy(&c->body));
  PetscCall(VmBodyCreate(c->grid, &composition, options, 300.0, &c->body));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode CaseDestroy(Case *c)
{
  PetscFunctionBegin;
  PetscCall(VmBodyDestroy(&c->body));
  for (int k = 0; k < c->materials; ++k) {
    PetscCall(VmParamsFree(c->material[k].head->params, c->material[k].params));
    free(c->material[k].params);
  }
  for (int v = 0; v < c->variations; ++v) PetscCall(PetscFree(c->factor[v]));
  PetscCall(PetscFree3(c->phase, c->strain, c->stress));
  PetscCall(VmGridDestroy(&c->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step that must succeed. */
static inline PetscErrorCode CaseStep(Case *c, const VmMacroLoad *load, double dt, double temperature, VmBodyStep *step)
{
  PetscFunctionBegin;
  PetscCall(VmBodyAdvance(c->body, load, dt, temperature, step));
  VmExpect(step->status == VM_BODY_OK, "step of %g s: %s", dt, step->message);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Coordinates of local voxel i. */
static inline void CaseVoxel(const Case *c, int64_t i, int64_t at[3])
{
  const int64_t g = VmGridGlobal(c->grid, i);
  at[0] = g / c->grid->plane, at[1] = g / c->grid->n[2] % c->grid->n[1], at[2] = g % c->grid->n[2];
}

/* A random number in [0, 1) that belongs to a voxel, whatever the number of ranks. */
static inline double CaseRandom(const Case *c, int64_t i, uint32_t draw)
{
  return VmRngUniform((VmRngKey){17, VM_STREAM_TEST}, (uint64_t)VmGridGlobal(c->grid, i), draw);
}

#endif
