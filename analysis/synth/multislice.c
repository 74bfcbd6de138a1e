/* Multislice (physics.md D4) in the window of the probe: the transmission functions of all slices are made once for a
 * tile of probes; a probe's wave passes through those of its window, each at the middle of its slice. */
#include "method.h"
#include "probe.h"
#include "transmission.h"
#include <math.h>

typedef struct {
  const VmOptics *optics;
  VmProbe probe;
  VmSlices slices;
  VmPropagation propagation;
  double complex *entry; /* [grid0][grid1] spectrum of the probe about its centre, at the plane of the first slice */
  double complex *phase; /* [grid1] */
  VmTileBox box;
  VmTransmission transmission;
} Multislice;

static PetscErrorCode Create(const VmOptics *optics, void **context)
{
  const double period[2] = {optics->period, optics->period};
  Multislice *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *context = c;
  c->optics = optics;
  c->slices = VmSlicesChoose(optics);
  PetscCall(VmProbeCreate(optics, &c->probe));
  PetscCall(VmPropagationCreate(optics->params->precision, optics->grid, period, optics->wavelength, optics->tilt,
                                c->slices.distance, optics->params->band_limit, &c->propagation));
  PetscCall(PetscMalloc1((size_t)(optics->grid[0] * optics->grid[1]), &c->entry));
  PetscCall(PetscMalloc1((size_t)optics->grid[1], &c->phase));
  VmProbeEntry(optics, &c->probe, 0.5 * (c->slices.distance - optics->thickness), c->entry);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Multislice *c = *context;

  PetscFunctionBegin;
  VmTransmissionDestroy(&c->transmission);
  PetscCall(PetscFree(c->entry));
  PetscCall(PetscFree(c->phase));
  VmPropagationDestroy(&c->propagation);
  VmProbeDestroy(&c->probe);
  PetscCall(PetscFree(c));
  *context = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Bytes(void *context, const VmTileBox *box)
{
  const Multislice *c = context;
  return VmTransmissionMakeBytes(c->optics, box->grid, &c->slices) +
         VmTransmissionBytes(c->optics->params->precision, box->grid, c->slices.count);
}

static PetscErrorCode Tile(void *context, const VmAtoms *atoms, const VmTileBox *box)
{
  Multislice *c = context;
  const VmMicroscopeParams *params = c->optics->params;
  const VmTransmissionRecipe recipe = {.optics = c->optics,
                                       .atoms = atoms,
                                       .box = box,
                                       .slices = &c->slices,
                                       .phase = c->optics->interaction,
                                       .limited = params->band_limit};

  PetscFunctionBegin;
  VmTransmissionDestroy(&c->transmission);
  c->box = *box;
  PetscCall(VmTransmissionCreate(params->precision, box->grid, c->slices.count, &c->transmission));
  PetscCall(VmTransmissionMake(&recipe, &c->transmission));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Moves a window so that it begins with a block of rows of the transmission. The wave ends smoothly inside its window,
 * which therefore need not be centred to the last point. */
static void AlignWindow(const Multislice *c, int64_t first[2], double centre[2])
{
  const int64_t multiple = VM_WAVE_MULTIPLE, most = c->box.grid[0] - c->optics->grid[0];
  int64_t aligned = (first[0] + multiple / 2) / multiple * multiple;
  if (aligned > most) aligned = most / multiple * multiple;
  centre[0] += (double)(first[0] - aligned);
  first[0] = aligned;
}

static PetscErrorCode Probe(void *context, const double r[2], double focus, double *intensity)
{
  Multislice *c = context;
  const int64_t *n = c->optics->grid;
  double complex *wave = c->propagation.wave;
  int64_t first[2];
  double centre[2];

  PetscFunctionBegin;
  PetscCall(VmOpticsWindow(c->optics, &c->box, r, first, centre));
  AlignWindow(c, first, centre);
  for (int64_t j = 0; j < n[1]; ++j) c->phase[j] = VmProbeShift(c->optics, 1, centre[1], focus, j);
  for (int64_t i = 0; i < n[0]; ++i) {
    const double complex x = VmProbeShift(c->optics, 0, centre[0], focus, i);
    for (int64_t j = 0; j < n[1]; ++j) wave[i * n[1] + j] = c->entry[i * n[1] + j] * x * c->phase[j];
  }
  VmPropagate(&c->propagation, &c->transmission, first, c->slices.count);
  for (int64_t i = 0; i < n[0] * n[1]; ++i) intensity[i] = creal(wave[i] * conj(wave[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Describe(void *context, size_t size, char *text)
{
  const Multislice *c = context;
  snprintf(
      text, size,
      "multislice: %d slices of %.4g nm, grid %lld x %lld, %s, %s precision, %.1f %% of the probe inside the window",
      c->slices.count, c->slices.distance, (long long)c->optics->grid[0], (long long)c->optics->grid[1],
      c->optics->params->band_limit ? "band limit 2/3" : "no band limit", c->propagation.precision->name,
      100.0 * c->probe.inside);
}

const VmSynthMethod vm_synth_method_multislice = {
    .name = "multislice",
    .doc = "dynamical scattering: the probe's wave slice by slice through the foil",
    .source = "J. M. Cowley and A. F. Moodie, Acta Cryst. 10 (1957) 609",
    .multiple = true,
    .create = Create,
    .bytes = Bytes,
    .tile = Tile,
    .probe = Probe,
    .describe = Describe,
    .destroy = Destroy,
};
