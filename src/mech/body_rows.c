/* What the laws of a body answer, row by row of voxels. */
#include "body_private.h"
#include <vitromech/simd.h>
#include <math.h>
#include <string.h>

static int MostVary(VmBody b)
{
  int most = 0;
  for (int k = 0; k < b->phases; ++k) most = PetscMax(most, b->phase[k].nvary);
  return most;
}

PetscErrorCode VmBodyRowsCreate(VmBody b)
{
  VmRowRoom *row = &b->row;
  const int vary = MostVary(b);
  const size_t most = (size_t)(b->points * b->grid->n[2]), rows = 12 + 18 + (size_t)b->nstate + (size_t)vary + 36 + 3;
  double *next;
  PetscFunctionBegin;
  row->most = (int64_t)most;
  PetscCall(PetscMalloc3(rows * most, &row->room, most, &row->in_row, most, &row->in_body));
  PetscCall(PetscMalloc3((size_t)b->nstate, &row->state, (size_t)vary, &row->factor, (size_t)vary, &row->given));
  next = row->room;
#define TAKE(array, count)                                                                                             \
  for (int k = 0; k < (count); ++k, next += most) array[k] = next
  row->strain = next, next += 6 * most;
  row->stress = next, next += 6 * most;
  TAKE(row->last, 6);
  TAKE(row->now, 6);
  TAKE(row->answer, 6);
  TAKE(row->state, b->nstate);
  TAKE(row->factor, vary);
  TAKE(row->tangent, 36);
  TAKE(row->energy, 3);
#undef TAKE
  PetscCall(PetscMalloc1((size_t)b->grid->nx, &b->partial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmBodyRowsDestroy(VmBody b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(b->row.room, b->row.in_row, b->row.in_body));
  PetscCall(PetscFree3(b->row.state, b->row.factor, b->row.given));
  PetscCall(PetscFree(b->partial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain at the start and at the end of the step without thermal strain. */
static void GatherStrain(VmBody b, const VmPhase *phase, int64_t count)
{
  const VmRowRoom *row = &b->row;
  const int64_t np = b->grid->np;
  const double before = phase->expansion * (b->temperature - b->start_temperature);
  const double after = phase->expansion * (b->end_temperature - b->start_temperature);
  for (int c = 0; c < 6; ++c)
    for (int64_t m = 0; m < count; ++m) {
      row->last[c][m] = b->strain[c * b->points * np + row->in_body[m]];
      row->now[c][m] = row->strain[c * row->most + row->in_row[m]];
    }
  if (phase->expansion == 0.0) return;
  for (int c = 0; c < 3; ++c)
    for (int64_t m = 0; m < count; ++m) {
      const double factor = b->expanding ? b->expanding[row->in_body[m] % np] : 1.0;
      row->last[c][m] -= factor * before;
      row->now[c][m] -= factor * after;
    }
}

/* The points of a phase in the row of voxels that starts at `first`, as a batch with a copy of their states. */
static VmPoints Gather(VmBody b, int k, int64_t first)
{
  const VmRowRoom *row = &b->row;
  const VmPhase *phase = &b->phase[k];
  const int64_t np = b->grid->np, n = b->grid->n[2];
  int64_t count = 0;
  for (int p = 0; p < b->points; ++p)
    for (int64_t z = 0; z < n; ++z) {
      if (b->phase_of && b->phase_of[first + z] != k) continue;
      row->in_row[count] = p * n + z;
      row->in_body[count++] = p * np + first + z;
    }
  GatherStrain(b, phase, count);
  for (int s = 0; s < phase->ops->nstate; ++s)
    for (int64_t m = 0; m < count; ++m) row->state[s][m] = b->state[s * b->points * np + row->in_body[m]];
  for (int v = 0; v < phase->nvary; ++v) {
    row->given[v] = phase->factor[v] ? row->factor[v] : NULL;
    for (int64_t m = 0; phase->factor[v] && m < count; ++m) row->factor[v][m] = phase->factor[v][row->in_body[m] % np];
  }
  return (VmPoints){.np = count,
                    .dt = b->dt,
                    .temperature = 0.5 * (b->temperature + b->end_temperature),
                    .last_strain = (const double *const *)row->last,
                    .strain = (const double *const *)row->now,
                    .stress = row->answer,
                    .state = row->state,
                    .factor = b->variations ? row->given : NULL};
}

/* Stress of the batch after `points` to the row; a law that refuses is remembered. */
static void Answer(VmBody b, int k, const VmPoints *points)
{
  const VmRowRoom *row = &b->row;
  const VmStepStatus status = b->phase[k].ops->update(b->phase[k].params, points);
  if (status != VM_STEP_OK) b->worst = PetscMax(b->worst, status);
  for (int c = 0; c < 6; ++c)
    for (int64_t m = 0; m < points->np; ++m)
      row->stress[c * row->most + row->in_row[m]] = status == VM_STEP_OK ? row->answer[c][m] : 0.0;
}

static void RowStrain(VmBody b, const double uniform[6], const double *in)
{
  VmPointStrain(b->options.linear.element, b->grid->n[2], VmHexRowStride(b->grid), uniform, in, b->row.strain);
}

static void RowForces(VmBody b, double *out)
{
  VmPointForces(b->options.linear.element, b->grid->n[2], VmHexRowStride(b->grid), b->row.stress, out);
}

static void TrialRow(void *context, int64_t first, const double uniform[6], const double *in, double *out)
{
  const VmBody b = context;
  RowStrain(b, uniform, in);
  for (int k = 0; k < b->phases; ++k) {
    const VmPoints points = Gather(b, k, first);
    Answer(b, k, &points);
  }
  RowForces(b, out);
}

PetscErrorCode VmBodyForces(VmBody b, const double *u, const double strain[6], double *f, double stress[6],
                            VmStepStatus *worst)
{
  int local, all;
  PetscFunctionBegin;
  b->worst = VM_STEP_OK;
  PetscCall(VmHexLawForces(b->e, u, strain, &(VmRowLaw){TrialRow, b}, f, NULL, stress));
  for (int c = 0; c < 6; ++c) stress[c] /= (double)b->grid->total;
  local = (int)b->worst;
  PetscCallMPI(MPI_Allreduce(&local, &all, 1, MPI_INT, MPI_MAX, b->grid->comm));
  *worst = (VmStepStatus)all;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Number of component (a, b) of a symmetric matrix, a <= b. */
static inline int Symmetric(int a, int b) { return a * (11 - a) / 2 + b; }

/* Shares in the isotropic part of a tangent: 9K is the sum of its first nine components, 3K + 10G its trace. */
static void AddIsotropic(VmBody b, int64_t count)
{
  const VmRowRoom *row = &b->row;
  const int64_t np = b->grid->np;
  const double share = 1.0 / b->points;
  for (int64_t m = 0; m < count; ++m) {
    double sum = 0.0, trace = 0.0;
    for (int c = 0; c < 9; ++c) sum += row->tangent[c / 3 * 6 + c % 3][m];
    for (int c = 0; c < 6; ++c) trace += row->tangent[7 * c][m];
    b->bulk[row->in_body[m] % np] += share * sum / 9.0;
    b->shear[row->in_body[m] % np] += share * (trace - sum / 3.0) / 10.0;
  }
}

static void TangentRow(void *context, int64_t first, const double uniform[6], const double *in, double *out)
{
  const VmBody b = context;
  const VmRowRoom *row = &b->row;
  const int64_t n = b->grid->n[2], stride = b->points * b->grid->np;
  RowStrain(b, uniform, in);
  for (int64_t z = 0; z < n; ++z) b->shear[first + z] = b->bulk[first + z] = 0.0;
  for (int k = 0; k < b->phases; ++k) {
    const VmPoints points = Gather(b, k, first);
    const PetscErrorCode failed = b->phase[k].ops->tangent(b->phase[k].params, &points, row->tangent);
    if (failed) b->failed = failed;
    AddIsotropic(b, points.np);
    for (int c = 0; b->tangent && c < 36; ++c)
      for (int64_t m = 0; c / 6 <= c % 6 && m < points.np; ++m)
        b->tangent[Symmetric(c / 6, c % 6) * stride + row->in_body[m]] = row->tangent[c][m];
  }
  memset(out, 0, (size_t)(3 * MODES * VmHexRowStride(b->grid)) * sizeof(double));
}

/* Stress of n points from their strain; rows of strain and stress `most` apart, of the tangent `stride`. */
VM_SIMD_CLONES static void Multiply(int64_t n, int64_t most, int64_t stride, const double *tangent,
                                    const double *strain, double *stress)
{
  VM_NO_OVERLAP
  for (int64_t z = 0; z < n; ++z) {
    double sum[6] = {0.0};
    for (int a = 0; a < 6; ++a) {
      sum[a] += tangent[Symmetric(a, a) * stride + z] * strain[a * most + z];
      for (int c = a + 1; c < 6; ++c) {
        const double value = tangent[Symmetric(a, c) * stride + z];
        sum[a] += value * strain[c * most + z];
        sum[c] += value * strain[a * most + z];
      }
    }
    for (int a = 0; a < 6; ++a) stress[a * most + z] = sum[a];
  }
}

static void LinearRow(void *context, int64_t first, const double uniform[6], const double *in, double *out)
{
  const VmBody b = context;
  const VmRowRoom *row = &b->row;
  const int64_t n = b->grid->n[2], np = b->grid->np;
  RowStrain(b, uniform, in);
  for (int p = 0; p < b->points; ++p)
    Multiply(n, row->most, b->points * np, b->tangent + p * np + first, row->strain + p * n, row->stress + p * n);
  RowForces(b, out);
}

PetscErrorCode VmBodyLinearise(VmBody b, const double *u, const double strain[6])
{
  PetscFunctionBegin;
  b->failed = PETSC_SUCCESS;
  PetscCall(VmHexLawForces(b->e, u, strain, &(VmRowLaw){TangentRow, b}, b->e->product.u, NULL, NULL));
  PetscCall(VmAgree(b->grid->comm, b->failed));
  PetscCall(VmEquilibriumSetMedium(b->e, &(VmMedium){.shear = b->shear, .bulk = b->bulk}));
  if (b->tangent) b->e->tangent = (VmRowLaw){LinearRow, b};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void CommitRow(void *context, int64_t first, const double uniform[6], const double *in, double *out)
{
  const VmBody b = context;
  const VmRowRoom *row = &b->row;
  const int64_t stride = b->points * b->grid->np, n = b->grid->n[2];
  double *sums = b->partial[first / b->grid->plane];
  RowStrain(b, uniform, in);
  for (int k = 0; k < b->phases; ++k) {
    const VmPoints points = Gather(b, k, first);
    const PetscErrorCode failed =
        b->phase[k].ops->energy(b->phase[k].params, &points, row->energy[0], row->energy[1], row->energy[2]);
    if (failed) b->failed = failed;
    for (int q = 0; q < 3; ++q) sums[q] += VmSumRun(points.np, row->energy[q]);
    Answer(b, k, &points);
    for (int s = 0; s < b->phase[k].ops->nstate; ++s)
      for (int64_t m = 0; m < points.np; ++m) b->state[s * stride + row->in_body[m]] = row->state[s][m];
  }
  for (int c = 0; c < 6; ++c)
    for (int p = 0; p < b->points; ++p)
      memcpy(b->strain + c * stride + p * b->grid->np + first, row->strain + c * row->most + p * n,
             (size_t)n * sizeof(double));
  RowForces(b, out);
}

PetscErrorCode VmBodyCommit(VmBody b, const double *u, const double strain[6], double energy[3], double stress[6])
{
  PetscFunctionBegin;
  b->failed = PETSC_SUCCESS;
  if (b->grid->nx > 0) memset(b->partial, 0, (size_t)b->grid->nx * sizeof *b->partial);
  PetscCall(VmHexLawForces(b->e, u, strain, &(VmRowLaw){CommitRow, b}, b->e->product.u, NULL, stress));
  PetscCall(VmAgree(b->grid->comm, b->failed));
  PetscCall(VmSumPlanes(b->grid, 3, (const double *)b->partial, energy));
  for (int q = 0; q < 3; ++q) energy[q] /= (double)b->grid->total * b->points;
  for (int c = 0; c < 6; ++c) stress[c] /= (double)b->grid->total;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Averages over the points of a row of Mandel components to tensor components of a field [6][np]. */
static void Average(VmBody b, const double *row, int64_t first, double *field)
{
  const int64_t n = b->grid->n[2], np = b->grid->np;
  for (int c = 0; c < 6; ++c)
    for (int64_t z = 0; z < n; ++z) {
      double sum = 0.0;
      for (int p = 0; p < b->points; ++p) sum += row[c * b->row.most + p * n + z];
      field[c * np + first + z] = sum / b->points / (c < 3 ? 1.0 : PETSC_SQRT2);
    }
}

static void OutputRow(void *context, int64_t first, const double uniform[6], const double *in, double *out)
{
  const VmBody b = context;
  const VmRowRoom *row = &b->row;
  const int64_t n = b->grid->n[2], np = b->grid->np;
  RowStrain(b, uniform, in);
  for (int c = 0; c < 6; ++c)
    for (int p = 0; p < b->points; ++p)
      memcpy(b->strain + (c * b->points + p) * np + first, row->strain + c * row->most + p * n,
             (size_t)n * sizeof(double));
  for (int k = 0; b->output.stress && k < b->phases; ++k) {
    const VmPoints points = Gather(b, k, first);
    Answer(b, k, &points);
  }
  if (b->output.strain) Average(b, row->strain, first, b->output.strain);
  if (b->output.stress) Average(b, row->stress, first, b->output.stress);
  memset(out, 0, (size_t)(3 * MODES * VmHexRowStride(b->grid)) * sizeof(double));
}

PetscErrorCode VmBodyOutput(VmBody b)
{
  PetscFunctionBegin;
  b->dt = 0.0; /* a step of no time and no strain answers with the present stress */
  b->end_temperature = b->temperature;
  PetscCall(
      VmHexLawForces(b->e, b->e->solution.u, b->e->strain, &(VmRowLaw){OutputRow, b}, b->e->product.u, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}
