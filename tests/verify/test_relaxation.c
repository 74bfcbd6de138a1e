/* timeout: 120; links: vm_analysis */
#include "memory_cube.h"
#include <complex.h>
#include <fftw3.h>

enum { FRAMES = 6000, DET = 34, CYCLE = 16384 };

#define TAU 15.0 /* frames */
#define FRAME_TIME 0.5

/* Speckle of a circular Gaussian field of correlation exp[-(t/tau)^beta]: intensity of mean 1, every pixel on its own.
 */
static PetscErrorCode Speckle(double beta, MemoryCube *cube)
{
  const size_t npix = DET * DET;
  double complex *work = fftw_alloc_complex(CYCLE);
  double *filter;
  PetscFunctionBegin;
  fftw_plan plan = fftw_plan_dft_1d(CYCLE, work, work, FFTW_FORWARD, FFTW_ESTIMATE);
  PetscCall(PetscMalloc1(CYCLE, &filter));
  for (int t = 0; t < CYCLE; ++t) work[t] = exp(-pow(fmin(t, CYCLE - t) / TAU, beta));
  fftw_execute(plan);
  for (int m = 0; m < CYCLE; ++m) filter[m] = sqrt(fmax(0.0, creal(work[m])) / CYCLE);
  *cube = (MemoryCube){.info = {.scan = {1, FRAMES},
                                .det = {DET, DET},
                                .type = VM_F32,
                                .det_pitch = {0.16, 0.16},
                                .centre = {DET / 2, DET / 2}}};
  PetscCall(PetscMalloc1(FRAMES * npix, &cube->frames));
  for (size_t p = 0; p < npix; ++p) {
    for (int m = 0; m < CYCLE; ++m) {
      double g[2];
      VmRngNormal2((VmRngKey){71, VM_STREAM_TEST}, p * CYCLE + (size_t)m, 0, g);
      work[m] = filter[m] * (g[0] + I * g[1]) * sqrt(0.5);
    }
    fftw_execute(plan);
    for (size_t t = 0; t < FRAMES; ++t)
      cube->frames[t * npix + p] = (float)(creal(work[t]) * creal(work[t]) + cimag(work[t]) * cimag(work[t]));
  }
  fftw_destroy_plan(plan);
  fftw_free(work);
  PetscCall(PetscFree(filter));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Means over 1156 pixels of a series of 400 relaxation times within 5 %. */
static PetscErrorCode TestPlanted(double beta)
{
  MemoryCube cube;
  VmStatResult result;
  char label[64];
  PetscFunctionBegin;
  PetscCall(Speckle(beta, &cube));
  PetscCall(Measure(PETSC_COMM_WORLD, &cube, StatNamed("relaxation"), "{frame_time: 0.5 s}", NULL, NAN, 0, &result));
  const double tau = *(const double *)VmStatResultFind(result, "mean_tau")->data;
  const double found = *(const double *)VmStatResultFind(result, "mean_beta")->data;
  const double part = *(const double *)VmStatResultFind(result, "trusted_fraction")->data;
  VmExpect(part * DET * DET >= 1000, "%g of the pixels are trusted", part);
  VmExpectNear(tau, TAU * FRAME_TIME, 0.05 * TAU * FRAME_TIME);
  VmExpectNear(found, beta, 0.05 * beta);
  VmExpectNear(*(const double *)VmStatResultFind(result, "mean_contrast")->data, 1.0, 0.05);
  snprintf(label, sizeof label, "tau of 7.5 s at beta %g", beta);
  VmFigure(label, tau);
  snprintf(label, sizeof label, "beta of %g", beta);
  VmFigure(label, found);
  VmFigure("trusted part", part);
  PetscCall(VmStatResultDestroy(&result));
  PetscCall(PetscFree(cube.frames));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestPlanted(0.7));
  PetscCall(TestPlanted(1.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
