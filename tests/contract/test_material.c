/* ranks: 1; timeout: 30; links: vm_models
 * What every material law must obey: cube rotations, dissipation, consistent tangent, half steps, harmonic limit. */
#include "vm_test.h"
#include <vitromech/material.h>
#include <vitromech/tensor.h>
#include <vitromech/tree.h>

enum { POINTS = 8, MOST_STATE = 32 };

/* Parameters of a law from YAML text that all laws accept keys of. */
static const struct {
  const char *law, *yaml;
} samples[] = {{"elastic", "{shear_modulus: 31.3 GPa, bulk_modulus: 101.2 GPa}"},
               {"zener",
                "{relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: "
                "100 GPa, activation_energy: 0.5 eV, reference_temperature: 310 K}"},
               {"flow_unit", "{matrix_shear_modulus: 13 GPa, flow_unit_shear_modulus: 11 GPa, bulk_modulus: 44 GPa, "
                             "saturation_stress: 0.5 GPa, initial_fraction: 0.1, rate_constant: 2 1/s}"}};

static const double root2 = 1.4142135623730951;

typedef struct {
  double strain[6][POINTS], stress[6][POINTS], state[MOST_STATE][POINTS];
  double *strain_row[6], *stress_row[6], *state_row[MOST_STATE];
} Batch;

static VmPoints Points(Batch *batch, double dt)
{
  for (int c = 0; c < 6; ++c) batch->strain_row[c] = batch->strain[c], batch->stress_row[c] = batch->stress[c];
  for (int c = 0; c < MOST_STATE; ++c) batch->state_row[c] = batch->state[c];
  return (VmPoints){.np = POINTS,
                    .dt = dt,
                    .temperature = 300.0,
                    .strain = (const double *const *)batch->strain_row,
                    .stress = batch->stress_row,
                    .state = batch->state_row};
}

static void RandomStrain(Batch *batch, uint32_t draw)
{
  for (int c = 0; c < 6; ++c)
    for (int i = 0; i < POINTS; ++i)
      batch->strain[c][i] =
          0.02 * (VmRngUniform((VmRngKey){5, VM_STREAM_TEST}, (uint64_t)(c * POINTS + i), draw) - 0.5);
}

/* Rotation number r of the 24 of the cube: signed permutations of determinant one. */
static bool CubeRotation(int r, double q[3][3])
{
  static const int permutation[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
  const int *p = permutation[r / 8];
  double determinant = r / 8 < 3 ? 1.0 : -1.0;
  memset(q, 0, 9 * sizeof(double));
  for (int i = 0; i < 3; ++i) {
    q[i][p[i]] = r >> i & 1 ? -1.0 : 1.0;
    determinant *= q[i][p[i]];
  }
  return determinant > 0.0;
}

/* Q a Q^T of Mandel components. */
static void Rotate(double q[3][3], const double in[6], double out[6])
{
  for (int c = 0; c < 6; ++c) {
    const int i = vm_voigt_pair[c][0], j = vm_voigt_pair[c][1];
    out[c] = 0.0;
    for (int k = 0; k < 3; ++k)
      for (int l = 0; l < 3; ++l) {
        const int d = vm_voigt_index[k][l];
        out[c] += q[i][k] * q[j][l] * in[d] / (d < 3 ? 1.0 : root2);
      }
    out[c] *= c < 3 ? 1.0 : root2;
  }
}

static PetscErrorCode CheckRotations(const VmMaterialOps *ops, const void *params)
{
  int rotations = 0;
  PetscFunctionBegin;
  for (int r = 0; r < 48; ++r) {
    Batch plain = {0}, turned = {0};
    double q[3][3];
    if (!CubeRotation(r, q)) continue;
    ++rotations;
    RandomStrain(&plain, 0);
    for (int i = 0; i < POINTS; ++i) {
      double in[6], out[6];
      for (int c = 0; c < 6; ++c) in[c] = plain.strain[c][i];
      Rotate(q, in, out);
      for (int c = 0; c < 6; ++c) turned.strain[c][i] = out[c];
    }
    VmPoints a = Points(&plain, 0.1), b = Points(&turned, 0.1);
    VmExpectInt(ops->update(params, &a), VM_STEP_OK);
    VmExpectInt(ops->update(params, &b), VM_STEP_OK);
    for (int i = 0; i < POINTS; ++i) {
      double in[6], out[6];
      for (int c = 0; c < 6; ++c) in[c] = plain.stress[c][i];
      Rotate(q, in, out);
      for (int c = 0; c < 6; ++c) VmExpectNear(turned.stress[c][i], out[c], 1e-12);
    }
  }
  VmExpectInt(rotations, 24);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Work over a closed strain path is dissipated, never gained. */
static PetscErrorCode CheckDissipation(const VmMaterialOps *ops, const void *params)
{
  Batch batch = {0};
  double work[POINTS] = {0}, most = 0.0, before[6][POINTS] = {{0}};
  PetscFunctionBegin;
  for (int step = 1; step <= 400; ++step) {
    for (int c = 0; c < 6; ++c)
      for (int i = 0; i < POINTS; ++i) {
        before[c][i] = batch.strain[c][i];
        batch.strain[c][i] = 0.01 * sin(2.0 * VM_PI * step / 400.0 * (1 + (c + i) % 3));
      }
    double old[6][POINTS];
    memcpy(old, batch.stress, sizeof old);
    VmPoints points = Points(&batch, 0.01);
    VmExpectInt(ops->update(params, &points), VM_STEP_OK);
    for (int c = 0; c < 6; ++c)
      for (int i = 0; i < POINTS; ++i) {
        work[i] += 0.5 * (old[c][i] + batch.stress[c][i]) * (batch.strain[c][i] - before[c][i]);
        most = fmax(most, fabs(work[i]));
      }
  }
  for (int i = 0; i < POINTS; ++i) VmExpect(work[i] >= -1e-12 * most, "work %g gained over a closed path", -work[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckTangent(const VmMaterialOps *ops, const void *params)
{
  double tangent[36][POINTS], *rows[36];
  Batch batch = {0};
  PetscFunctionBegin;
  for (int c = 0; c < 36; ++c) rows[c] = tangent[c];
  RandomStrain(&batch, 1);
  VmPoints points = Points(&batch, 0.1);
  PetscCall(ops->tangent(params, &points, rows));
  for (int d = 0; d < 6; ++d) {
    Batch up = {0}, down = {0};
    RandomStrain(&up, 1), RandomStrain(&down, 1);
    for (int i = 0; i < POINTS; ++i) up.strain[d][i] += 1e-6, down.strain[d][i] -= 1e-6;
    VmPoints a = Points(&up, 0.1), b = Points(&down, 0.1);
    VmExpectInt(ops->update(params, &a), VM_STEP_OK);
    VmExpectInt(ops->update(params, &b), VM_STEP_OK);
    for (int c = 0; c < 6; ++c)
      for (int i = 0; i < POINTS; ++i) {
        const double slope = (up.stress[c][i] - down.stress[c][i]) / 2e-6;
        VmExpectNear(tangent[c * 6 + d][i], slope, 1e-5 * (1.0 + fabs(slope)));
      }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the strain is linear in time, a step and its two halves end at the same stress and state, whatever came before.
 */
static PetscErrorCode CheckHalfSteps(const VmMaterialOps *ops, const void *params)
{
  static const double steps[] = {0.0, 1e-9, 0.02, 0.7, 40.0};
  PetscFunctionBegin;
  for (size_t s = 0; s < sizeof steps / sizeof *steps; ++s) {
    Batch whole = {0}, halves = {0}, before = {0};
    RandomStrain(&before, 2);
    whole = halves = before;
    VmPoints a = Points(&whole, 0.05), b = Points(&halves, 0.05);
    VmExpectInt(ops->update(params, &a), VM_STEP_OK);
    VmExpectInt(ops->update(params, &b), VM_STEP_OK);
    RandomStrain(&whole, 3);
    a.dt = steps[s], b.dt = 0.5 * steps[s];
    VmExpectInt(ops->update(params, &a), VM_STEP_OK);
    for (int half = 1; half <= 2; ++half) {
      for (int c = 0; c < 6; ++c)
        for (int i = 0; i < POINTS; ++i)
          halves.strain[c][i] = before.strain[c][i] + 0.5 * half * (whole.strain[c][i] - before.strain[c][i]);
      VmExpectInt(ops->update(params, &b), VM_STEP_OK);
    }
    for (int i = 0; i < POINTS; ++i) {
      for (int c = 0; c < 6; ++c) VmExpectNear(halves.stress[c][i], whole.stress[c][i], 1e-13);
      for (int c = 0; c < ops->nstate; ++c) VmExpectNear(halves.state[c][i], whole.state[c][i], 1e-13);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At high frequency a solid answers with the moduli it gives for an instantaneous step. */
static PetscErrorCode CheckHarmonic(const VmMaterialOps *ops, const void *params)
{
  double complex moduli[36];
  double shear, bulk;
  PetscFunctionBegin;
  ops->moduli(params, &shear, &bulk);
  PetscCall(ops->harmonic(params, 1e30, 300.0, moduli));
  VmExpectNear(creal(moduli[21]), 2.0 * shear, 1e-9 * shear);
  VmExpectNear(creal(moduli[0] + moduli[1] + moduli[2]), 3.0 * bulk, 1e-9 * bulk);
  for (int c = 0; c < 6; ++c) VmExpect(cimag(moduli[7 * c]) >= 0.0, "loss modulus of component %d is negative", c);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  for (int m = 0; vm_material_kind.table[m]; ++m) {
    const VmMaterialOps *ops = (const VmMaterialOps *)vm_material_kind.table[m];
    const char *yaml = NULL;
    for (size_t s = 0; s < sizeof samples / sizeof *samples; ++s)
      if (!strcmp(samples[s].law, ops->head.name)) yaml = samples[s].yaml;
    VmExpect(yaml != NULL, "material %s has no sample of parameters in this test", ops->head.name);
    VmExpect(ops->nstate <= MOST_STATE, "%d states", ops->nstate);
    if (!yaml) continue;
    VmReport report;
    VmNode *root;
    void *params = calloc(1, ops->head.params->size);
    PetscCall(VmReportCreate(PETSC_COMM_WORLD, "sample", &report));
    PetscCall(VmTreeParse(yaml, strlen(yaml), report, &root));
    PetscCall(VmParamsRead(ops->head.params, root, report, params));
    VmExpectInt(VmReportCount(report), 0);
    PetscCall(CheckRotations(ops, params));
    PetscCall(CheckDissipation(ops, params));
    PetscCall(CheckTangent(ops, params));
    PetscCall(CheckHalfSteps(ops, params));
    PetscCall(CheckHarmonic(ops, params));
    PetscCall(VmParamsFree(ops->head.params, params));
    free(params);
    PetscCall(VmTreeDestroy(&root));
    PetscCall(VmReportDestroy(&report));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
