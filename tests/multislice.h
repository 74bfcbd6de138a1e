/* Patterns of single probes for the tests of dynamical scattering. */
#ifndef VM_TEST_MULTISLICE_H
#define VM_TEST_MULTISLICE_H

#include "analysis/synth/foil.h"
#include "analysis/synth/transmission.h"
#include <vitromech/microscope.h>
#include <vitromech/rng.h>
#include <math.h>
#include <string.h>

static inline VmMicroscopeParams VmTestMicroscope(void)
{
  VmMicroscopeParams params = {
      .voltage = 300.0, .semi_angle = 1.15, .window = 1, .ewald = true, .direct_beam = true, .slice = 0.2};
  params.accuracy = 1e-6;
  params.band_limit = true;
  params.precision = VM_DOUBLE;
  params.detector = (VmDetectorParams){.pixels = {48, 48}, .pitch = 0.3, .dose = NAN, .gain = 1.0};
  while (strcmp(vm_synth_method_names[params.method], "multislice") != 0) ++params.method;
  return params;
}

/* Atoms at random in a column; their heights are multiples of `step` if that is not 0. */
static inline PetscErrorCode VmRandomColumn(int n, double half, double thickness, double step, VmAtoms *atoms)
{
  PetscFunctionBegin;
  *atoms = (VmAtoms){.nspecies = 2, .number = {40, 13}};
  for (int a = 0; a < n; ++a) {
    double u[2], v[2];
    VmRngUniform2((VmRngKey){23, VM_STREAM_TEST}, (uint64_t)a, 0, u);
    VmRngUniform2((VmRngKey){23, VM_STREAM_TEST}, (uint64_t)a, 1, v);
    double z = thickness * v[0];
    if (step > 0.0) z = step * floor(z / step);
    if (a < 2) z = a ? thickness : 0.0; /* the ends of the foil */
    const double r[3] = {half * (2.0 * u[0] - 1.0), half * (2.0 * u[1] - 1.0), z};
    PetscCall(VmAtomsAppend(atoms, v[1] < 0.5, r, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pattern of one probe, [grid0][grid1] of the optics; the tile begins `more` [nm] before what the probe needs. */
static inline PetscErrorCode VmPatternInTile(const VmMicroscopeParams *params, const VmAtoms *atoms, const double r[2],
                                             const double more[2], VmOptics *optics, double **intensity)
{
  const VmSynthMethod *method = vm_synth_methods[params->method];
  VmTileBox box;
  void *context;

  PetscFunctionBegin;
  VmOpticsInit(params, optics);
  PetscCall(VmFoilExtent(PETSC_COMM_SELF, atoms, optics));
  PetscCall(method->create(optics, &context));
  VmOpticsBox(optics, (double[2]){r[0] - more[0], r[1] - more[1]}, r, &box);
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), intensity));
  PetscCall(method->tile(context, atoms, &box));
  PetscCall(method->probe(context, r, 0.0, *intensity));
  PetscCall(method->destroy(&context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode VmPattern(const VmMicroscopeParams *params, const VmAtoms *atoms, const double r[2],
                                       VmOptics *optics, double **intensity)
{
  PetscFunctionBegin;
  PetscCall(VmPatternInTile(params, atoms, r, (double[2]){0.0, 0.0}, optics, intensity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Root mean square of the difference of two patterns over that of the scattered one, outside of the central disc. */
static inline double VmPatternDistance(const VmOptics *optics, const double *a, const double *b)
{
  const int64_t *n = optics->grid;
  double difference = 0.0, sum = 0.0;
  for (int64_t q = 0; q < n[0] * n[1]; ++q) {
    const double i = (double)VmFrequency(q / n[1], n[0]), j = (double)VmFrequency(q % n[1], n[1]);
    if (hypot(i, j) < 2.0 * optics->aperture * optics->period) continue;
    difference += (a[q] - b[q]) * (a[q] - b[q]);
    sum += b[q] * b[q];
  }
  return sqrt(difference / sum);
}

/* Largest difference of two patterns, in units of `unit`. */
static inline double VmWorstDifference(const VmOptics *optics, const double *a, const double *b, double unit)
{
  double worst = 0.0;
  for (int64_t q = 0; q < optics->grid[0] * optics->grid[1]; ++q) worst = fmax(worst, fabs(a[q] - b[q]));
  return worst / unit;
}

#endif
