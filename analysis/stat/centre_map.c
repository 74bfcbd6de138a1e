/* Descan: the centre moves with the probe, to first order linearly. Frames are moved by whole pixels, so that counts
 * stay counts and neighbouring pixels independent. */
#include "centre_map.h"
#include <vitromech/least_squares.h>
#include <vitromech/log.h>
#include <math.h>
#include <string.h>

#define RESOLUTION (1.0 / 256.0) /* pixels, of the search for the centre */
#define TUKEY 4.685              /* standard deviations at which a block counts nothing: 95 % efficient */
#define RAYLEIGH_MEDIAN 1.17741  /* median distance in two dimensions, in standard deviations of one */

enum {
  BLOCK_SIDE = 8, /* frames that are read along a side of a block */
  ROUNDS_ABSOLUTE = 20,
  ROUNDS_TUKEY = 20
};

const char *const vm_centre_maps[] = {"none", "plane", "quadratic", NULL};

/* Powers of the scan coordinates of each term. */
static const int powers[VM_CENTRE_TERMS][2] = {{0, 0}, {1, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}};

static void Terms(const int64_t scan[2], int64_t frame, double term[VM_CENTRE_TERMS])
{
  const int64_t at[2] = {frame / scan[1], frame % scan[1]};
  double x[2];
  for (int a = 0; a < 2; ++a) x[a] = scan[a] > 1 ? 2.0 * (double)at[a] / (double)(scan[a] - 1) - 1.0 : 0.0;
  const double values[VM_CENTRE_TERMS] = {1.0, x[0], x[1], x[0] * x[0], x[0] * x[1], x[1] * x[1]};
  memcpy(term, values, sizeof values);
}

void VmCentreMapAt(VmSurvey survey, int64_t frame, double centre[2])
{
  double term[VM_CENTRE_TERMS];
  Terms(survey->info.scan, frame, term);
  for (int a = 0; a < 2; ++a) {
    centre[a] = 0.0;
    for (int t = 0; t < VM_CENTRE_TERMS; ++t) centre[a] += survey->centre_map.coefficient[a][t] * term[t];
  }
}

void VmCentreMapShift(VmSurvey survey, int64_t frame, int64_t shift[2])
{
  double centre[2];
  VmCentreMapAt(survey, frame, centre);
  for (int a = 0; a < 2; ++a) shift[a] = (int64_t)floor(centre[a] - survey->centre_map.about[a] + 0.5);
}

/* Pixel p takes the value of pixel p + shift. Rows go in the order in which none is overwritten before it is read. */
static void Move(const int64_t det[2], const int64_t shift[2], float *frame)
{
  const int64_t n = PetscMax(det[1] - PetscAbs(shift[1]), 0), from = PetscMin(PetscMax(-shift[1], 0), det[1]);
  for (int64_t r = 0; r < det[0]; ++r) {
    const int64_t i = shift[0] >= 0 ? r : det[0] - 1 - r, source = i + shift[0];
    const bool inside = source >= 0 && source < det[0] && n > 0;
    float *row = frame + i * det[1];
    if (inside) memmove(row + from, frame + source * det[1] + from + shift[1], (size_t)n * sizeof *row);
    for (int64_t j = 0; j < det[1]; ++j)
      if (!inside || j < from || j >= from + n) row[j] = 0.0F;
  }
}

PetscErrorCode VmCentreMapRead(VmSurvey survey, const VmFrameSource *source, int64_t first, int64_t n, float *frames)
{
  int64_t shift[2];
  PetscFunctionBegin;
  const PetscErrorCode code = source->read(source->handle, first, n, frames);
  for (int64_t f = 0; f < n && !code && survey->centre_map.terms; ++f) {
    VmCentreMapShift(survey, first + f, shift);
    if (shift[0] || shift[1]) Move(survey->detector.det, shift, frames + f * survey->npix);
  }
  PetscFunctionReturn(code);
}

/* Blocks of the scan: the mean of each term over the frames that were read, and the centre of their mean pattern. */
typedef struct {
  int64_t side[2], count;
  double (*term)[VM_CENTRE_TERMS]; /* [count] */
  double (*centre)[2];             /* [count] */
  double *weight, *distance, *scratch;
} Blocks;

static PetscErrorCode BlocksCreate(VmSurvey survey, int64_t most, Blocks *b)
{
  PetscFunctionBegin;
  for (int a = 0; a < 2; ++a) b->side[a] = PetscMin(most, survey->info.scan[a]);
  b->count = b->side[0] * b->side[1];
  const size_t n = (size_t)b->count;
  PetscCall(PetscCalloc5(n, &b->term, n, &b->centre, n, &b->weight, n, &b->distance, n, &b->scratch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BlocksDestroy(Blocks *b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(b->term, b->centre, b->weight, b->distance, b->scratch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The frames of a block that are read: evenly spaced, at most BLOCK_SIDE along each axis. */
static int64_t FramesOfBlock(const int64_t scan[2], const Blocks *b, int64_t block, int64_t frames[])
{
  const int64_t at[2] = {block / b->side[1], block % b->side[1]};
  int64_t first[2], n[2], take[2], count = 0;
  for (int a = 0; a < 2; ++a) {
    first[a] = scan[a] * at[a] / b->side[a];
    n[a] = scan[a] * (at[a] + 1) / b->side[a] - first[a];
    take[a] = PetscMin(n[a], BLOCK_SIDE);
  }
  for (int64_t i = 0; i < take[0]; ++i)
    for (int64_t j = 0; j < take[1]; ++j)
      frames[count++] = (first[0] + i * n[0] / take[0]) * scan[1] + first[1] + j * n[1] / take[1];
  return count;
}

static PetscErrorCode MeasureBlock(VmSurvey survey, const VmFrameSource *source, bool by_rings, double beam_stop,
                                   Blocks *b, int64_t block, float *frame, double *pattern)
{
  int64_t frames[BLOCK_SIDE * BLOCK_SIDE];
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  const int64_t n = FramesOfBlock(survey->info.scan, b, block, frames);
  PetscCall(PetscArrayzero(pattern, (size_t)survey->npix));
  for (int64_t f = 0; f < n && !code; ++f) {
    code = source->read(source->handle, frames[f], 1, frame);
    for (int64_t p = 0; p < survey->npix && !code; ++p) pattern[p] += (double)frame[p] / (double)n;
  }
  if (code) PetscFunctionReturn(code);
  if (by_rings) PetscCall(VmCentreRings(&survey->detector, pattern, beam_stop, b->centre[block]));
  else VmCentreBeam(&survey->detector, pattern, b->centre[block]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MeasureShare(VmSurvey survey, const VmFrameSource *source, bool by_rings, double beam_stop,
                                   Blocks *b, int64_t first, int64_t end)
{
  float *frame;
  double *pattern;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)survey->npix, &frame, (size_t)survey->npix, &pattern));
  for (int64_t block = first; block < end && !code; ++block)
    code = MeasureBlock(survey, source, by_rings, beam_stop, b, block, frame, pattern);
  PetscCall(PetscFree2(frame, pattern));
  PetscFunctionReturn(code);
}

/* Centres of all blocks on all ranks; each block is measured by one. */
static PetscErrorCode Measure(VmSurvey survey, const VmFrameSource *source, bool by_rings, double beam_stop, Blocks *b)
{
  int rank, size;
  PetscMPIInt *counts, *displacements;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(survey->comm, &rank));
  PetscCallMPI(MPI_Comm_size(survey->comm, &size));
  PetscErrorCode code =
      MeasureShare(survey, source, by_rings, beam_stop, b, b->count * rank / size, b->count * (rank + 1) / size);
  code = VmAgree(survey->comm, code);
  if (code) PetscFunctionReturn(code);
  PetscCall(PetscMalloc2((size_t)size, &counts, (size_t)size, &displacements));
  for (int r = 0; r < size; ++r) {
    displacements[r] = (PetscMPIInt)(2 * (b->count * r / size));
    counts[r] = (PetscMPIInt)(2 * (b->count * (r + 1) / size)) - displacements[r];
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DOUBLE, b->centre, counts, displacements, MPI_DOUBLE, survey->comm));
  PetscCall(PetscFree2(counts, displacements));
  for (int64_t block = 0; block < b->count; ++block) {
    int64_t frames[BLOCK_SIDE * BLOCK_SIDE];
    const int64_t n = FramesOfBlock(survey->info.scan, b, block, frames);
    for (int64_t f = 0; f < n; ++f) {
      double term[VM_CENTRE_TERMS];
      Terms(survey->info.scan, frames[f], term);
      for (int t = 0; t < VM_CENTRE_TERMS; ++t) b->term[block][t] += term[t] / (double)n;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  const Blocks *blocks;
  int axis, n, term[VM_CENTRE_TERMS]; /* terms that are fitted */
} Fit;

static double Residual(const void *context, const double *x, int64_t i, double *gradient)
{
  const Fit *fit = context;
  const Blocks *b = fit->blocks;
  const double root = sqrt(b->weight[i]);
  double residual = -root * b->centre[i][fit->axis];
  for (int t = 0; t < fit->n; ++t) {
    gradient[t] = root * b->term[i][fit->term[t]];
    residual += gradient[t] * x[t];
  }
  return residual;
}

/* Weighted fit of both coordinates, and what is left of each block; false if the blocks do not determine it. */
static bool FitWeighted(Fit *fit, Blocks *b, double coefficient[2][VM_CENTRE_TERMS])
{
  for (fit->axis = 0; fit->axis < 2; ++fit->axis) {
    double x[VM_CENTRE_TERMS] = {0}, error[VM_CENTRE_TERMS];
    VmLeastSquares(fit->n, x, b->count, Residual, fit, error);
    for (int t = 0; t < fit->n; ++t) {
      if (!isfinite(x[t]) || isnan(error[t])) return false; /* errors are NAN if the curvature is singular */
      coefficient[fit->axis][fit->term[t]] = x[t];
    }
  }
  for (int64_t i = 0; i < b->count; ++i) {
    double left[2];
    for (int a = 0; a < 2; ++a) {
      left[a] = b->centre[i][a];
      for (int t = 0; t < VM_CENTRE_TERMS; ++t) left[a] -= coefficient[a][t] * b->term[i][t];
    }
    b->distance[i] = hypot(left[0], left[1]);
  }
  return true;
}

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Least absolute distances find the majority, the biweight then leaves the others out. */
static bool FitRobust(VmSurvey survey, int order, Blocks *b)
{
  VmCentreMap *map = &survey->centre_map;
  Fit fit = {.blocks = b};
  for (int t = 0; t < VM_CENTRE_TERMS; ++t)
    if (powers[t][0] + powers[t][1] <= order && powers[t][0] < b->side[0] && powers[t][1] < b->side[1])
      fit.term[fit.n++] = t;
  for (int64_t i = 0; i < b->count; ++i) b->weight[i] = 1.0;
  for (int round = 0; round < ROUNDS_ABSOLUTE + ROUNDS_TUKEY; ++round) {
    if (!FitWeighted(&fit, b, map->coefficient)) return false;
    memcpy(b->scratch, b->distance, (size_t)b->count * sizeof *b->scratch);
    qsort(b->scratch, (size_t)b->count, sizeof *b->scratch, CompareDouble);
    const double sigma = fmax(b->scratch[b->count / 2] / RAYLEIGH_MEDIAN, RESOLUTION);
    for (int64_t i = 0; i < b->count; ++i) {
      const double t = b->distance[i] / (TUKEY * sigma), inside = fmax(0.0, 1.0 - t * t);
      b->weight[i] = round < ROUNDS_ABSOLUTE ? 1.0 / fmax(b->distance[i], RESOLUTION) : inside * inside;
    }
  }
  double square = 0.0;
  map->blocks = b->count;
  for (int64_t i = 0; i < b->count; ++i)
    if (b->weight[i] > 0.0) {
      ++map->used;
      square += b->distance[i] * b->distance[i];
    }
  map->rms = sqrt(square / (double)map->used);
  map->terms = fit.n;
  return map->used > fit.n;
}

/* Pixels that every frame has, unmasked: the mask stays with the detector while frames move. */
static PetscErrorCode MaskMoved(VmSurvey survey)
{
  const int64_t *det = survey->detector.det;
  const int64_t side[2] = {2 * survey->centre_map.reach[0] + 1, 2 * survey->centre_map.reach[1] + 1};
  uint8_t *seen, *valid;
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(side[0] * side[1]), &seen));
  PetscCall(PetscMalloc1((size_t)survey->npix, &valid));
  PetscCall(PetscArraycpy(valid, survey->valid, (size_t)survey->npix));
  for (int64_t f = 0; f < survey->frames; ++f) {
    int64_t shift[2];
    VmCentreMapShift(survey, f, shift);
    seen[(shift[0] + survey->centre_map.reach[0]) * side[1] + shift[1] + survey->centre_map.reach[1]] = 1;
  }
  for (int64_t p = 0; p < survey->npix; ++p) survey->valid[p] = 1;
  for (int64_t s = 0; s < side[0] * side[1]; ++s) {
    if (!seen[s]) continue;
    for (int64_t p = 0; p < survey->npix; ++p) {
      const int64_t i = p / det[1] + s / side[1] - survey->centre_map.reach[0];
      const int64_t j = p % det[1] + s % side[1] - survey->centre_map.reach[1];
      if (i < 0 || j < 0 || i >= det[0] || j >= det[1] || !valid[i * det[1] + j]) survey->valid[p] = 0;
    }
  }
  PetscCall(PetscFree(seen));
  PetscCall(PetscFree(valid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The common centre, and how far frames lie from it. */
static PetscErrorCode Align(VmSurvey survey, bool given)
{
  VmCentreMap *map = &survey->centre_map;
  VmDetector *d = &survey->detector;
  double sum[2] = {0, 0};
  PetscFunctionBegin;
  if (given) PetscCall(PetscArraycpy(map->about, d->centre, 2));
  else
    for (int a = 0; a < 2; ++a) map->about[a] = map->coefficient[a][0];
  for (int64_t f = 0; f < survey->frames; ++f) {
    int64_t shift[2];
    double centre[2];
    VmCentreMapAt(survey, f, centre);
    for (int a = 0; a < 2; ++a)
      if (!(centre[a] > 0.0 && centre[a] < (double)(d->det[a] - 1)))
        VmThrow(survey->comm, VM_ERR_INPUT,
                "geometry: centre_map: the fitted centre of frame %lld, [%g, %g], is not on the detector: is the "
                "direct beam (or, beyond a beam_stop, the ring) to be seen in most of the scan?",
                (long long)f, centre[0], centre[1]);
    VmCentreMapShift(survey, f, shift);
    for (int a = 0; a < 2; ++a) {
      map->reach[a] = PetscMax(map->reach[a], PetscAbs(shift[a]));
      sum[a] += centre[a] - (double)shift[a];
    }
  }
  for (int a = 0; a < 2 && !given; ++a) d->centre[a] = sum[a] / (double)survey->frames;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCentreMapFit(VmSurvey survey, const VmFrameSource *source, const VmGeometryParams *params,
                              bool by_rings, bool given)
{
  Blocks blocks = {0};
  PetscFunctionBegin;
  PetscCall(BlocksCreate(survey, params->centre_blocks, &blocks));
  PetscErrorCode code = Measure(survey, source, by_rings, params->beam_stop, &blocks);
  const bool found = !code && FitRobust(survey, params->centre_map, &blocks);
  const int64_t count = blocks.count;
  PetscCall(BlocksDestroy(&blocks));
  if (code) PetscFunctionReturn(code);
  if (!found)
    VmThrow(survey->comm, VM_ERR_INPUT,
            "geometry: centre_map: the centres of %lld blocks of the scan do not determine a %s: give more "
            "centre_blocks, a lower order, or centre_map: none",
            (long long)count, vm_centre_maps[params->centre_map]);
  code = Align(survey, given);
  if (code) PetscFunctionReturn(code);
  PetscCall(MaskMoved(survey));
  PetscCall(VmLog(survey->comm, "geometry: centre_map: %lld of %lld blocks used, %.3g pixels rms from the %s",
                  (long long)survey->centre_map.used, (long long)count, survey->centre_map.rms,
                  vm_centre_maps[params->centre_map]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
