/* Two-dimensional transforms of planes, a global transposition x <-> y, one-dimensional transforms along x. */
#include <vitromech/fft.h>
#include <fftw3-mpi.h>
#include <string.h>

/* Each transform is one plan for one plane, executed on every local plane: FFTW may choose another algorithm (and other
 * last bits) for another number of planes. Every plane starts at a multiple of 16 bytes, the alignment FFTW asks for.
 */
typedef struct {
  fftw_plan plane_forward, plane_backward; /* [n1][n2] real <-> [n1][nzc] complex, in place */
  fftw_plan swap_forward, swap_backward;   /* [n0][n1] <-> [n1][n0] tuples of nzc complex, distributed */
  fftw_plan line_forward, line_backward;   /* nzc lines of n0 complex in [n0][nzc] */
} Plans;

static int64_t PlaneDoubles(VmGrid grid) { return grid->n[1] * 2 * grid->nzc; }
static int64_t SlabDoubles(VmGrid grid) { return grid->n[0] * 2 * grid->nzc; }

static PetscErrorCode CreatePlans(VmFft fft, Plans *plans)
{
  const VmGrid grid = fft->grid;
  fftw_complex *modes = (fftw_complex *)fft->work;
  const int plane[2] = {(int)grid->n[1], (int)grid->n[2]}, line[1] = {(int)grid->n[0]};
  const int nzc = (int)grid->nzc;
  const ptrdiff_t n0 = (ptrdiff_t)grid->n[0], n1 = (ptrdiff_t)grid->n[1], tuple = (ptrdiff_t)(2 * grid->nzc);
  const ptrdiff_t block = FFTW_MPI_DEFAULT_BLOCK;

  PetscFunctionBegin;
  plans->plane_forward = fftw_plan_dft_r2c(2, plane, fft->work, modes, FFTW_ESTIMATE);
  plans->plane_backward = fftw_plan_dft_c2r(2, plane, modes, fft->work, FFTW_ESTIMATE);
  plans->line_forward =
      fftw_plan_many_dft(1, line, nzc, modes, NULL, nzc, 1, modes, NULL, nzc, 1, FFTW_FORWARD, FFTW_ESTIMATE);
  plans->line_backward =
      fftw_plan_many_dft(1, line, nzc, modes, NULL, nzc, 1, modes, NULL, nzc, 1, FFTW_BACKWARD, FFTW_ESTIMATE);
  plans->swap_forward =
      fftw_mpi_plan_many_transpose(n0, n1, tuple, block, block, fft->work, fft->work, grid->comm, FFTW_ESTIMATE);
  plans->swap_backward =
      fftw_mpi_plan_many_transpose(n1, n0, tuple, block, block, fft->work, fft->work, grid->comm, FFTW_ESTIMATE);
  VmAssert(plans->plane_forward && plans->plane_backward && plans->line_forward && plans->line_backward);
  VmAssert(plans->swap_forward && plans->swap_backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftCreate(VmGrid grid, int ncomp, VmFft *fft)
{
  const ptrdiff_t matrix[2] = {(ptrdiff_t)grid->n[0], (ptrdiff_t)grid->n[1]};
  ptrdiff_t nx, x0, ny, y0;
  Plans *plans;
  VmFft f;

  PetscFunctionBegin;
  *fft = NULL;
  PetscCall(PetscNew(&f));
  f->grid = grid;
  f->ncomp = ncomp;

  int64_t room = fftw_mpi_local_size_many_transposed(2, matrix, (ptrdiff_t)(2 * grid->nzc), FFTW_MPI_DEFAULT_BLOCK,
                                                     FFTW_MPI_DEFAULT_BLOCK, grid->comm, &nx, &x0, &ny, &y0);
  VmAssert(nx == grid->nx && ny == grid->ny);
  room = PetscMax(room, PetscMax(grid->nx * PlaneDoubles(grid), grid->ny * SlabDoubles(grid)));
  f->stride = PetscMax((room + 7) / 8 * 8, 8);

  const size_t bytes = (size_t)ncomp * (size_t)f->stride * sizeof(double);
  f->work = aligned_alloc(64, bytes);
  int missing = !f->work, any;
  PetscCallMPI(MPI_Allreduce(&missing, &any, 1, MPI_INT, MPI_MAX, grid->comm));
  PetscCheck(!any, grid->comm, PETSC_ERR_MEM, "no memory for the transforms of %lld voxels", (long long)grid->total);
  memset(f->work, 0, bytes);

  PetscCall(PetscNew(&plans));
  f->plans = plans;
  PetscCall(CreatePlans(f, plans));
  *fft = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftDestroy(VmFft *fft)
{
  PetscFunctionBegin;
  if (*fft) {
    Plans *plans = (*fft)->plans;
    fftw_destroy_plan(plans->plane_forward);
    fftw_destroy_plan(plans->plane_backward);
    fftw_destroy_plan(plans->swap_forward);
    fftw_destroy_plan(plans->swap_backward);
    fftw_destroy_plan(plans->line_forward);
    fftw_destroy_plan(plans->line_backward);
    PetscCall(PetscFree(plans));
    free((*fft)->work);
    PetscCall(PetscFree(*fft));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftForward(VmFft fft, int n)
{
  const VmGrid grid = fft->grid;
  const Plans *plans = fft->plans;
  const int64_t plane = PlaneDoubles(grid), slab = SlabDoubles(grid);

  PetscFunctionBegin;
  VmAssert(n <= fft->ncomp);
  for (int c = 0; c < n; ++c) {
    double *work = fft->work + c * fft->stride;
    for (int64_t x = 0; x < grid->nx; ++x) {
      fftw_execute_dft_r2c(plans->plane_forward, work + x * plane, (fftw_complex *)(work + x * plane));
    }
    fftw_mpi_execute_r2r(plans->swap_forward, work, work);
    for (int64_t y = 0; y < grid->ny; ++y) {
      fftw_complex *modes = (fftw_complex *)(work + y * slab);
      fftw_execute_dft(plans->line_forward, modes, modes);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftBackward(VmFft fft, int n)
{
  const VmGrid grid = fft->grid;
  const Plans *plans = fft->plans;
  const int64_t plane = PlaneDoubles(grid), slab = SlabDoubles(grid);

  PetscFunctionBegin;
  VmAssert(n <= fft->ncomp);
  for (int c = 0; c < n; ++c) {
    double *work = fft->work + c * fft->stride;
    for (int64_t y = 0; y < grid->ny; ++y) {
      fftw_complex *modes = (fftw_complex *)(work + y * slab);
      fftw_execute_dft(plans->line_backward, modes, modes);
    }
    fftw_mpi_execute_r2r(plans->swap_backward, work, work);
    for (int64_t x = 0; x < grid->nx; ++x) {
      fftw_execute_dft_c2r(plans->plane_backward, (fftw_complex *)(work + x * plane), work + x * plane);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmFftPack(VmFft fft, int c, const double *field)
{
  const int64_t n2 = fft->grid->n[2], row = 2 * fft->grid->nzc, rows = fft->grid->nx * fft->grid->n[1];
  double *work = fft->work + c * fft->stride;
  for (int64_t r = 0; r < rows; ++r) memcpy(work + r * row, field + r * n2, (size_t)n2 * sizeof(double));
}

void VmFftUnpack(VmFft fft, int c, double factor, double *field)
{
  const int64_t n2 = fft->grid->n[2], row = 2 * fft->grid->nzc, rows = fft->grid->nx * fft->grid->n[1];
  const double *work = fft->work + c * fft->stride;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t z = 0; z < n2; ++z) field[r * n2 + z] = factor * work[r * row + z];
  }
}
