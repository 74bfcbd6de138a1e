#include "propagate.h"
#include "optics.h"
#include <math.h>
#include <stdlib.h>

extern const VmPrecision vm_precision_single, vm_precision_double;
const VmPrecision *const vm_precisions[] = {[VM_SINGLE] = &vm_precision_single, [VM_DOUBLE] = &vm_precision_double};

enum { ALIGNMENT = 64 };

static double Frequency2(const int64_t grid[2], const double period[2], int64_t i, int64_t j)
{
  const double k[2] = {(double)VmFrequency(i, grid[0]) / period[0], (double)VmFrequency(j, grid[1]) / period[1]};
  return k[0] * k[0] + k[1] * k[1];
}

double VmBandLimit2(const int64_t grid[2], const double period[2])
{
  const double nyquist = 0.5 * fmin((double)grid[0] / period[0], (double)grid[1] / period[1]);
  const double limit = (1.0 - 1e-9) * 2.0 / 3.0 * nyquist;
  return limit * limit;
}

bool VmPropagationInside(const VmPropagation *p, int64_t i, int64_t j)
{
  return Frequency2(p->grid, p->period, i, j) < p->limit2;
}

double complex VmPropagationPhase(const VmPropagation *p, double distance, int axis, int64_t i)
{
  const double k = (double)VmFrequency(i, p->grid[axis]) / p->period[axis];
  return cexp(-VM_PI * I * p->wavelength * distance * k * (k + 2.0 * p->tilt[axis]));
}

double complex VmPropagationFactor(const VmPropagation *p, double distance, int64_t i, int64_t j)
{
  if (!VmPropagationInside(p, i, j)) return 0.0;
  return VmPropagationPhase(p, distance, 0, i) * VmPropagationPhase(p, distance, 1, j);
}

PetscErrorCode VmPropagationCreate(int precision, const int64_t grid[2], const double period[2], double wavelength,
                                   const double tilt[2], double distance, bool limited, VmPropagation *p)
{
  PetscFunctionBegin;
  *p = (VmPropagation){.grid = {grid[0], grid[1]},
                       .period = {period[0], period[1]},
                       .wavelength = wavelength,
                       .tilt = {tilt[0], tilt[1]},
                       .precision = vm_precisions[precision]};
  for (int d = 0; d < 2; ++d) VmAssert(grid[d] % VM_WAVE_MULTIPLE == 0 && VmSmoothSize(grid[d], 2) == grid[d]);
  p->limit2 = limited ? VmBandLimit2(grid, period) : INFINITY;
  PetscCall(PetscCalloc1((size_t)(grid[0] * grid[1]), &p->wave));
  p->state = p->precision->create(p, distance);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmPropagationDestroy(VmPropagation *p)
{
  (void)PetscFree(p->wave);
  p->precision->destroy(p->state);
}

void VmPropagate(VmPropagation *p, const VmTransmission *transmission, const int64_t first[2], int count)
{
  p->precision->propagate(p->state, transmission, first, count, p->wave);
}

double VmTransmissionBytes(int precision, const int64_t grid[2], int count)
{
  const VmPrecision *p = vm_precisions[precision];
  return (double)VmTransmissionBlocks(grid, p->lanes) * p->lanes * (double)grid[1] * (double)p->bytes * count;
}

PetscErrorCode VmTransmissionCreate(int precision, const int64_t grid[2], int count, VmTransmission *transmission)
{
  PetscFunctionBegin;
  *transmission = (VmTransmission){.precision = vm_precisions[precision], .grid = {grid[0], grid[1]}, .count = count};
  const size_t bytes = (size_t)VmTransmissionBytes(precision, grid, count);
  transmission->value = aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  VmAssert(transmission->value);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmTransmissionDestroy(VmTransmission *transmission)
{
  free(transmission->value);
  transmission->value = NULL;
}
