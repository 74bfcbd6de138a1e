#include "isotropic.h"

typedef struct {
  double shear_modulus, bulk_modulus;
} Params;

static const VmParam rows[] = {{.key = "shear_modulus",
                                .type = VM_REAL,
                                .offset = offsetof(Params, shear_modulus),
                                .unit = "GPa",
                                .min = 1e-6,
                                .max = 1e6,
                                .doc = "shear modulus G",
                                .source = "values of 278 glasses: Xiong, Shi & Zhang, Mater. Des. 187 (2020) 108378"},
                               {.key = "bulk_modulus",
                                .type = VM_REAL,
                                .offset = offsetof(Params, bulk_modulus),
                                .unit = "GPa",
                                .min = 1e-6,
                                .max = 1e6,
                                .doc = "bulk modulus K"},
                               {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const Params *p = params;
  PetscFunctionBegin;
  PetscCall(VmIsotropicCheck(p->shear_modulus, p->bulk_modulus, node, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmTable params_table = {
    .name = "elastic", .doc = "isotropic linear elasticity", .size = sizeof(Params), .rows = rows, .check = Check};

enum { VARY_SHEAR, VARY_BULK };
static const char *const vary[] = {"shear_modulus", "bulk_modulus", NULL};

static void Moduli(const void *params, const VmPoints *points, double *shear, double *bulk)
{
  const Params *p = params;
  for (int64_t i = 0; i < points->np; ++i) {
    shear[i] = p->shear_modulus * VmFactor(points, VARY_SHEAR, i);
    bulk[i] = p->bulk_modulus * VmFactor(points, VARY_BULK, i);
  }
}

static VmStepStatus Update(const void *params, const VmPoints *points)
{
  const Params *p = params;
  for (int64_t i = 0; i < points->np; ++i) {
    const double shear = p->shear_modulus * VmFactor(points, VARY_SHEAR, i);
    const double bulk = p->bulk_modulus * VmFactor(points, VARY_BULK, i);
    double e[6];
    const double pressure = bulk * VmSplitStrain(points->strain, i, e);
    for (int c = 0; c < 6; ++c) points->stress[c][i] = 2.0 * shear * e[c] + (c < 3 ? pressure : 0.0);
  }
  return VM_STEP_OK;
}

static PetscErrorCode Tangent(const void *params, const VmPoints *points, double *const *tangent)
{
  const Params *p = params;
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    const double shear = p->shear_modulus * VmFactor(points, VARY_SHEAR, i);
    const double bulk = p->bulk_modulus * VmFactor(points, VARY_BULK, i);
    for (int c = 0; c < 36; ++c) tangent[c][i] = VmIsotropicStiffness(shear, bulk, c / 6, c % 6);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Energy(const void *params, const VmPoints *points, double *work, double *stored,
                             double *dissipated)
{
  const Params *p = params;
  PetscFunctionBegin;
  for (int64_t i = 0; i < points->np; ++i) {
    const double shear = p->shear_modulus * VmFactor(points, VARY_SHEAR, i);
    const double bulk = p->bulk_modulus * VmFactor(points, VARY_BULK, i);
    double e0[6], e1[6], step[6], sum[6];
    const double v0 = VmSplitStrain(points->last_strain, i, e0), v1 = VmSplitStrain(points->strain, i, e1);
    for (int c = 0; c < 6; ++c) step[c] = e1[c] - e0[c], sum[c] = e1[c] + e0[c];
    work[i] = 0.5 * bulk * (v1 + v0) * (v1 - v0) + shear * VmMandelDot(sum, step);
    stored[i] = 0.5 * bulk * v1 * v1 + shear * VmMandelDot(e1, e1);
    dissipated[i] = 0.0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Harmonic(const void *params, double omega, const VmPoints *points, double complex *shear,
                               double complex *bulk)
{
  const Params *p = params;
  PetscFunctionBegin;
  (void)omega;
  for (int64_t i = 0; i < points->np; ++i) {
    shear[i] = p->shear_modulus * VmFactor(points, VARY_SHEAR, i);
    bulk[i] = p->bulk_modulus * VmFactor(points, VARY_BULK, i);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmMaterialOps vm_material_elastic = {.head = {.name = "elastic",
                                                    .doc = "isotropic linear elasticity (Hooke's law)",
                                                    .source = "Hooke's law",
                                                    .params = &params_table},
                                           .vary = vary,
                                           .linear = true,
                                           .update = Update,
                                           .tangent = Tangent,
                                           .energy = Energy,
                                           .harmonic = Harmonic,
                                           .moduli = Moduli};
