#include "exposure.h"
#include "detector.h"
#include "phonons.h"
#include <vitromech/timer.h>

PetscErrorCode VmExposureCreate(const VmOptics *optics, uint64_t seed, VmExposure *e)
{
  const VmMicroscopeParams *params = optics->params;

  PetscFunctionBegin;
  *e = (VmExposure){.optics = optics,
                    .method = vm_synth_methods[params->method],
                    .key = {seed, VM_STREAM_DOSE},
                    .pixels = params->detector.pixels[0] * params->detector.pixels[1],
                    .configurations = PetscMax(1, params->phonons)};
  VmAssert(VmFociChoose(optics, &e->foci)); /* checked with the input */
  PetscCall(e->method->create(optics, &e->context));
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), &e->intensity));
  PetscCall(PetscMalloc1((size_t)e->pixels, &e->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmExposureDestroy(VmExposure *e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(e->intensity));
  PetscCall(PetscFree(e->work));
  PetscCall(e->method->destroy(&e->context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmExposureTile(VmExposure *e, int64_t number, const VmAtoms *atoms, const VmTileBox *box)
{
  const VmMicroscopeParams *params = e->optics->params;
  const double start = VmTime();
  VmAtoms moved = {0};

  PetscFunctionBegin;
  if (params->phonons > 0) {
    PetscCall(VmPhononsDisplace(e->key.seed, number, params->debye_waller, atoms, &moved));
    atoms = &moved;
  }
  PetscCall(e->method->tile(e->context, atoms, box));
  VmAtomsFree(&moved);
  e->seconds += VmTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Averaged over the image of the source and over defocus by Gauss-Hermite quadrature. */
PetscErrorCode VmExposureAdd(VmExposure *e, const double r[2], double *mean)
{
  static const double weight[3] = {1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0};
  const double reach = VM_SOURCE_REACH * e->optics->params->source_size, start = VmTime();
  const int samples = reach > 0.0 ? 9 : 1;

  PetscFunctionBegin;
  for (int i = 0; i < samples * e->foci.foci; ++i) {
    const int s = i % samples, f = i / samples;
    const double place[2] = {r[0] + reach * (s / 3 - 1) * (samples > 1), r[1] + reach * (s % 3 - 1) * (samples > 1)};
    const double source = samples > 1 ? weight[s / 3] * weight[s % 3] : 1.0;
    const double share = e->foci.weight[f] * source / (double)e->configurations;
    PetscCall(e->method->probe(e->context, place, e->foci.focus[f], e->intensity));
    for (int64_t p = 0; p < e->optics->grid[0] * e->optics->grid[1]; ++p) e->total += share * e->intensity[p];
    VmDetectorCollect(e->optics, e->intensity, share, mean);
  }
  e->seconds += VmTime() - start;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmExposureRecord(VmExposure *e, int64_t number, double *mean, float *frame)
{
  VmDetectorFrame(e->optics, e->key, number, mean, e->work, frame);
  for (int64_t p = 0; p < e->pixels; ++p) e->current += frame[p];
}
