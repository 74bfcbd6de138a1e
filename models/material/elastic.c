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

static VmStepStatus Update(const void *params, const VmPoints *points)
{
  const Params *p = params;
  const double lame = p->bulk_modulus - 2.0 * p->shear_modulus / 3.0;
  for (int c = 0; c < 6; ++c)
    for (int64_t i = 0; i < points->np; ++i) points->stress[c][i] = 2.0 * p->shear_modulus * points->strain[c][i];
  for (int c = 0; c < 3; ++c)
    for (int64_t i = 0; i < points->np; ++i)
      points->stress[c][i] += lame * (points->strain[0][i] + points->strain[1][i] + points->strain[2][i]);
  return VM_STEP_OK;
}

static PetscErrorCode Tangent(const void *params, const VmPoints *points, double *const *tangent)
{
  const Params *p = params;
  PetscFunctionBegin;
  for (int c = 0; c < 36; ++c)
    for (int64_t i = 0; i < points->np; ++i)
      tangent[c][i] = VmIsotropicStiffness(p->shear_modulus, p->bulk_modulus, c / 6, c % 6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Harmonic(const void *params, double omega, double temperature, double complex *moduli)
{
  const Params *p = params;
  PetscFunctionBegin;
  (void)omega, (void)temperature;
  for (int c = 0; c < 36; ++c) moduli[c] = VmIsotropicStiffness(p->shear_modulus, p->bulk_modulus, c / 6, c % 6);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Moduli(const void *params, double *shear, double *bulk)
{
  const Params *p = params;
  *shear = p->shear_modulus, *bulk = p->bulk_modulus;
}

const VmMaterialOps vm_material_elastic = {.head = {.name = "elastic",
                                                    .doc = "isotropic linear elasticity (Hooke's law)",
                                                    .source = "Hooke's law",
                                                    .params = &params_table},
                                           .update = Update,
                                           .tangent = Tangent,
                                           .harmonic = Harmonic,
                                           .moduli = Moduli};
