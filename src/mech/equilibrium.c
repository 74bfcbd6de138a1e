#include "equilibrium_private.h"
#include <vitromech/timer.h>
#include <math.h>
#include <string.h>

/* Residual per norm of the stress at which rounding is all that is left. */
static const double rounding = 1e-14;

void VmEquilibriumOptionsInit(VmEquilibriumOptions *options)
{
  *options = (VmEquilibriumOptions){.element = VM_ELEMENT_REDUCED, .tolerance = 1e-6, .max_iterations = 1000};
}

PetscErrorCode VmEquilibriumCreate(VmGrid grid, const VmEquilibriumOptions *options, VmEquilibrium *equilibrium)
{
  const size_t room = 3 * (size_t)grid->np;
  VmEquilibrium e;

  PetscFunctionBegin;
  PetscCheck(options->max_iterations >= 0, grid->comm, PETSC_ERR_ARG_OUTOFRANGE, "negative number of iterations");
  PetscCall(PetscNew(&e));
  e->grid = grid;
  e->options = *options;
  PetscCall(PetscCalloc4(room, &e->solution.u, room, &e->residual.u, room, &e->direction.u, room, &e->product.u));
  PetscCall(
      PetscMalloc2((size_t)options->max_iterations + 1, &e->history, (size_t)options->max_iterations + 1, &e->times));
  PetscCall(VmHexCreate(e));
  PetscCall(VmReferenceCreate(e));
  *equilibrium = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEquilibriumDestroy(VmEquilibrium *equilibrium)
{
  VmEquilibrium e = *equilibrium;
  PetscFunctionBegin;
  if (!e) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmReferenceDestroy(e));
  PetscCall(VmHexDestroy(e));
  PetscCall(PetscFree2(e->history, e->times));
  PetscCall(PetscFree4(e->solution.u, e->residual.u, e->direction.u, e->product.u));
  PetscCall(PetscFree(*equilibrium));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean, and half of the sum of the extremes, of a field of moduli. */
static PetscErrorCode Average(VmGrid grid, const char *name, const double *field, double *mean, double *middle)
{
  double sum, min, max;
  int bad = 0, any;
  PetscFunctionBegin;
  for (int64_t i = 0; i < grid->np; ++i) bad |= !(field[i] > 0.0 && isfinite(field[i]));
  PetscCallMPI(MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, grid->comm));
  if (any) VmThrow(grid->comm, VM_ERR_INPUT, "the %s modulus must be positive and finite in every voxel", name);
  PetscCall(VmSumField(grid, field, &sum));
  PetscCall(VmFieldRange(grid, field, &min, &max));
  *mean = sum / (double)grid->total;
  *middle = 0.5 * (min + max);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEquilibriumSetMedium(VmEquilibrium e, const VmMedium *medium)
{
  PetscFunctionBegin;
  PetscCall(Average(e->grid, "shear", medium->shear, &e->mean_shear, &e->shear));
  PetscCall(Average(e->grid, "bulk", medium->bulk, &e->mean_bulk, &e->bulk));
  e->medium = *medium;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmMeanPack(VmEquilibrium e, const double tensor[6], double mean[6])
{
  const double scale = sqrt((double)e->grid->total);
  for (int c = 0; c < 6; ++c) mean[c] = e->controlled[c] ? tensor[c] * scale * (c < 3 ? 1.0 : PETSC_SQRT2) : 0.0;
}

void VmMeanAdd(VmEquilibrium e, const double mean[6], double tensor[6])
{
  const double scale = sqrt((double)e->grid->total);
  for (int c = 0; c < 6; ++c) tensor[c] += mean[c] / (scale * (c < 3 ? 1.0 : PETSC_SQRT2));
}

PetscErrorCode VmOperatorApply(VmEquilibrium e, const VmUnknown *x, VmUnknown *product, double *work)
{
  double strain[6] = {0.0}, stress[6];
  bool mixed = false;
  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) mixed = mixed || e->controlled[c];
  VmMeanAdd(e, x->mean, strain);
  if (e->tangent.row) PetscCall(VmHexLawForces(e, x->u, strain, &e->tangent, product->u, work, mixed ? stress : NULL));
  else PetscCall(VmHexForces(e, x->u, strain, VM_LINEAR_PART, product->u, work, mixed ? stress : NULL));
  for (int c = 0; c < 6; ++c) product->mean[c] = 0.0;
  if (mixed) {
    for (int c = 0; c < 6; ++c) stress[c] /= (double)e->grid->total;
    VmMeanPack(e, stress, product->mean);
    for (int c = 0; c < 6; ++c) *work += x->mean[c] * product->mean[c];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Residual of a displacement and a mean strain, its norm, and the mean stress. */
static PetscErrorCode Residual(VmEquilibrium e, const double *u, const double strain[6], const VmMacroLoad *load,
                               double *norm, double mean_stress[6])
{
  const VmGrid grid = e->grid;
  double missing[6], square, *r = e->residual.u;

  PetscFunctionBegin;
  PetscCall(VmHexForces(e, u, strain, VM_WHOLE_STRESS, r, NULL, mean_stress));
  for (int64_t i = 0; i < 3 * grid->np; ++i) r[i] = -r[i];
  for (int c = 0; c < 6; ++c) {
    mean_stress[c] /= (double)grid->total;
    missing[c] = load->level[c] - mean_stress[c];
  }
  VmMeanPack(e, missing, e->residual.mean);
  *norm = 0.0;
  for (int i = 0; i < 3; ++i) {
    PetscCall(VmSumProduct(grid, r + i * grid->np, r + i * grid->np, &square));
    *norm += square;
  }
  for (int c = 0; c < 6; ++c) *norm += e->residual.mean[c] * e->residual.mean[c];
  *norm = sqrt(*norm);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Strain of the Voigt average under the load; e->strain is zero where stress is controlled, and prescribed elsewhere.
 */
static PetscErrorCode UniformStrain(VmEquilibrium e, const VmMacroLoad *load, const double *zero)
{
  double norm, stress[6], increment[6];
  const double shear = e->shear, bulk = e->bulk;
  PetscFunctionBegin;
  PetscCall(Residual(e, zero, e->strain, load, &norm, stress));
  e->shear = e->mean_shear;
  e->bulk = e->mean_bulk;
  VmReferenceMean(e, e->residual.mean, increment);
  VmMeanAdd(e, increment, e->strain);
  e->shear = shear;
  e->bulk = bulk;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Starts at uniform strain: the norm all residuals are compared with, and the one that is only rounding. */
static PetscErrorCode Start(VmEquilibrium e, const VmMacroLoad *load, bool warm, double *norm, double *unit,
                            double *least)
{
  const size_t bytes = 3 * (size_t)e->grid->np * sizeof(double);
  double stress[6], last[6], *zero = warm ? e->direction.u : e->solution.u, size;

  PetscFunctionBegin;
  if (e->grid->np > 0) memset(zero, 0, bytes);
  for (int c = 0; c < 6; ++c) {
    last[c] = e->strain[c];
    e->strain[c] = load->stress_controlled[c] ? 0.0 : load->level[c];
  }
  PetscCall(UniformStrain(e, load, zero));
  PetscCall(Residual(e, zero, e->strain, load, unit, stress));
  size = sqrt(VmDot6(stress, stress));
  for (int c = 0; c < 6; ++c) size = fmax(size, 2.0 * e->mean_shear * fabs(e->strain[c]));
  *least = rounding * size * sqrt((double)e->grid->total);
  *norm = *unit;
  if (warm) {
    for (int c = 0; c < 6; ++c)
      if (load->stress_controlled[c]) e->strain[c] = last[c];
    PetscCall(Residual(e, e->solution.u, e->strain, load, norm, stress));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmRecord(VmEquilibrium e, int iteration, double residual)
{
  e->history[iteration] = residual;
  e->times[iteration] = VmTime();
}

static void Explain(VmEquilibrium e, VmEquilibriumResult *result)
{
  result->residual = e->history[result->iterations];
  result->message[0] = '\0';
  if (result->status == VM_SOLVE_TOO_SLOW)
    snprintf(result->message, sizeof result->message, "equilibrium: relative residual %.3g > %.3g after %d iterations",
             result->residual, e->options.tolerance, result->iterations);
  if (result->status == VM_SOLVE_BROKE_DOWN)
    snprintf(result->message, sizeof result->message,
             "equilibrium: energy is not positive and finite in iteration %d (relative residual %.3g)",
             result->iterations + 1, result->residual);
}

PetscErrorCode VmEquilibriumSolve(VmEquilibrium e, const VmMacroLoad *load, bool warm, VmEquilibriumResult *result)
{
  bool controlled[6];
  double norm, unit, least, target;

  PetscFunctionBegin;
  PetscCheck(e->shear > 0.0, e->grid->comm, PETSC_ERR_ORDER, "no medium is set");
  memset(result, 0, sizeof *result);
  memcpy(controlled, load->stress_controlled, sizeof controlled);
  e->controlled = controlled;
  PetscCall(Start(e, load, warm, &norm, &unit, &least));
  target = fmax(e->options.tolerance * unit, least);
  if (unit <= least) unit = fmax(least, PETSC_MACHINE_EPSILON);
  VmRecord(e, 0, norm / unit);
  memset(e->solution.mean, 0, sizeof e->solution.mean);
  if (norm > target) {
    PetscCall((e->options.krylov == VM_KRYLOV_CG ? VmConjugateGradients : VmPetscKrylov)(e, target, unit, result));
    VmMeanAdd(e, e->solution.mean, e->strain);
  } else if (!isfinite(norm)) {
    result->status = VM_SOLVE_BROKE_DOWN;
  }
  PetscCall(Residual(e, e->solution.u, e->strain, load, &norm, result->mean_stress));
  memcpy(result->mean_strain, e->strain, sizeof e->strain);
  result->history = e->history;
  result->times = e->times;
  Explain(e, result);
  e->controlled = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEquilibriumFields(VmEquilibrium e, double *strain, double *stress)
{
  PetscFunctionBegin;
  PetscCall(VmHexFields(e, e->solution.u, e->strain, strain, stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmEquilibriumDisplacement(VmEquilibrium e, double *displacement)
{
  PetscFunctionBegin;
  for (int64_t i = 0; i < 3 * e->grid->np; ++i) displacement[i] = e->grid->spacing * e->solution.u[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmEquilibriumBytes(VmEquilibrium e)
{
  const int64_t voxel = 4 * 3 + 2 + (e->medium.eigenstrain ? 6 : 0) + (e->medium.internal ? 6 : 0);
  return (int64_t)sizeof(double) * (voxel * e->grid->np + 9 * e->grid->plane) + VmReferenceBytes(e);
}
