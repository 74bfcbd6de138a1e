#include "harmonic_private.h"
#include <math.h>
#include <string.h>

/* Residual per norm of the stress at which rounding is all that is left. */
static const double rounding = 1e-14;

static PetscErrorCode UnknownCreate(VmGrid grid, VmComplexUnknown *unknown)
{
  const size_t room = 3 * (size_t)grid->np;
  PetscFunctionBegin;
  PetscCall(PetscCalloc2(room, &unknown->u[RE], room, &unknown->u[IM]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHarmonicCreate(VmGrid grid, const VmEquilibriumOptions *options, VmHarmonic *harmonic)
{
  const size_t np = (size_t)grid->np;
  VmHarmonic h;

  PetscFunctionBegin;
  PetscCheck(options->max_iterations >= 0, grid->comm, PETSC_ERR_ARG_OUTOFRANGE, "negative number of iterations");
  PetscCall(PetscNew(&h));
  h->grid = grid;
  PetscCall(PetscNew(&h->e));
  h->e->grid = grid;
  h->e->options = *options;
  PetscCall(VmHexCreate(h->e));
  PetscCall(VmReferenceCreate(h->e));
  PetscCall(PetscMalloc6(np, &h->shear[RE], np, &h->shear[IM], np, &h->bulk[RE], np, &h->bulk[IM], 3 * np, &h->room,
                         (size_t)options->max_iterations + 1, &h->history));
  PetscCall(UnknownCreate(grid, &h->solution));
  PetscCall(UnknownCreate(grid, &h->residual));
  PetscCall(UnknownCreate(grid, &h->direction));
  PetscCall(UnknownCreate(grid, &h->product));
  *harmonic = h;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHarmonicDestroy(VmHarmonic *harmonic)
{
  VmHarmonic h = *harmonic;
  PetscFunctionBegin;
  if (!h) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmReferenceDestroy(h->e));
  PetscCall(VmHexDestroy(h->e));
  PetscCall(PetscFree(h->e));
  PetscCall(PetscFree6(h->shear[RE], h->shear[IM], h->bulk[RE], h->bulk[IM], h->room, h->history));
  PetscCall(PetscFree2(h->solution.u[RE], h->solution.u[IM]));
  PetscCall(PetscFree2(h->residual.u[RE], h->residual.u[IM]));
  PetscCall(PetscFree2(h->direction.u[RE], h->direction.u[IM]));
  PetscCall(PetscFree2(h->product.u[RE], h->product.u[IM]));
  PetscCall(PetscFree(*harmonic));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Splits a field of moduli; its mean, and half of the sum of the extremes of its magnitude. */
static PetscErrorCode Split(VmHarmonic h, const char *name, const double complex *field, double *const parts[PARTS],
                            double complex *mean, double *middle)
{
  const VmGrid grid = h->grid;
  double sum[PARTS], min, max;
  int bad = 0, any;
  PetscFunctionBegin;
  for (int64_t i = 0; i < grid->np; ++i) {
    const double re = creal(field[i]), im = cimag(field[i]);
    bad |= !(re >= 0.0 && im >= 0.0 && re + im > 0.0 && isfinite(re + im));
    parts[RE][i] = re, parts[IM][i] = im;
    h->room[i] = hypot(re, im);
  }
  PetscCallMPI(MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, grid->comm));
  if (any)
    VmThrow(grid->comm, VM_ERR_INPUT,
            "the complex %s modulus must be finite, with storage and loss at least 0 and not both 0, in every voxel",
            name);
  for (int part = 0; part < PARTS; ++part) PetscCall(VmSumField(grid, parts[part], &sum[part]));
  PetscCall(VmFieldRange(grid, h->room, &min, &max));
  *mean = (sum[RE] + I * sum[IM]) / (double)grid->total;
  *middle = 0.5 * (min + max);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHarmonicSetMedium(VmHarmonic h, const double complex *shear, const double complex *bulk)
{
  PetscFunctionBegin;
  PetscCall(Split(h, "shear", shear, h->shear, &h->mean_shear, &h->e->shear));
  PetscCall(Split(h, "bulk", bulk, h->bulk, &h->mean_bulk, &h->e->bulk));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmComplexPack(VmHarmonic h, const double complex tensor[6], double complex mean[6])
{
  const double scale = sqrt((double)h->grid->total);
  for (int c = 0; c < 6; ++c) mean[c] = h->controlled[c] ? tensor[c] * scale * (c < 3 ? 1.0 : PETSC_SQRT2) : 0.0;
}

void VmComplexAdd(VmHarmonic h, const double complex mean[6], double complex tensor[6])
{
  const double scale = sqrt((double)h->grid->total);
  for (int c = 0; c < 6; ++c) tensor[c] += mean[c] / (scale * (c < 3 ? 1.0 : PETSC_SQRT2));
}

void VmComplexMean(VmHarmonic h, const double complex stress[6], double complex strain[6])
{
  const double complex two_g = 2.0 * h->mean_shear, lame = h->mean_bulk - 2.0 * h->mean_shear / 3.0;
  double complex pressure = 0.0;
  int count = 0;
  for (int c = 0; c < 3; ++c) {
    if (h->controlled[c]) pressure += stress[c], ++count;
  }
  for (int c = 0; c < 6; ++c) {
    const double complex share = c < 3 ? lame / (two_g + count * lame) * pressure : 0.0;
    strain[c] = h->controlled[c] ? (stress[c] - share) / two_g : 0.0;
  }
}

/* Forces of one part of the modulus on one part of the displacement; their work u.f and stress may be NULL. */
static PetscErrorCode PartForces(VmHarmonic h, int modulus, const double *u, const double strain[6], double *f,
                                 double *work, double *stress)
{
  PetscFunctionBegin;
  h->e->medium = (VmMedium){.shear = h->shear[modulus], .bulk = h->bulk[modulus]};
  PetscCall(VmHexForces(h->e, u, strain, VM_LINEAR_PART, f, work, stress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Parts(const double complex tensor[6], double parts[PARTS][6])
{
  for (int c = 0; c < 6; ++c) parts[RE][c] = creal(tensor[c]), parts[IM][c] = cimag(tensor[c]);
}

PetscErrorCode VmComplexForces(VmHarmonic h, double *const u[PARTS], const double complex strain[6],
                               double *const f[PARTS], double complex *stress)
{
  const int64_t count = 3 * h->grid->np;
  double parts[PARTS][6], own[6], other[6];

  PetscFunctionBegin;
  Parts(strain, parts);
  for (int part = 0; part < PARTS; ++part) {
    const double sign = part == RE ? -1.0 : 1.0;
    PetscCall(PartForces(h, RE, u[part], parts[part], f[part], NULL, stress ? own : NULL));
    PetscCall(PartForces(h, IM, u[!part], parts[!part], h->room, NULL, stress ? other : NULL));
    for (int64_t i = 0; i < count; ++i) f[part][i] += sign * h->room[i];
    for (int c = 0; c < 6 && stress; ++c)
      stress[c] = part == RE ? own[c] - other[c] : stress[c] + I * (own[c] + other[c]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Residual of a displacement at the mean strain, its norm, and the mean stress. */
static PetscErrorCode Residual(VmHarmonic h, double *const u[PARTS], const VmHarmonicLoad *load, double *norm,
                               double complex mean_stress[6])
{
  double complex missing[6];
  PetscFunctionBegin;
  PetscCall(VmComplexForces(h, u, h->strain, h->residual.u, mean_stress));
  for (int part = 0; part < PARTS; ++part)
    for (int64_t i = 0; i < 3 * h->grid->np; ++i) h->residual.u[part][i] = -h->residual.u[part][i];
  for (int c = 0; c < 6; ++c) {
    mean_stress[c] /= (double)h->grid->total;
    missing[c] = load->level[c] - mean_stress[c];
  }
  VmComplexPack(h, missing, h->residual.mean);
  PetscCall(VmComplexNorm(h, &h->residual, norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Starts at the uniform strain of the Voigt average: the norm all residuals are compared with, and the one that is only
 * rounding. */
static PetscErrorCode Start(VmHarmonic h, const VmHarmonicLoad *load, bool warm, double *norm, double *unit,
                            double *least)
{
  const size_t bytes = 3 * (size_t)h->grid->np * sizeof(double);
  double complex stress[6], last[6], increment[6];
  double *const *zero = warm ? h->direction.u : h->solution.u, square = 0.0, size = 0.0;

  PetscFunctionBegin;
  for (int part = 0; part < PARTS && h->grid->np > 0; ++part) memset(zero[part], 0, bytes);
  for (int c = 0; c < 6; ++c) {
    last[c] = h->strain[c];
    h->strain[c] = load->stress_controlled[c] ? 0.0 : load->level[c];
  }
  PetscCall(Residual(h, zero, load, unit, stress));
  VmComplexMean(h, h->residual.mean, increment);
  VmComplexAdd(h, increment, h->strain);
  PetscCall(Residual(h, zero, load, unit, stress));
  for (int c = 0; c < 6; ++c) {
    square += pow(cabs(stress[c]), 2);
    size = fmax(size, 2.0 * cabs(h->mean_shear * h->strain[c]));
  }
  *least = rounding * fmax(size, sqrt(square)) * sqrt((double)h->grid->total);
  *norm = *unit;
  if (warm) {
    for (int c = 0; c < 6; ++c)
      if (load->stress_controlled[c]) h->strain[c] = last[c];
    PetscCall(Residual(h, h->solution.u, load, norm, stress));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Explain(VmHarmonic h, VmHarmonicResult *result)
{
  result->residual = h->history[result->iterations];
  result->message[0] = '\0';
  if (result->status == VM_SOLVE_TOO_SLOW)
    snprintf(result->message, sizeof result->message,
             "harmonic equilibrium: relative residual %.3g > %.3g after %d iterations", result->residual,
             h->e->options.tolerance, result->iterations);
  if (result->status == VM_SOLVE_BROKE_DOWN)
    snprintf(result->message, sizeof result->message,
             "harmonic equilibrium: the complex product of residual or direction vanishes in iteration %d (relative "
             "residual %.3g)",
             result->iterations + 1, result->residual);
}

/* Energy lost in one cycle, by the whole and summed over the elements [GPa]. */
static PetscErrorCode Energies(VmHarmonic h, VmHarmonicResult *result)
{
  double strain[PARTS][6], stress[6], work, local = 0.0, whole = 0.0;
  PetscFunctionBegin;
  Parts(h->strain, strain);
  for (int part = 0; part < PARTS; ++part) {
    PetscCall(PartForces(h, IM, h->solution.u[part], strain[part], h->room, &work, stress));
    local += work + VmDot6(strain[part], stress);
  }
  for (int c = 0; c < 6; ++c)
    whole += (c < 3 ? 1.0 : 2.0) * cimag(conj(result->mean_strain[c]) * result->mean_stress[c]);
  result->work = VM_PI * whole;
  result->dissipated = VM_PI * local / (double)h->grid->total;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHarmonicSolve(VmHarmonic h, const VmHarmonicLoad *load, bool warm, VmHarmonicResult *result)
{
  double norm, unit, least, target;

  PetscFunctionBegin;
  PetscCheck(h->e->shear > 0.0, h->grid->comm, PETSC_ERR_ORDER, "no medium is set");
  memset(result, 0, sizeof *result);
  memcpy(h->controlled, load->stress_controlled, sizeof h->controlled);
  PetscCall(Start(h, load, warm, &norm, &unit, &least));
  target = fmax(h->e->options.tolerance * unit, least);
  if (unit <= least) unit = fmax(least, PETSC_MACHINE_EPSILON);
  h->history[0] = norm / unit;
  memset(h->solution.mean, 0, sizeof h->solution.mean);
  if (norm > target) PetscCall(VmConjugateOrthogonal(h, target, unit, result));
  else if (!isfinite(norm)) result->status = VM_SOLVE_BROKE_DOWN;
  VmComplexAdd(h, h->solution.mean, h->strain);
  PetscCall(Residual(h, h->solution.u, load, &norm, result->mean_stress));
  memcpy(result->mean_strain, h->strain, sizeof h->strain);
  PetscCall(Energies(h, result));
  result->history = h->history;
  Explain(h, result);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stress and dissipation of voxel i from its strain. */
static void Respond(VmHarmonic h, int64_t i, const double complex eps[6], double complex sig[6], double *dissipation)
{
  const double complex shear = h->shear[RE][i] + I * h->shear[IM][i], bulk = h->bulk[RE][i] + I * h->bulk[IM][i];
  const double complex trace = eps[0] + eps[1] + eps[2];
  double lost = h->bulk[IM][i] * creal(trace * conj(trace));
  for (int c = 0; c < 6; ++c) {
    const double complex deviator = eps[c] - (c < 3 ? trace / 3.0 : 0.0);
    lost += 2.0 * h->shear[IM][i] * (c < 3 ? 1.0 : 2.0) * creal(deviator * conj(deviator));
    sig[c] = 2.0 * shear * deviator + (c < 3 ? bulk * trace : 0.0);
  }
  *dissipation = VM_PI * lost;
}

PetscErrorCode VmHarmonicFields(VmHarmonic h, double complex *strain, double complex *stress, double *dissipation)
{
  const int64_t np = h->grid->np;
  double *strains[PARTS], parts[PARTS][6];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(6 * (size_t)np, &strains[RE], 6 * (size_t)np, &strains[IM]));
  Parts(h->strain, parts);
  h->e->medium = (VmMedium){.shear = h->shear[RE], .bulk = h->bulk[RE]};
  for (int part = 0; part < PARTS; ++part)
    PetscCall(VmHexFields(h->e, h->solution.u[part], parts[part], strains[part], NULL));
  for (int64_t i = 0; i < np; ++i) {
    double complex eps[6], sig[6];
    double lost;
    for (int c = 0; c < 6; ++c) eps[c] = strains[RE][c * np + i] + I * strains[IM][c * np + i];
    Respond(h, i, eps, sig, &lost);
    for (int c = 0; c < 6 && strain; ++c) strain[c * np + i] = eps[c];
    for (int c = 0; c < 6 && stress; ++c) stress[c * np + i] = sig[c];
    if (dissipation) dissipation[i] = lost;
  }
  PetscCall(PetscFree2(strains[RE], strains[IM]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmHarmonicStiffness(VmHarmonic h, double complex stiffness[36], VmHarmonicResult *result)
{
  PetscFunctionBegin;
  for (int b = 0; b < 6; ++b) {
    VmHarmonicLoad load = {.level = {0.0}};
    load.level[b] = b < 3 ? 1.0 : 1.0 / PETSC_SQRT2;
    PetscCall(VmHarmonicSolve(h, &load, false, result));
    if (result->status != VM_SOLVE_CONVERGED) break;
    for (int a = 0; a < 6; ++a) stiffness[6 * a + b] = (a < 3 ? 1.0 : PETSC_SQRT2) * result->mean_stress[a];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmHarmonicIsotropic(const double complex stiffness[36], double complex *shear, double complex *bulk)
{
  double complex volume = 0.0, trace = 0.0;
  for (int a = 0; a < 6; ++a) {
    trace += stiffness[7 * a];
    for (int b = 0; b < 3 && a < 3; ++b) volume += stiffness[6 * a + b];
  }
  *bulk = volume / 9.0;
  *shear = (trace - volume / 3.0) / 10.0;
}

int64_t VmHarmonicBytes(VmHarmonic h)
{
  const int64_t voxel = 4 * 2 * 3 + 3 + 4;
  return (int64_t)sizeof(double) * (voxel * h->grid->np + 9 * h->grid->plane) + VmReferenceBytes(h->e);
}
