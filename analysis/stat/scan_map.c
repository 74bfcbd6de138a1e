/* Blocks of the scan are shared out among ranks; the fit is done alike by all. */
#include "scan_map.h"
#include "centre_map.h"
#include <vitromech/least_squares.h>
#include <vitromech/rng.h>
#include <math.h>
#include <string.h>

#define TUKEY 4.685             /* standard deviations at which a block counts nothing: 95 % efficient */
#define RAYLEIGH_MEDIAN 1.17741 /* median distance in two dimensions, in standard deviations of one */

enum {
  BLOCK_SIDE = 8, /* frames that are read along a side of a block */
  ROUNDS_ABSOLUTE = 20,
  ROUNDS_TUKEY = 20,
  REPLICAS = 200
};

const char *const vm_scan_maps[] = {"none", "plane", "quadratic", NULL};

/* Powers of the scan coordinates of each term. */
static const int powers[VM_SCAN_TERMS][2] = {{0, 0}, {1, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}};

static void Terms(const int64_t scan[2], int64_t frame, double term[VM_SCAN_TERMS])
{
  const int64_t at[2] = {frame / scan[1], frame % scan[1]};
  double x[2];
  for (int a = 0; a < 2; ++a) x[a] = scan[a] > 1 ? 2.0 * (double)at[a] / (double)(scan[a] - 1) - 1.0 : 0.0;
  const double values[VM_SCAN_TERMS] = {1.0, x[0], x[1], x[0] * x[0], x[0] * x[1], x[1] * x[1]};
  memcpy(term, values, sizeof values);
}

void VmScanMapAt(const VmScanMap *map, const int64_t scan[2], int64_t frame, int nvalue, double *values)
{
  double term[VM_SCAN_TERMS];
  Terms(scan, frame, term);
  for (int v = 0; v < nvalue; ++v) {
    values[v] = 0.0;
    for (int t = 0; t < VM_SCAN_TERMS; ++t) values[v] += map->coefficient[v][t] * term[t];
  }
}

/* The frames of a block that are read: evenly spaced, at most BLOCK_SIDE along each axis. */
static int64_t FramesOfBlock(const int64_t scan[2], const VmScanBlocks *b, int64_t block, int64_t frames[])
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

/* Mean of each term over the frames that are read. */
static void TermsOfBlock(const int64_t scan[2], VmScanBlocks *b, int64_t block)
{
  int64_t frames[BLOCK_SIDE * BLOCK_SIDE];
  const int64_t n = FramesOfBlock(scan, b, block, frames);
  for (int64_t f = 0; f < n; ++f) {
    double term[VM_SCAN_TERMS];
    Terms(scan, frames[f], term);
    for (int t = 0; t < VM_SCAN_TERMS; ++t) b->term[block][t] += term[t] / (double)n;
  }
}

static PetscErrorCode PatternOfBlock(VmSurvey survey, const VmFrameSource *source, const VmScanBlocks *b, int64_t block,
                                     float *frame, double *pattern)
{
  int64_t frames[BLOCK_SIDE * BLOCK_SIDE];
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  const int64_t n = FramesOfBlock(survey->info.scan, b, block, frames);
  PetscCall(PetscArrayzero(pattern, (size_t)survey->npix));
  for (int64_t f = 0; f < n && !code; ++f) {
    code = VmCentreMapRead(survey, source, frames[f], 1, frame);
    for (int64_t p = 0; p < survey->npix && !code; ++p) pattern[p] += (double)frame[p];
  }
  for (int64_t p = 0; p < survey->npix; ++p) pattern[p] /= (double)n;
  PetscFunctionReturn(code);
}

static PetscErrorCode MeasureShare(VmSurvey survey, const VmFrameSource *source, VmPatternMeasure measure,
                                   void *context, VmScanBlocks *b, int64_t first, int64_t end)
{
  float *frame;
  double *pattern;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)survey->npix, &frame, (size_t)survey->npix, &pattern));
  for (int64_t block = first; block < end && !code; ++block) {
    code = PatternOfBlock(survey, source, b, block, frame, pattern);
    if (!code) PetscCall(measure(context, pattern, b->value + block * b->nvalue));
  }
  PetscCall(PetscFree2(frame, pattern));
  PetscFunctionReturn(code);
}

static PetscErrorCode Share(MPI_Comm comm, VmScanBlocks *b)
{
  int size;
  PetscMPIInt *counts, *displacements;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc2((size_t)size, &counts, (size_t)size, &displacements));
  for (int r = 0; r < size; ++r) {
    displacements[r] = (PetscMPIInt)(b->nvalue * (b->count * r / size));
    counts[r] = (PetscMPIInt)(b->nvalue * (b->count * (r + 1) / size)) - displacements[r];
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DOUBLE, b->value, counts, displacements, MPI_DOUBLE, comm));
  PetscCall(PetscFree2(counts, displacements));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmScanBlocksMeasure(VmSurvey survey, const VmFrameSource *source, const int64_t most[2], int nvalue,
                                   VmPatternMeasure measure, void *context, VmScanBlocks *b)
{
  int rank, size;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(survey->comm, &rank));
  PetscCallMPI(MPI_Comm_size(survey->comm, &size));
  for (int a = 0; a < 2; ++a) b->side[a] = PetscMin(most[a], survey->info.scan[a]);
  b->count = b->side[0] * b->side[1];
  b->nvalue = nvalue;
  PetscCall(PetscCalloc2((size_t)b->count, &b->term, (size_t)(b->count * nvalue), &b->value));
  for (int64_t block = 0; block < b->count; ++block) TermsOfBlock(survey->info.scan, b, block);
  PetscErrorCode code =
      MeasureShare(survey, source, measure, context, b, b->count * rank / size, b->count * (rank + 1) / size);
  code = VmAgree(survey->comm, code);
  if (!code) PetscCall(Share(survey->comm, b));
  PetscFunctionReturn(code);
}

PetscErrorCode VmScanBlocksDestroy(VmScanBlocks *b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(b->term, b->value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  const VmScanBlocks *blocks;
  double *weight, *distance, *scratch; /* [count] */
  int of, n, term[VM_SCAN_TERMS];      /* the value, and the terms that are fitted */
} Fit;

static double Residual(const void *context, const double *x, int64_t i, double *gradient)
{
  const Fit *fit = context;
  const VmScanBlocks *b = fit->blocks;
  const double root = sqrt(fit->weight[i]);
  double residual = root > 0.0 ? -root * b->value[i * b->nvalue + fit->of] : 0.0;
  for (int t = 0; t < fit->n; ++t) {
    gradient[t] = root * b->term[i][fit->term[t]];
    residual += gradient[t] * x[t];
  }
  return residual;
}

/* Weighted fit of all values; false if the blocks do not determine it. */
static bool FitWeighted(Fit *fit, double coefficient[VM_SCAN_VALUES][VM_SCAN_TERMS])
{
  for (fit->of = 0; fit->of < fit->blocks->nvalue; ++fit->of) {
    double x[VM_SCAN_TERMS] = {0}, error[VM_SCAN_TERMS];
    VmLeastSquares(fit->n, x, fit->blocks->count, Residual, fit, error);
    for (int t = 0; t < fit->n; ++t) {
      if (!isfinite(x[t]) || isnan(error[t])) return false; /* errors are NAN if the curvature is singular */
      coefficient[fit->of][fit->term[t]] = x[t];
    }
  }
  return true;
}

static int CompareDouble(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool Found(const VmScanBlocks *b, int64_t i)
{
  for (int v = 0; v < b->nvalue; ++v)
    if (!isfinite(b->value[i * b->nvalue + v])) return false;
  return true;
}

/* Distance of every block from the map, and the standard deviation that their median tells. */
static double Distances(Fit *fit, const double *metric, const VmScanMap *map)
{
  const VmScanBlocks *b = fit->blocks;
  int64_t found = 0;
  for (int64_t i = 0; i < b->count; ++i) {
    double square = 0.0;
    for (int v = 0; v < b->nvalue; ++v) {
      double left = b->value[i * b->nvalue + v];
      for (int t = 0; t < VM_SCAN_TERMS; ++t) left -= map->coefficient[v][t] * b->term[i][t];
      square += metric[v] * left * left;
    }
    fit->distance[i] = sqrt(square);
    if (Found(b, i)) fit->scratch[found++] = fit->distance[i];
  }
  qsort(fit->scratch, (size_t)found, sizeof *fit->scratch, CompareDouble);
  return fit->scratch[found / 2] / RAYLEIGH_MEDIAN;
}

/* Least absolute distances find the majority, the biweight then leaves the others out. */
static bool FitRobust(Fit *fit, const double *metric, double resolution, VmScanMap *map)
{
  const VmScanBlocks *b = fit->blocks;
  double square = 0.0;
  for (int64_t i = 0; i < b->count; ++i) {
    fit->weight[i] = Found(b, i) ? 1.0 : 0.0;
    map->used += Found(b, i);
  }
  for (int round = 0; round < ROUNDS_ABSOLUTE + ROUNDS_TUKEY; ++round) {
    if (map->used <= fit->n || !FitWeighted(fit, map->coefficient)) return false;
    const double sigma = fmax(Distances(fit, metric, map), resolution);
    map->used = 0;
    for (int64_t i = 0; i < b->count; ++i) {
      const double t = fit->distance[i] / (TUKEY * sigma), inside = fmax(0.0, 1.0 - t * t);
      fit->weight[i] = round < ROUNDS_ABSOLUTE ? 1.0 / fmax(fit->distance[i], resolution) : inside * inside;
      if (!Found(b, i)) fit->weight[i] = 0.0;
      map->used += fit->weight[i] > 0.0;
    }
  }
  for (int64_t i = 0; i < b->count; ++i)
    if (fit->weight[i] > 0.0) square += fit->distance[i] * fit->distance[i];
  map->rms = sqrt(square / (double)map->used);
  return map->used > fit->n;
}

/* Blocks drawn with replacement: each counts as often as it is drawn. */
static void Errors(Fit *fit, VmScanMap *map)
{
  const VmRngKey key = {0, VM_STREAM_BOOTSTRAP};
  const int64_t count = fit->blocks->count;
  double mean[VM_SCAN_VALUES][VM_SCAN_TERMS] = {{0}}, square[VM_SCAN_VALUES][VM_SCAN_TERMS] = {{0}}, done = 0.0;
  memcpy(fit->scratch, fit->weight, (size_t)count * sizeof *fit->scratch);
  for (uint64_t r = 0; r < REPLICAS; ++r) {
    double x[VM_SCAN_VALUES][VM_SCAN_TERMS] = {{0}};
    for (int64_t i = 0; i < count; ++i) fit->weight[i] = 0.0;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t drawn = (int64_t)(VmRngUniform(key, r, (uint32_t)i) * (double)count);
      fit->weight[drawn] += fit->scratch[drawn];
    }
    if (!FitWeighted(fit, x)) continue;
    done += 1.0;
    for (int v = 0; v < fit->blocks->nvalue; ++v)
      for (int t = 0; t < VM_SCAN_TERMS; ++t) {
        const double difference = x[v][t] - mean[v][t];
        mean[v][t] += difference / done;
        square[v][t] += difference * (x[v][t] - mean[v][t]);
      }
  }
  for (int v = 0; v < VM_SCAN_VALUES; ++v)
    for (int t = 0; t < VM_SCAN_TERMS; ++t)
      map->error[v][t] = done >= 0.5 * REPLICAS ? sqrt(square[v][t] / (done - 1.0)) : NAN;
}

bool VmScanMapFit(const VmScanBlocks *b, int order, const double *metric, double resolution, VmScanMap *map)
{
  Fit fit = {.blocks = b};
  *map = (VmScanMap){.blocks = b->count};
  for (int t = 0; t < VM_SCAN_TERMS; ++t)
    if (powers[t][0] + powers[t][1] <= order && powers[t][0] < b->side[0] && powers[t][1] < b->side[1])
      fit.term[fit.n++] = t;
  double *work = malloc(3 * (size_t)b->count * sizeof *work);
  if (!work) return false;
  fit.weight = work;
  fit.distance = work + b->count;
  fit.scratch = work + 2 * b->count;
  const bool found = FitRobust(&fit, metric, resolution, map);
  if (found) Errors(&fit, map);
  if (found) map->terms = fit.n;
  free(work);
  return found;
}
