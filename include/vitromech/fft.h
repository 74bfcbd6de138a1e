/* L1. Real-to-complex transforms of grid fields, in place, transposed in spectral space.
 *
 * Built of two-dimensional transforms plane by plane, one global transposition (FFTW3-MPI) and one-dimensional
 * transforms, each with one plan that does not depend on the number of ranks: the same bits on any number of ranks.
 * Work array of ncomp components: ncomp blocks of VmFft.stride doubles each.
 *   real space     component c, voxel (x,y,z): work[c*stride + ((x-x0)*n1 + y)*2*nzc + z]   (last axis padded)
 *   spectral space component c, mode (kx,ky,kz): ((double complex *)(work + c*stride))[((ky-y0)*n0 + kx)*nzc + kz]
 * Forward: sum over voxels of f exp(-2 pi i k.r/n), no factor. Backward: no factor (divide by grid->total yourself). */
#ifndef VITROMECH_FFT_H
#define VITROMECH_FFT_H

#include <vitromech/grid.h>
#include <complex.h>

typedef struct VmFft_s {
  VmGrid grid;
  int ncomp;
  int64_t stride; /* doubles per component, padding and transposition room included; a multiple of 8 */
  double *work;   /* [ncomp][stride], 64-byte aligned, owned */
  void *plans;    /* private */
} * VmFft;

/** Collective. */
PetscErrorCode VmFftCreate(VmGrid grid, int ncomp, VmFft *fft);
PetscErrorCode VmFftDestroy(VmFft *fft);

/** Transforms components [0, n) of the work array. Collective. */
PetscErrorCode VmFftForward(VmFft fft, int n);
PetscErrorCode VmFftBackward(VmFft fft, int n);

/** Forward, filter(y, context) for the modes ky = y0 + y of the components, y = 0 ... ny-1, and backward; each plane of
 * modes stays in the cache. Collective. */
PetscErrorCode VmFftFilter(VmFft fft, int n, void (*filter)(int64_t y, void *context), void *context);

/** Copies an unpadded field [np] into component c, and back with a factor. Not collective. */
void VmFftPack(VmFft fft, int c, const double *field);
void VmFftUnpack(VmFft fft, int c, double factor, double *field);

/** Signed frequency of index k on an axis of n points: k for k <= n/2, else k - n. Not collective. */
static inline int64_t VmFftFrequency(int64_t k, int64_t n) { return k <= n / 2 ? k : k - n; }

#endif
