/* Polar resampling as a sparse matrix: each bin is probed on a fine grid of points of equal solid angle. */
#include <vitromech/transform.h>
#include <math.h>

#define POINTS_PER_PIXEL 8
#define POINTS_MIN 3

const char *const vm_polar_kernels[] = {"area", "bilinear", NULL};

/* Pixels along each axis for 1/nm along each axis of the corrected k. */
static void PixelsOfK(const VmDetector *d, double to[2][2])
{
  const double xx = 1.0 + d->e[0], yy = 1.0 + d->e[1], xy = d->e[2], volume = xx * yy - xy * xy;
  to[0][0] = yy / volume / d->pitch[0];
  to[0][1] = -xy / volume / d->pitch[0];
  to[1][0] = -xy / volume / d->pitch[1];
  to[1][1] = xx / volume / d->pitch[1];
}

double VmDetectorReach(const VmDetector *detector)
{
  double reach = INFINITY, to[2][2];
  PixelsOfK(detector, to);
  for (int a = 0; a < 2; ++a) {
    const double pixels = hypot(to[a][0], to[a][1]);
    reach = fmin(reach, (detector->centre[a] + 0.5) / pixels);
    reach = fmin(reach, ((double)detector->det[a] - 0.5 - detector->centre[a]) / pixels);
  }
  return reach;
}

/* Weights of one bin while it is built: dense over the detector, with the list of touched pixels. */
typedef struct {
  double *weight; /* [det0*det1], zero outside touched */
  int32_t *touched;
  int64_t n;
  double on, all; /* weight on valid pixels, weight of all points */
} Bin;

static void BinAdd(const VmDetector *d, Bin *bin, int64_t i, int64_t j, double weight)
{
  if (i < 0 || j < 0 || i >= d->det[0] || j >= d->det[1] || weight <= 0.0) return;
  const int64_t p = i * d->det[1] + j;
  if (!d->valid[p]) return;
  if (bin->weight[p] == 0.0) bin->touched[bin->n++] = (int32_t)p;
  bin->weight[p] += weight;
  bin->on += weight;
}

/* floor without a call of the library. */
static int64_t Floor(double x)
{
  const int64_t whole = (int64_t)x;
  return whole - (x < (double)whole);
}

/* Points of one direction from `from` [pixels], at equal steps of r: all in the pixel they lie in. */
static void AreaPoints(const VmDetector *d, Bin *bin, const double from[2], const double along[2], double r,
                       double step, int n)
{
  const double edge[2] = {(double)d->det[0], (double)d->det[1]};
  for (int a = 0; a < n; ++a, r += step) {
    const double x = from[0] + 0.5 + r * along[0], y = from[1] + 0.5 + r * along[1];
    bin->all += r;
    if (!(x >= 0.0 && y >= 0.0 && x < edge[0] && y < edge[1])) continue;
    const int64_t p = (int64_t)x * d->det[1] + (int64_t)y;
    if (!d->valid[p]) continue;
    if (bin->weight[p] == 0.0) bin->touched[bin->n++] = (int32_t)p;
    bin->weight[p] += r;
    bin->on += r;
  }
}

/* The same, shared among the four pixels about each point. */
static void BilinearPoints(const VmDetector *d, Bin *bin, const double from[2], const double along[2], double r,
                           double step, int n)
{
  for (int a = 0; a < n; ++a, r += step) {
    const double x = from[0] + r * along[0], y = from[1] + r * along[1];
    const int64_t i = Floor(x), j = Floor(y);
    const double fx = x - (double)i, fy = y - (double)j;
    bin->all += r;
    BinAdd(d, bin, i, j, r * (1.0 - fx) * (1.0 - fy));
    BinAdd(d, bin, i, j + 1, r * (1.0 - fx) * fy);
    BinAdd(d, bin, i + 1, j, r * fx * (1.0 - fy));
    BinAdd(d, bin, i + 1, j + 1, r * fx * fy);
  }
}

static int PointsAcross(double pixels) { return (int)fmax(POINTS_MIN, ceil(POINTS_PER_PIXEL * pixels)); }

static void BinFill(const VmDetector *d, VmPolarKernel kernel, double k, double width, double theta, double span,
                    Bin *bin)
{
  const double pitch = fmin(d->pitch[0], d->pitch[1]), low = fmax(k - 0.5 * width, 0.0), high = k + 0.5 * width;
  const int nk = PointsAcross((high - low) / pitch), nt = PointsAcross(high * span / pitch);
  const double step = (high - low) / nk;
  double to[2][2];
  PixelsOfK(d, to);
  bin->n = 0;
  bin->on = bin->all = 0.0;
  const double turn_c = cos(span / nt), turn_s = sin(span / nt), start = theta + span * (0.5 / nt - 0.5);
  double c = cos(start), s = sin(start);
  for (int b = 0; b < nt; ++b) {
    const double along[2] = {to[0][0] * c + to[0][1] * s, to[1][0] * c + to[1][1] * s},
                 turned = c * turn_c - s * turn_s;
    if (kernel == VM_POLAR_AREA) AreaPoints(d, bin, d->centre, along, low + 0.5 * step, step, nk);
    else BilinearPoints(d, bin, d->centre, along, low + 0.5 * step, step, nk);
    s = s * turn_c + c * turn_s;
    c = turned;
  }
}

static PetscErrorCode GrowTo(int64_t need, int64_t *capacity, VmPolar polar)
{
  PetscFunctionBegin;
  if (need > *capacity) {
    *capacity = 2 * need;
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *polar->pixel, &polar->pixel));
    PetscCall(PetscRealloc((size_t)*capacity * sizeof *polar->weight, &polar->weight));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A grid with room for the bins, none of them filled yet. */
static PetscErrorCode GridCreate(int rings, const double *k, double width, int angles, VmPolar *polar)
{
  const size_t bins = (size_t)rings * (size_t)angles;
  VmPolar p;
  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->rings = rings;
  p->angles = angles;
  p->width = width;
  PetscCall(PetscMalloc1((size_t)rings, &p->k));
  PetscCall(PetscArraycpy(p->k, k, (size_t)rings));
  PetscCall(PetscCalloc1(bins, &p->valid));
  PetscCall(PetscCalloc1(bins + 1, &p->start));
  *polar = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fills bins [first, end); their entries start at 0. */
static PetscErrorCode FillBins(const VmDetector *detector, VmPolarKernel kernel, int64_t first, int64_t end, VmPolar p)
{
  const int64_t npix = detector->det[0] * detector->det[1];
  const double span = 2.0 * VM_PI / p->angles;
  int64_t capacity = 0, filled = 0;
  Bin bin = {0};
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)npix, &bin.weight));
  PetscCall(PetscMalloc1((size_t)npix, &bin.touched));
  PetscCall(GrowTo(4 * (end - first), &capacity, p));
  for (int64_t b = first; b < end; ++b) {
    BinFill(detector, kernel, p->k[b / p->angles], p->width, span * (double)(b % p->angles), span, &bin);
    p->valid[b] = bin.on >= 0.5 * bin.all;
    PetscCall(GrowTo(filled + bin.n, &capacity, p));
    for (int64_t t = 0; t < bin.n; ++t) {
      const int32_t pixel = bin.touched[t];
      if (p->valid[b]) {
        p->pixel[filled] = pixel;
        p->weight[filled++] = bin.weight[pixel] / bin.on;
      }
      bin.weight[pixel] = 0.0;
    }
    p->start[b + 1] = filled;
  }
  PetscCall(PetscFree(bin.weight));
  PetscCall(PetscFree(bin.touched));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPolarCreate(const VmDetector *detector, int rings, const double *k, double width, int angles,
                             VmPolarKernel kernel, VmPolar *polar)
{
  PetscFunctionBegin;
  PetscCall(GridCreate(rings, k, width, angles, polar));
  PetscCall(FillBins(detector, kernel, 0, (int64_t)rings * angles, *polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The bins of a rank: the work of a ring grows with its radius. */
static int64_t FirstBin(int64_t bins, int rank, int size)
{
  return (int64_t)((double)bins * sqrt((double)rank / (double)size) + 0.5);
}

/* All ranks get the bins of all. `counts`, `at` [size] are for the entries or bins of each rank. */
static PetscErrorCode ShareBins(MPI_Comm comm, VmPolar p, int rank, int size, int *counts, int *at)
{
  const int64_t bins = (int64_t)p->rings * p->angles;
  int32_t *pixel;
  double *weight;
  PetscMPIInt mine;
  PetscFunctionBegin;
  PetscCall(PetscMPIIntCast((PetscInt)p->start[FirstBin(bins, rank + 1, size)], &mine));
  for (int r = 0; r < size; ++r) {
    at[r] = (int)FirstBin(bins, r, size);
    counts[r] = (int)FirstBin(bins, r + 1, size) - at[r];
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_UINT8_T, p->valid, counts, at, MPI_UINT8_T, comm));
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_INT64_T, p->start + 1, counts, at, MPI_INT64_T, comm));
  PetscCallMPI(MPI_Allgather(&mine, 1, MPI_INT, counts, 1, MPI_INT, comm));
  int64_t entries = 0;
  for (int r = 0; r < size; ++r) {
    at[r] = (int)entries;
    for (int64_t b = FirstBin(bins, r, size); b < FirstBin(bins, r + 1, size); ++b) p->start[b + 1] += entries;
    entries += counts[r];
  }
  PetscCall(PetscMalloc1((size_t)entries, &pixel));
  PetscCall(PetscMalloc1((size_t)entries, &weight));
  PetscCallMPI(MPI_Allgatherv(p->pixel, mine, MPI_INT32_T, pixel, counts, at, MPI_INT32_T, comm));
  PetscCallMPI(MPI_Allgatherv(p->weight, mine, MPI_DOUBLE, weight, counts, at, MPI_DOUBLE, comm));
  PetscCall(PetscFree(p->pixel));
  PetscCall(PetscFree(p->weight));
  p->pixel = pixel;
  p->weight = weight;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPolarCreateShared(MPI_Comm comm, const VmDetector *detector, int rings, const double *k, double width,
                                   int angles, VmPolarKernel kernel, VmPolar *polar)
{
  const int64_t bins = (int64_t)rings * angles;
  int rank, size, *counts, *at;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(GridCreate(rings, k, width, angles, polar));
  PetscCall(FillBins(detector, kernel, FirstBin(bins, rank, size), FirstBin(bins, rank + 1, size), *polar));
  PetscCall(PetscMalloc2((size_t)size, &counts, (size_t)size, &at));
  PetscCall(ShareBins(comm, *polar, rank, size, counts, at));
  PetscCall(PetscFree2(counts, at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmPolarDestroy(VmPolar *polar)
{
  PetscFunctionBegin;
  if (!*polar) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*polar)->k));
  PetscCall(PetscFree((*polar)->valid));
  PetscCall(PetscFree((*polar)->start));
  PetscCall(PetscFree((*polar)->pixel));
  PetscCall(PetscFree((*polar)->weight));
  PetscCall(PetscFree(*polar));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define POLAR_APPLY(name, type)                                                                                        \
  void name(VmPolar polar, const type *values, double *samples)                                                        \
  {                                                                                                                    \
    const int64_t bins = (int64_t)polar->rings * polar->angles;                                                        \
    for (int64_t b = 0; b < bins; ++b) {                                                                               \
      double sum = 0.0;                                                                                                \
      for (int64_t e = polar->start[b]; e < polar->start[b + 1]; ++e)                                                  \
        sum += polar->weight[e] * (double)values[polar->pixel[e]];                                                     \
      samples[b] = sum;                                                                                                \
    }                                                                                                                  \
  }

POLAR_APPLY(VmPolarApply, float)
POLAR_APPLY(VmPolarApplyDouble, double)
