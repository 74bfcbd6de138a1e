/* ranks: 1; timeout: 180; links: vm_analysis */
#include "vm_test.h"
#include "analysis/atoms/debye.h"
#include "glass_block.h"
#include <vitromech/scatter.h>
#include <complex.h>
#include <fftw3.h>

/* A mosaic of a glass against equal copies of it: nothing repeats, the density is kept, seams scatter little. */
enum { N = 240, HALF = N / 2 + 1, COPIES = 3, BINS = 300 };
#define EDGE 5.83878 /* nm, of the tile */
#define BIN 0.02     /* 1/nm */

typedef struct {
  int64_t atoms;
  double at_tile, largest_at_tile; /* power at the tile's lattice vectors over that of their shells: mean, largest */
  int64_t vectors;                 /* independent ones */
  double small_angle;              /* mean S(k) between 0.7 and 2.0 1/nm */
  double smooth[BINS];             /* S(k), pairs up to half a tile */
} Spectrum;

static int64_t Wave(int64_t i) { return i > N / 2 ? i - N : i; }

/* Shares every atom among the eight nearest grid points. */
static double Deposit(const VmAtoms *atoms, double *grid)
{
  const double *const r[3] = {atoms->x, atoms->y, atoms->z};
  double square = 0.0;
  memset(grid, 0, sizeof(double) * N * N * N);
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double f = VmScatteringFactor(atoms->number[atoms->species[i]], 4.2);
    int64_t at[3];
    double part[3];
    square += f * f;
    for (int d = 0; d < 3; ++d) {
      const double x = r[d][i] / atoms->cell[d][d] * N, whole = floor(x);
      part[d] = x - whole;
      at[d] = (((int64_t)whole % N) + N) % N;
    }
    for (int corner = 0; corner < 8; ++corner) {
      int64_t index = 0;
      double share = f;
      for (int d = 0; d < 3; ++d) {
        const int up = corner >> d & 1;
        share *= up ? part[d] : 1.0 - part[d];
        index = index * N + (at[d] + up) % N;
      }
      grid[index] += share;
    }
  }
  return square;
}

/* Transform of the sharing, squared twice. */
static double Sharing(int64_t wave)
{
  const double x = VM_PI * (double)wave / N, s = wave == 0 ? 1.0 : sin(x) / x;
  return s * s * s * s;
}

static void Radial(const double complex *modes, double edge, double *mean, double *weight)
{
  memset(mean, 0, BINS * sizeof *mean);
  memset(weight, 0, BINS * sizeof *weight);
  for (int64_t m = 1; m < (int64_t)N * N * HALF; ++m) {
    const int64_t w[3] = {Wave(m / (N * HALF)), Wave(m / HALF % N), m % HALF};
    const int bin = (int)(sqrt((double)(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])) / edge / BIN);
    if (bin >= BINS) continue;
    const double twice = w[2] == 0 ? 1.0 : 2.0;
    mean[bin] += twice * creal(modes[m]);
    weight[bin] += twice;
  }
  for (int b = 0; b < BINS; ++b) mean[b] /= fmax(weight[b], 1.0);
}

static void LookAtTile(const double complex *power, double edge, const double *mean, Spectrum *s)
{
  s->at_tile = s->largest_at_tile = 0.0;
  s->vectors = 0;
  for (int64_t m = 1; m < (int64_t)N * N * HALF; ++m) {
    const int64_t w[3] = {Wave(m / (N * HALF)), Wave(m / HALF % N), m % HALF};
    const double k = sqrt((double)(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])) / edge;
    if (k > 5.0 || w[0] % COPIES || w[1] % COPIES || w[2] % COPIES) continue;
    const double over = creal(power[m]) / mean[(int)(k / BIN)];
    s->at_tile += over;
    s->largest_at_tile = fmax(s->largest_at_tile, over);
    ++s->vectors;
  }
  s->at_tile /= (double)s->vectors;
}

static void Measure(const VmAtoms *atoms, Spectrum *s)
{
  const double edge = atoms->cell[0][0], reach = 0.5 * EDGE;
  double *grid = fftw_alloc_real(N * N * N), mean[BINS], weight[BINS], n = 0.0;
  double complex *modes = fftw_alloc_complex(N * N * HALF);
  fftw_plan forward = fftw_plan_dft_r2c_3d(N, N, N, grid, modes, FFTW_ESTIMATE);
  fftw_plan backward = fftw_plan_dft_c2r_3d(N, N, N, modes, grid, FFTW_ESTIMATE);

  s->atoms = atoms->n;
  const double square = Deposit(atoms, grid);
  fftw_execute(forward);
  for (int64_t m = 0; m < (int64_t)N * N * HALF; ++m) {
    const double sharing = Sharing(Wave(m / (N * HALF))) * Sharing(Wave(m / HALF % N)) * Sharing(m % HALF);
    modes[m] = creal(modes[m] * conj(modes[m])) / square / sharing;
  }
  modes[0] = 0.0;
  Radial(modes, edge, mean, weight);
  s->small_angle = 0.0;
  for (int b = (int)(0.7 / BIN); b < (int)(2.0 / BIN); ++b) {
    s->small_angle += mean[b] * weight[b];
    n += weight[b];
  }
  s->small_angle /= n;
  LookAtTile(modes, edge, mean, s);
  fftw_execute(backward);
  for (int64_t p = 0; p < (int64_t)N * N * N; ++p) {
    const double x = (double)Wave(p / (N * N)), y = (double)Wave(p / N % N), z = (double)Wave(p % N);
    const double t = VM_PI * sqrt(x * x + y * y + z * z) * edge / N / reach;
    grid[p] *= (t >= VM_PI ? 0.0 : t > 0.0 ? sin(t) / t : 1.0) / ((double)N * N * N);
  }
  fftw_execute(forward);
  Radial(modes, edge, s->smooth, weight);
  fftw_destroy_plan(forward);
  fftw_destroy_plan(backward);
  fftw_free(grid);
  fftw_free(modes);
}

static PetscErrorCode Build(const char *tiling, Spectrum *s)
{
  const char *source = getenv("VM_SOURCE_DIR");
  char yaml[4096];
  VmAtoms atoms = {0};

  PetscFunctionBegin;
  snprintf(yaml, sizeof yaml,
           "{structure: %s/inputs/glasses/zr50cu35al15_10976.xyz.gz, size: [%.5f nm, %.5f nm, %.5f nm], tiling: %s}",
           source ? source : ".", COPIES * EDGE, COPIES * EDGE, COPIES * EDGE, tiling);
  PetscCall(GlassOfBlock(PETSC_COMM_WORLD, yaml, 3, NULL, &atoms));
  Measure(&atoms, s);
  printf("%s: %lld atoms, power at the tile's vectors %.3f (largest %.1f of %lld), S(0.7 to 2 1/nm) %.4f\n", tiling,
         (long long)s->atoms, s->at_tile, s->largest_at_tile, (long long)s->vectors, s->small_angle);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double PeakHeight(const Spectrum *s)
{
  double height = 0.0;
  for (int b = (int)(3.0 / BIN); b < (int)(5.0 / BIN); ++b) height = fmax(height, s->smooth[b]);
  return height;
}

static PetscErrorCode Run(void)
{
  double k[BINS];
  Spectrum copies, mosaic;

  PetscFunctionBegin;
  for (int b = 0; b < BINS; ++b) k[b] = (b + 0.5) * BIN;
  PetscCall(Build("copies", &copies));
  PetscCall(Build("mosaic", &mosaic));
  const double vectors = (double)mosaic.vectors;
  VmExpect(copies.at_tile > 20.0, "copies have no Bragg peaks: %g", copies.at_tile);
  VmExpectNear(mosaic.at_tile, 1.0, 5.0 / sqrt(0.5 * vectors));
  VmExpect(mosaic.largest_at_tile < log(vectors) + 6.0, "a peak of %g times the speckle", mosaic.largest_at_tile);
  VmExpectNear((double)mosaic.atoms / (double)copies.atoms, 1.0, 1e-4);
  VmExpect(mosaic.small_angle < copies.small_angle + 0.015, "seams scatter %g to small angles",
           mosaic.small_angle - copies.small_angle);
  const double peak = VmFirstPeak(BINS, k, mosaic.smooth), wanted = VmFirstPeak(BINS, k, copies.smooth);
  const double height = PeakHeight(&mosaic) / PeakHeight(&copies);
  VmFigure("first peak [1/nm]", peak);
  VmFigure("of copies", wanted);
  VmFigure("its height over that of copies", height);
  VmExpectNear(peak, wanted, 0.02);
  VmExpectNear(height, 1.0, 0.06); /* a third of the pairs 1 nm apart lie on both sides of a seam */
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
