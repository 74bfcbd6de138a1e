#include "moments.h"
#include "propagate.h"
#include <stdlib.h>
#include <string.h>

extern const VmMomentPrecision vm_moments_single, vm_moments_double;

enum { ALIGNMENT = 64 };

/* Coefficients of all functions [window0/2 + 1][window1/2 + 1][functions]. */
static PetscErrorCode Coefficients(const VmOptics *optics, const VmEwald *ewald, double **coefficient)
{
  const int64_t half[2] = {optics->grid[0] / 2 + 1, optics->grid[1] / 2 + 1};
  const double scale = 0.5 * VM_PI * optics->wavelength * optics->thickness / (optics->period * optics->period);

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(half[0] * half[1] * ewald->functions), coefficient));
  for (int64_t i = 0; i < half[0]; ++i) {
    for (int64_t j = 0; j < half[1]; ++j) {
      const double x = optics->params->ewald ? scale * (double)(i * i + j * j) : 0.0;
      VmEwaldCoefficients(ewald, x, *coefficient + (i * half[1] + j) * ewald->functions);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMomentsCreate(const VmOptics *optics, const VmEwald *ewald, VmMoments *moments)
{
  double *coefficient;

  PetscFunctionBegin;
  *moments = (VmMoments){.precision = optics->params->precision == VM_SINGLE ? &vm_moments_single : &vm_moments_double,
                         .window = {optics->grid[0], optics->grid[1]},
                         .pairs = ewald->functions / 2};
  PetscCall(Coefficients(optics, ewald, &coefficient));
  moments->state =
      moments->precision->create(moments->window, moments->pairs, optics->spacing[0] * optics->spacing[1], coefficient);
  PetscCall(PetscFree(coefficient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmMomentsDestroy(VmMoments *moments)
{
  moments->precision->destroy(moments->state);
  free(moments->value);
}

double VmMomentsBytes(const VmMoments *moments, const int64_t grid[2])
{
  const int lanes = moments->precision->lanes, blocks = (moments->pairs + lanes - 1) / lanes;
  return (double)moments->precision->bytes * blocks * (double)(grid[0] * grid[1]);
}

PetscErrorCode VmMomentsTile(VmMoments *moments, const int64_t grid[2])
{
  const size_t bytes = (size_t)VmMomentsBytes(moments, grid);

  PetscFunctionBegin;
  free(moments->value);
  for (int d = 0; d < 2; ++d) moments->grid[d] = grid[d];
  moments->value = aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  PetscCheck(moments->value, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for %zu bytes", bytes);
  memset(moments->value, 0, bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmMomentsFill(VmMoments *moments, int moment, const double *value)
{
  moments->precision->fill(moments->grid, moment, value, moments->value);
}

void VmMomentsScatter(VmMoments *moments, const int64_t first[2], const double *wave, bool imaginary,
                      double complex *amplitude)
{
  moments->precision->sum(moments->state, moments->value, moments->grid, first, wave, imaginary, amplitude);
}
