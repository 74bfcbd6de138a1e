/* ranks: 1; timeout: 30; links: vm_models
 * What every material law must obey: cube rotations, energy, consistent tangent, half steps, rejected steps, harmonic
 * limit, parameters that vary from point to point. */
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
  double last[6][POINTS], strain[6][POINTS], stress[6][POINTS], state[MOST_STATE][POINTS];
  double *last_row[6], *strain_row[6], *stress_row[6], *state_row[MOST_STATE];
} Batch;

static VmPoints Points(Batch *batch, double dt)
{
  for (int c = 0; c < 6; ++c) {
    batch->last_row[c] = batch->last[c], batch->strain_row[c] = batch->strain[c];
    batch->stress_row[c] = batch->stress[c];
  }
  for (int c = 0; c < MOST_STATE; ++c) batch->state_row[c] = batch->state[c];
  return (VmPoints){.np = POINTS,
                    .dt = dt,
                    .temperature = 300.0,
                    .last_strain = (const double *const *)batch->last_row,
                    .strain = (const double *const *)batch->strain_row,
                    .stress = batch->stress_row,
                    .state = batch->state_row};
}

/* A step that must be accepted; the next one starts where it ends. */
static void Update(const VmMaterialOps *ops, const void *params, Batch *batch, const VmPoints *points)
{
  VmExpectInt(ops->update(params, points), VM_STEP_OK);
  memcpy(batch->last, batch->strain, sizeof batch->last);
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
    Update(ops, params, &plain, &a);
    Update(ops, params, &turned, &b);
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

/* Random strains in steps of any length: the work of each is stored or dissipated, and dissipation is never negative.
 */
static PetscErrorCode CheckEnergy(const VmMaterialOps *ops, const void *params)
{
  static const double steps[] = {0.0, 1e-9, 0.003, 0.1, 0.4, 2.0, 40.0, 1e5};
  Batch batch = {0};
  double work[POINTS], stored[POINTS], dissipated[POINTS], before[POINTS] = {0}, worst = 0.0;
  PetscFunctionBegin;
  for (uint32_t s = 0; s < 64; ++s) {
    VmPoints points = Points(&batch, steps[s * 5 % 8]);
    RandomStrain(&batch, 10 + s);
    PetscCall(ops->energy(params, &points, work, stored, dissipated));
    Update(ops, params, &batch, &points);
    for (int i = 0; i < POINTS; ++i) {
      const double scale = fabs(work[i]) + stored[i] + before[i];
      worst = fmax(worst, fabs(work[i] - (stored[i] - before[i]) - dissipated[i]) / scale);
      VmExpect(dissipated[i] >= -1e-14 * scale, "%s: dissipation %g", ops->head.name, dissipated[i]);
      VmExpect(stored[i] >= 0.0, "%s: stored energy %g", ops->head.name, stored[i]);
      before[i] = stored[i];
    }
  }
  printf("figure: %s: |work - stored - dissipated|/work = %.3g\n", ops->head.name, worst);
  VmExpect(worst < 1e-10, "%s: work is off by %g", ops->head.name, worst);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The work of a step is the integral of the stress: trapezoids over its n-th parts come near it with 1/n^2. */
static PetscErrorCode CheckWork(const VmMaterialOps *ops, const void *params)
{
  double error[2] = {0.0, 0.0}, most = 0.0;
  PetscFunctionBegin;
  for (int fine = 0; fine < 2; ++fine) {
    const int parts = 64 << fine;
    Batch start = {0}, end = {0}, batch;
    double work[POINTS], stored[POINTS], dissipated[POINTS], sum[POINTS] = {0};
    RandomStrain(&start, 4);
    VmPoints points = Points(&start, 0.3);
    Update(ops, params, &start, &points);
    batch = start;
    RandomStrain(&end, 5);
    memcpy(start.strain, end.strain, sizeof start.strain);
    PetscCall(ops->energy(params, &points, work, stored, dissipated));
    points = Points(&batch, 0.5 / parts);
    for (int part = 1; part <= parts; ++part) {
      double old[6][POINTS];
      memcpy(old, batch.stress, sizeof old);
      for (int c = 0; c < 6; ++c)
        for (int i = 0; i < POINTS; ++i)
          batch.strain[c][i] = start.last[c][i] + (end.strain[c][i] - start.last[c][i]) * part / parts;
      points.last_strain = (const double *const *)batch.last_row;
      VmExpectInt(ops->update(params, &points), VM_STEP_OK);
      for (int c = 0; c < 6; ++c)
        for (int i = 0; i < POINTS; ++i)
          sum[i] += 0.5 * (old[c][i] + batch.stress[c][i]) * (batch.strain[c][i] - batch.last[c][i]);
      memcpy(batch.last, batch.strain, sizeof batch.last);
    }
    points = Points(&start, 0.5);
    PetscCall(ops->energy(params, &points, work, stored, dissipated));
    for (int i = 0; i < POINTS; ++i)
      error[fine] = fmax(error[fine], fabs(sum[i] - work[i])), most = fmax(most, fabs(work[i]));
  }
  VmExpect(error[1] < 1e-4 * most, "%s: work differs from that of its parts by %g of %g", ops->head.name, error[1],
           most);
  if (error[1] > 1e-13 * most) VmExpectNear(log2(error[0] / error[1]), 2.0, 0.1);
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
  for (int c = 0; c < 36; ++c)
    for (int i = 0; i < POINTS; ++i) VmExpectNear(tangent[c][i], tangent[c % 6 * 6 + c / 6][i], 1e-13 * tangent[0][i]);
  if (ops->linear)
    for (int c = 0; c < 36; ++c)
      for (int i = 0; i < POINTS; ++i) {
        const double shear = 0.5 * tangent[21][0], lame = tangent[1][0];
        VmExpectNear(tangent[c][i], (c % 7 ? 0.0 : 2.0 * shear) + (c / 6 < 3 && c % 6 < 3 ? lame : 0.0), 1e-12 * shear);
      }
  for (int d = 0; d < 6; ++d) {
    Batch up = {0}, down = {0};
    RandomStrain(&up, 1), RandomStrain(&down, 1);
    for (int i = 0; i < POINTS; ++i) up.strain[d][i] += 1e-6, down.strain[d][i] -= 1e-6;
    VmPoints a = Points(&up, 0.1), b = Points(&down, 0.1);
    Update(ops, params, &up, &a);
    Update(ops, params, &down, &b);
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
    Update(ops, params, &whole, &a);
    Update(ops, params, &halves, &b);
    RandomStrain(&whole, 3);
    a.dt = steps[s], b.dt = 0.5 * steps[s];
    Update(ops, params, &whole, &a);
    for (int half = 1; half <= 2; ++half) {
      for (int c = 0; c < 6; ++c)
        for (int i = 0; i < POINTS; ++i)
          halves.strain[c][i] = before.strain[c][i] + 0.5 * half * (whole.strain[c][i] - before.strain[c][i]);
      Update(ops, params, &halves, &b);
    }
    for (int i = 0; i < POINTS; ++i) {
      for (int c = 0; c < 6; ++c) VmExpectNear(halves.stress[c][i], whole.stress[c][i], 1e-13);
      for (int c = 0; c < ops->nstate; ++c) VmExpectNear(halves.state[c][i], whole.state[c][i], 1e-13);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without time and strain the stress is found again and no state changes. */
static PetscErrorCode CheckRest(const VmMaterialOps *ops, const void *params)
{
  Batch batch = {0};
  PetscFunctionBegin;
  for (uint32_t s = 0; s < 4; ++s) {
    RandomStrain(&batch, 20 + s);
    VmPoints points = Points(&batch, 0.3 * s);
    Update(ops, params, &batch, &points);
  }
  const Batch before = batch;
  VmPoints points = Points(&batch, 0.0);
  Update(ops, params, &batch, &points);
  for (int i = 0; i < POINTS; ++i) {
    for (int c = 0; c < 6; ++c) VmExpectNear(batch.stress[c][i], before.stress[c][i], 1e-15);
    for (int c = 0; c < ops->nstate; ++c) VmExpectNear(batch.state[c][i], before.state[c][i], 0.0);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step that is refused leaves stress and state alone. */
static PetscErrorCode CheckRefusal(const VmMaterialOps *ops, const void *params)
{
  static const double steps[] = {1e-12, 1.0, 1e12, 1e300};
  PetscFunctionBegin;
  for (size_t s = 0; s < sizeof steps / sizeof *steps; ++s) {
    Batch batch = {0};
    RandomStrain(&batch, 6);
    VmPoints points = Points(&batch, steps[s]);
    const Batch before = batch;
    if (ops->update(params, &points) == VM_STEP_OK) {
      for (int c = 0; c < 6; ++c)
        for (int i = 0; i < POINTS; ++i) VmExpect(isfinite(batch.stress[c][i]), "stress at dt = %g", steps[s]);
      continue;
    }
    VmExpect(!memcmp(before.stress, batch.stress, sizeof batch.stress), "a refused step changed the stress");
    VmExpect(!memcmp(before.state, batch.state, sizeof batch.state), "a refused step changed the state");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* At high frequency a solid answers with the moduli it gives for an instantaneous step. */
static PetscErrorCode CheckHarmonic(const VmMaterialOps *ops, const void *params)
{
  const VmPoints points = {.np = POINTS, .temperature = 300.0};
  double complex complex_shear[POINTS], complex_bulk[POINTS];
  double shear[POINTS], bulk[POINTS];
  PetscFunctionBegin;
  ops->moduli(params, &points, shear, bulk);
  for (double omega = 1e-6; omega < 1e31; omega *= 10.0) {
    PetscCall(ops->harmonic(params, omega, &points, complex_shear, complex_bulk));
    for (int i = 0; i < POINTS; ++i) {
      VmExpect(cimag(complex_shear[i]) >= 0.0 && cimag(complex_bulk[i]) >= 0.0, "negative loss modulus");
      VmExpect(creal(complex_shear[i]) <= shear[i] * (1.0 + 1e-14), "stiffer than at once");
    }
  }
  for (int i = 0; i < POINTS; ++i) {
    VmExpectNear(creal(complex_shear[i]), shear[i], 1e-9 * shear[i]);
    VmExpectNear(creal(complex_bulk[i]), bulk[i], 1e-9 * bulk[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Row of a parameter table by its key. */
static const VmParam *RowOf(const VmTable *table, const char *key)
{
  for (const VmParam *row = table->rows; row->key; ++row)
    if (!strcmp(row->key, key)) return row;
  return NULL;
}

/* A factor does what the same change of the parameter does, in every function of the law, at its point only. */
static PetscErrorCode CheckFactors(const VmMaterialOps *ops, void *params)
{
  PetscFunctionBegin;
  for (int k = 0; ops->vary && ops->vary[k]; ++k) {
    const VmParam *row = RowOf(ops->head.params, ops->vary[k]);
    double factor[POINTS], tangent[3][36][POINTS], *rows[3][36], energy[3][3][POINTS], shear[3][POINTS],
        bulk[3][POINTS];
    double complex modulus[3][2][POINTS];
    const double *factors[16] = {NULL};
    Batch batch[3];
    memset(batch, 0, sizeof batch);
    VmExpect(row && row->type == VM_REAL, "%s varies %s, which is not in its table", ops->head.name, ops->vary[k]);
    if (!row) continue;
    double *value = (double *)((char *)params + row->offset), old = *value;
    for (int i = 0; i < POINTS; ++i) factor[i] = i == 3 ? 0.97 : 1.0;
    factors[k] = factor;
    for (int n = 0; n < 3; ++n) {
      RandomStrain(&batch[n], 7);
      VmPoints points = Points(&batch[n], 0.2);
      if (n == 0) points.factor = factors;
      if (n == 1) *value = 0.97 * old;
      Update(ops, params, &batch[n], &points);
      RandomStrain(&batch[n], 8);
      for (int c = 0; c < 36; ++c) rows[n][c] = tangent[n][c];
      PetscCall(ops->tangent(params, &points, rows[n]));
      PetscCall(ops->energy(params, &points, energy[n][0], energy[n][1], energy[n][2]));
      ops->moduli(params, &points, shear[n], bulk[n]);
      PetscCall(ops->harmonic(params, 5.0, &points, modulus[n][0], modulus[n][1]));
      Update(ops, params, &batch[n], &points);
      *value = old;
    }
    for (int c = 0; c < 6; ++c) VmExpectNear(batch[0].stress[c][3], batch[1].stress[c][3], 1e-13);
    for (int c = 0; c < ops->nstate; ++c) VmExpectNear(batch[0].state[c][3], batch[1].state[c][3], 1e-13);
    for (int c = 0; c < 36; ++c) VmExpectNear(tangent[0][c][3], tangent[1][c][3], 1e-11);
    for (int c = 0; c < 3; ++c) VmExpectNear(energy[0][c][3], energy[1][c][3], 1e-13);
    for (int c = 0; c < 2; ++c) VmExpectNear(cabs(modulus[0][c][3] - modulus[1][c][3]), 0.0, 1e-12);
    VmExpectNear(shear[0][3], shear[1][3], 1e-12);
    VmExpectNear(bulk[0][3], bulk[1][3], 1e-12);
    double change = 0.0;
    for (int c = 0; c < 6; ++c) {
      VmExpect(batch[0].stress[c][2] == batch[2].stress[c][2], "a factor reaches another point");
      change += fabs(batch[0].stress[c][3] - batch[2].stress[c][3]);
    }
    VmExpect(change > 1e-6, "%s: a factor of %s changes nothing", ops->head.name, ops->vary[k]);
  }
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
    PetscCall(CheckEnergy(ops, params));
    PetscCall(CheckWork(ops, params));
    PetscCall(CheckTangent(ops, params));
    PetscCall(CheckHalfSteps(ops, params));
    PetscCall(CheckRest(ops, params));
    PetscCall(CheckRefusal(ops, params));
    PetscCall(CheckHarmonic(ops, params));
    PetscCall(CheckFactors(ops, params));
    PetscCall(VmParamsFree(ops->head.params, params));
    free(params);
    PetscCall(VmTreeDestroy(&root));
    PetscCall(VmReportDestroy(&report));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
