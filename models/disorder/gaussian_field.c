#include <vitromech/disorder.h>
#include <math.h>

PetscErrorCode VmGaussianField(VmGrid grid, double correlation_length, VmRngKey key, double *field)
{
  VmFft fft;
  const int64_t n0 = grid->n[0];

  PetscFunctionBegin;
  for (int64_t i = 0; i < grid->np; ++i) {
    double gauss[2];
    VmRngNormal2(key, (uint64_t)VmGridGlobal(grid, i), 0, gauss);
    field[i] = gauss[0];
  }
  if (correlation_length <= 0.0) PetscFunctionReturn(PETSC_SUCCESS);

  /* covariance exp(-r^2/(2 xi^2)) has the spectrum exp(-k^2 xi^2/2): white noise is filtered by its square root */
  PetscCall(VmFftCreate(grid, 1, &fft));
  VmFftPack(fft, 0, field);
  PetscCall(VmFftForward(fft, 1));
  double complex *mode = (double complex *)fft->work;
  double *filter[3], norm = 1.0;
  for (int d = 0; d < 3; ++d) {
    double sum = 0.0;
    PetscCall(PetscMalloc1((size_t)grid->n[d], &filter[d]));
    for (int64_t k = 0; k < grid->n[d]; ++k) {
      const double phase = 2.0 * VM_PI * (double)VmFftFrequency(k, grid->n[d]) / grid->length[d] * correlation_length;
      filter[d][k] = exp(-0.25 * phase * phase);
      sum += filter[d][k] * filter[d][k];
    }
    norm *= sum / (double)grid->n[d];
  }
  norm -= 1.0 / (double)grid->total; /* the mean is taken out */
  for (int64_t y = 0; y < grid->ny; ++y)
    for (int64_t x = 0; x < n0; ++x)
      for (int64_t z = 0; z < grid->nzc; ++z)
        mode[(y * n0 + x) * grid->nzc + z] *=
            x || y + grid->y0 || z ? filter[0][x] * filter[1][grid->y0 + y] * filter[2][z] : 0.0;
  PetscCall(VmFftBackward(fft, 1));
  VmFftUnpack(fft, 0, 1.0 / ((double)grid->total * sqrt(fmax(norm, 1e-300))), field);
  for (int d = 0; d < 3; ++d) PetscCall(PetscFree(filter[d]));
  PetscCall(VmFftDestroy(&fft));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Generate(VmGrid grid, const void *params, const char *base, double fraction,
                               double correlation_length, VmRngKey key, double *flow_unit)
{
  double *field;
  PetscFunctionBegin;
  (void)params, (void)base;
  PetscCall(PetscMalloc1((size_t)grid->np, &field));
  PetscCall(VmGaussianField(grid, correlation_length, key, field));
  PetscCall(VmThresholdCount(grid, field, llround(fraction * (double)grid->total), flow_unit));
  PetscCall(PetscFree(field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Measured on 96^3 voxels with six neighbours; 0.3116 is the site threshold of the simple cubic lattice. */
static double Threshold(double correlation_length, double spacing)
{
  static const double xi[] = {0.0, 1.0, 1.5, 6.0}, threshold[] = {0.3116, 0.173, 0.138, 0.125};
  const double x = correlation_length / spacing;
  for (int i = 1; i < 4; ++i)
    if (x <= xi[i]) return threshold[i - 1] + (threshold[i] - threshold[i - 1]) * (x - xi[i - 1]) / (xi[i] - xi[i - 1]);
  return threshold[3];
}

const VmDisorderOps vm_disorder_gaussian_field = {
    .head = {.name = "gaussian_field",
             .doc = "the highest voxels of a Gaussian random field of covariance exp(-r^2/(2 xi^2)); xi = 0: "
                    "independent voxels",
             .source = "Adler, The Geometry of Random Fields (1981)"},
    .generate = Generate,
    .threshold = Threshold};
