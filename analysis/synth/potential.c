/* Non-uniform transform of the atoms: spread on a finer grid, transformed, corrected for the spreading window,
 * multiplied by the scattering factor, cut to the tile's grid and transformed back. */
#include "layers.h"
#include "spread.h"
#include <vitromech/scatter.h>
#include <vitromech/simd.h>
#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <string.h>

enum { WIDTH = VM_SPREAD_WIDTH };

/* Counting sort by 64 x 64 squares; stable, so that the order depends on the atoms alone. */
static PetscErrorCode SortAtoms(VmLayers *w)
{
  enum { SQUARES = 64 };
  const VmAtoms *atoms = w->atoms;
  const VmTileBox *box = w->box;
  int64_t *square, start[SQUARES * SQUARES + 1] = {0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)atoms->n, &w->order));
  PetscCall(PetscMalloc1((size_t)atoms->n, &square));
  for (int64_t a = 0; a < atoms->n; ++a) {
    const double length[2] = {(double)box->grid[0] * w->optics->spacing[0],
                              (double)box->grid[1] * w->optics->spacing[1]};
    const int64_t x = (int64_t)floor((atoms->x[a] - box->origin[0]) / length[0] * SQUARES);
    const int64_t y = (int64_t)floor((atoms->y[a] - box->origin[1]) / length[1] * SQUARES);
    square[a] = PetscMax(0, PetscMin(SQUARES - 1, x)) * SQUARES + PetscMax(0, PetscMin(SQUARES - 1, y));
    ++start[square[a] + 1];
  }
  for (int i = 0; i < SQUARES * SQUARES; ++i) start[i + 1] += start[i];
  for (int64_t a = 0; a < atoms->n; ++a) w->order[start[square[a]]++] = a;
  PetscCall(PetscFree(square));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLayersCreate(VmLayers *w)
{
  const int64_t *grid = w->box->grid;

  PetscFunctionBegin;
  PetscCall(SortAtoms(w));
  for (int d = 0; d < 2; ++d) {
    w->fine[d] = VmPotentialFine(grid[d]);
    PetscCall(VmSpreadCorrection(grid[d], w->fine[d], &w->correction[d]));
  }
  const size_t fine = (size_t)(w->fine[0] * w->fine[1]), half = (size_t)(grid[0] * (grid[1] / 2 + 1));
  w->spread = fftw_alloc_real(VM_LAYERS_BATCH * fine);
  w->modes = fftw_alloc_complex((size_t)(w->fine[0] * (w->fine[1] / 2 + 1)));
  if (w->heights.count == 0) w->sums = VM_LAYERS_BATCH;
  PetscCall(PetscMalloc1((size_t)w->sums, &w->sum));
  for (int q = 0; q < w->sums; ++q) w->sum[q] = fftw_alloc_complex(half);
  w->forward = fftw_plan_dft_r2c_2d((int)w->fine[0], (int)w->fine[1], w->spread, w->modes, FFTW_ESTIMATE);
  w->backward = fftw_plan_dft_c2r_2d((int)w->samples[0], (int)w->samples[1], w->modes, w->spread, FFTW_ESTIMATE);
  VmAssert(w->spread && w->modes && w->sum[w->sums - 1] && w->forward && w->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLayersDestroy(VmLayers *w)
{
  PetscFunctionBegin;
  fftw_destroy_plan(w->forward);
  fftw_destroy_plan(w->backward);
  for (int q = 0; q < w->sums; ++q) fftw_free(w->sum[q]);
  PetscCall(PetscFree(w->sum));
  fftw_free(w->modes);
  fftw_free(w->spread);
  PetscCall(PetscFree(w->order));
  for (int d = 0; d < 2; ++d) PetscCall(PetscFree(w->correction[d]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Points and weights of the window of a coordinate u in [0, n). */
static void WindowPoints(double u, int64_t n, int64_t point[WIDTH], double weight[WIDTH])
{
  const int64_t first = (int64_t)ceil(u - 0.5 * WIDTH);
  for (int i = 0; i < WIDTH; ++i) {
    const int64_t at = first + i;
    point[i] = at < 0 ? at + n : at >= n ? at - n : at;
    weight[i] = VmSpreadWindow(((double)at - u) * (2.0 / WIDTH));
  }
}

/* Weights of an atom in layers first ... first + batch - 1; false: all are zero. */
static bool LayerWeights(const VmLayers *w, double z, int first, int batch, double *weight)
{
  if (w->heights.count) {
    const double u = fmax(0.0, fmin((double)(w->heights.count - 1), (z - w->slices->bottom) / w->heights.step));
    const int below = (int)u;
    for (int q = 0; q < batch; ++q) {
      weight[q] = first + q == below ? 1.0 - (u - below) : first + q == below + 1 ? u - below : 0.0;
    }
    return below + 1 >= first && below < first + batch;
  }
  if (w->slices) {
    const int slice = VmSliceOf(w->slices, z) - first;
    for (int q = 0; q < batch; ++q) weight[q] = q == slice ? 1.0 : 0.0;
    return slice >= 0 && slice < batch;
  }
  const double scale = w->optics->thickness > 0.0 ? 2.0 / w->optics->thickness : 0.0;
  VmEwaldFunctions(w->ewald, fmax(-1.0, fmin(1.0, scale * (z - w->optics->middle))), first, batch, weight);
  return true;
}

static inline __attribute__((always_inline)) void SpreadAtom(const VmLayers *w, const double u[2], const double *layer,
                                                             int batch)
{
  const int64_t size = w->fine[0] * w->fine[1];
  int64_t x[WIDTH], y[WIDTH];
  double wx[WIDTH], wy[WIDTH];

  WindowPoints(u[0], w->fine[0], x, wx);
  WindowPoints(u[1], w->fine[1], y, wy);
  const bool whole = y[WIDTH - 1] == y[0] + WIDTH - 1;
  for (int q = 0; q < batch; ++q) {
    if (layer[q] == 0.0) continue;
    for (int i = 0; i < WIDTH; ++i) {
      double *restrict row = w->spread + q * size + x[i] * w->fine[1];
      const double weight = layer[q] * wx[i];
      if (whole) {
        for (int j = 0; j < WIDTH; ++j) row[y[0] + j] += weight * wy[j];
      } else {
        for (int j = 0; j < WIDTH; ++j) row[y[j]] += weight * wy[j];
      }
    }
  }
}

/* Spreads layers first ... first + batch - 1 of one species. */
VM_SIMD_CLONES void VmLayersSpread(const VmLayers *w, int species, int first, int batch)
{
  const VmTileBox *box = w->box;
  const VmAtoms *atoms = w->atoms;

  memset(w->spread, 0, (size_t)(batch * w->fine[0] * w->fine[1]) * sizeof(double));
  for (int64_t i = 0; i < atoms->n; ++i) {
    const int64_t a = w->order[i];
    if (atoms->species[a] != species) continue;
    const double u[2] = {(atoms->x[a] - box->origin[0]) / w->optics->spacing[0] / (double)box->grid[0],
                         (atoms->y[a] - box->origin[1]) / w->optics->spacing[1] / (double)box->grid[1]};
    if (!(u[0] >= 0.0 && u[0] < 1.0 && u[1] >= 0.0 && u[1] < 1.0)) continue;
    double layer[VM_LAYERS_BATCH];
    if (!LayerWeights(w, atoms->z[a], first, batch, layer)) continue;
    SpreadAtom(w, (double[2]){u[0] * (double)w->fine[0], u[1] * (double)w->fine[1]}, layer, batch);
  }
}

void VmLayersTransform(const VmLayers *w, int layer)
{
  fftw_execute_dft_r2c(w->forward, w->spread + layer * w->fine[0] * w->fine[1], w->modes);
}

/* Adds a transformed layer of a species to a sum: corrected spectrum times v(k)/area, |m| < n/2 on both axes. */
void VmLayersAdd(const VmLayers *w, const double *factor, fftw_complex *sum)
{
  const int64_t *n = w->box->grid, half = n[1] / 2 + 1, fine_half = w->fine[1] / 2 + 1;

  for (int64_t i = 0; i < n[0]; ++i) {
    const int64_t m = VmFrequency(i, n[0]);
    if (m == n[0] / 2) continue;
    const fftw_complex *from = w->modes + (m < 0 ? m + w->fine[0] : m) * fine_half;
    for (int64_t j = 0; j < half - 1; ++j) {
      const double f = factor[i * half + j] * w->correction[0][i] * w->correction[1][j];
      sum[i * half + j] += f * from[j];
    }
  }
}

/* v(k)/area of a species on the tile's modes. */
void VmLayersFactor(const VmLayers *w, int species, double *factor)
{
  const int64_t *n = w->box->grid, half = n[1] / 2 + 1;
  const double length[2] = {(double)n[0] * w->optics->spacing[0], (double)n[1] * w->optics->spacing[1]};
  const double b = w->optics->params->phonons > 0 ? 0.0 : w->optics->params->debye_waller;
  const double damping = 0.25 * b, scale = VM_POTENTIAL_FACTOR / (length[0] * length[1]);

  for (int64_t i = 0; i < n[0]; ++i) {
    for (int64_t j = 0; j < half; ++j) {
      const double k = hypot((double)VmFrequency(i, n[0]) / length[0], (double)j / length[1]);
      factor[i * half + j] = scale * VmScatteringFactor(w->atoms->number[species], k) * exp(-damping * k * k);
    }
  }
}

/* A layer from its modes, on the grid of samples, into w->spread. */
void VmLayersSample(VmLayers *w, const fftw_complex *sum)
{
  const int64_t *n = w->box->grid, half = n[1] / 2 + 1, half_samples = w->samples[1] / 2 + 1;

  memset(w->modes, 0, (size_t)(w->samples[0] * half_samples) * sizeof *w->modes);
  for (int64_t i = 0; i < n[0]; ++i) {
    const int64_t m = VmFrequency(i, n[0]), row = m < 0 ? m + w->samples[0] : m;
    memcpy(w->modes + row * half_samples, sum + i * half, (size_t)half * sizeof *w->modes);
  }
  fftw_execute(w->backward);
}

/* Hands the layers (moments or slices) one after the other to take. */
static PetscErrorCode MakeLayers(VmLayers *w, int layers, VmPotentialTake take, void *context)
{
  const size_t half = (size_t)(w->box->grid[0] * (w->box->grid[1] / 2 + 1));
  const int nspecies = w->atoms->nspecies;
  double *factor[VM_MAX_SPECIES];

  PetscFunctionBegin;
  PetscCall(VmLayersCreate(w));
  for (int s = 0; s < nspecies; ++s) {
    PetscCall(PetscMalloc1(half, &factor[s]));
    VmLayersFactor(w, s, factor[s]);
  }
  for (int first = 0; first < layers; first += VM_LAYERS_BATCH) {
    const int batch = PetscMin(VM_LAYERS_BATCH, layers - first);
    for (int q = 0; q < batch; ++q) memset(w->sum[q], 0, half * sizeof(fftw_complex));
    for (int s = 0; s < nspecies; ++s) {
      VmLayersSpread(w, s, first, batch);
      for (int q = 0; q < batch; ++q) {
        VmLayersTransform(w, q);
        VmLayersAdd(w, factor[s], w->sum[q]);
      }
    }
    for (int q = 0; q < batch; ++q) {
      VmLayersSample(w, w->sum[q]);
      take(context, first + q, w->spread);
    }
  }
  for (int s = 0; s < nspecies; ++s) PetscCall(PetscFree(factor[s]));
  PetscCall(VmLayersDestroy(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPotentialMoments(const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box,
                                  const VmEwald *ewald, VmPotentialTake take, void *context)
{
  VmLayers w = {.optics = optics, .atoms = atoms, .box = box, .ewald = ewald, .samples = {box->grid[0], box->grid[1]}};

  PetscFunctionBegin;
  PetscCall(MakeLayers(&w, ewald->functions, take, context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPotentialSlices(const VmOptics *optics, const VmAtoms *atoms, const VmTileBox *box,
                                 const VmSlices *slices, const int64_t samples[2], VmPotentialTake take, void *context)
{
  VmLayers w = {.optics = optics, .atoms = atoms, .box = box, .slices = slices, .samples = {samples[0], samples[1]}};

  PetscFunctionBegin;
  if (optics->params->potential == VM_FINITE) {
    w.heights = VmHeightsChoose(optics, slices);
    PetscCall(VmLayersFinite(&w, take, context));
  } else {
    PetscCall(MakeLayers(&w, slices->count, take, context));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmPotentialFine(int64_t n) { return VmSmoothSize(n + n / 2, 2); }

VmSlices VmSlicesChoose(const VmOptics *optics)
{
  const int count = PetscMax(1, (int)ceil(optics->thickness / optics->params->slice));
  return (VmSlices){
      .count = count, .bottom = optics->middle - 0.5 * optics->thickness, .distance = optics->thickness / count};
}

int VmSliceOf(const VmSlices *slices, double z)
{
  if (slices->distance == 0.0) return 0;
  const double slice = floor((z - slices->bottom) / slices->distance);
  return (int)fmax(0.0, fmin((double)(slices->count - 1), slice));
}

/* Of the layers that are spread and transformed, `sums` sums, and `tables` functions of frequency for each species. */
static double MakeBytes(const VmOptics *optics, const int64_t grid[2], int sums, int tables)
{
  const double fine = (double)(VmPotentialFine(grid[0]) * VmPotentialFine(grid[1]));
  const double half = (double)(grid[0] * (grid[1] / 2 + 1));
  return fine * 8.0 * (VM_LAYERS_BATCH + 1) + half * (16.0 * sums + 8.0 * optics->species * tables);
}

double VmPotentialMomentsBytes(const VmOptics *optics, const int64_t grid[2])
{
  return MakeBytes(optics, grid, VM_LAYERS_BATCH, 1);
}

double VmPotentialSlicesBytes(const VmOptics *optics, const int64_t grid[2], const VmSlices *slices)
{
  if (optics->params->potential == VM_INFINITE) return MakeBytes(optics, grid, VM_LAYERS_BATCH, 1);
  const VmHeights h = VmHeightsChoose(optics, slices);
  return MakeBytes(optics, grid, VmHeightsOpen(&h, slices->count), h.reach + 3);
}
