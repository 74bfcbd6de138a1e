/* Two-dimensional transforms of planes, a global transposition x <-> y, one-dimensional transforms along x.
 *
 * Rows of even length n are transformed as h = n/2 complex numbers, which FFTW does in vectors of several rows (real
 * rows it does one by one), and then separated: X_k = E_k + w^k O_k, X_(h-k) = conj(E_k - w^k O_k), where E and i O,
 * the transforms of the even and i times the odd points, are the hermitian and antihermitian parts of the complex
 * transform and w = exp(-2 pi i/n). */
#include <vitromech/fft.h>
#include <vitromech/simd.h>
#include <fftw3-mpi.h>
#include <math.h>
#include <string.h>

/* Each transform is one plan for one plane, executed on every local plane: FFTW may choose another algorithm (and other
 * last bits) for another number of planes. Every plane starts at a multiple of 16 bytes, the alignment FFTW asks for.
 */
typedef struct {
  fftw_plan rows_forward, rows_backward;       /* n1 rows: n2/2 complex in place; n2 odd: n2 real <-> nzc complex */
  fftw_plan columns_forward, columns_backward; /* columns of n1 complex in [n1][nzc] */
  fftw_plan swap_forward, swap_backward;       /* [n0][n1] <-> [n1][n0] tuples of nzc complex, distributed */
  fftw_plan lines_forward, lines_backward;     /* lines of n0 complex in [n0][nzc] */
  double *turn;                                /* cos, then sin of 2 pi k/n2, [2][n2/4 + 1] */
} Plans;

static int64_t PlaneSize(VmGrid grid) { return grid->n[1] * 2 * grid->nzc; }
static int64_t SlabSize(VmGrid grid) { return grid->n[0] * 2 * grid->nzc; }

/* Complex transforms of a plane of modes: `count` of them, of `n` points `stride` apart, starting `next` apart. */
static fftw_plan Many(VmFft fft, int64_t n, int64_t count, int64_t stride, int64_t next, int sign)
{
  const int length[1] = {(int)n};
  fftw_complex *modes = (fftw_complex *)fft->work;
  return fftw_plan_many_dft(1, length, (int)count, modes, NULL, (int)stride, (int)next, modes, NULL, (int)stride,
                            (int)next, sign, FFTW_ESTIMATE);
}

static void PlanRows(VmFft fft, Plans *plans)
{
  const VmGrid grid = fft->grid;
  const int row = (int)grid->nzc, length[1] = {(int)grid->n[2]}, count = (int)grid->n[1];
  fftw_complex *modes = (fftw_complex *)fft->work;
  if (length[0] % 2 == 0) {
    plans->rows_forward = Many(fft, length[0] / 2, count, 1, row, FFTW_FORWARD);
    plans->rows_backward = Many(fft, length[0] / 2, count, 1, row, FFTW_BACKWARD);
  } else {
    plans->rows_forward =
        fftw_plan_many_dft_r2c(1, length, count, fft->work, NULL, 1, 2 * row, modes, NULL, 1, row, FFTW_ESTIMATE);
    plans->rows_backward =
        fftw_plan_many_dft_c2r(1, length, count, modes, NULL, 1, row, fft->work, NULL, 1, 2 * row, FFTW_ESTIMATE);
  }
}

static PetscErrorCode CreatePlans(VmFft fft, Plans *plans)
{
  const VmGrid grid = fft->grid;
  const ptrdiff_t n0 = (ptrdiff_t)grid->n[0], n1 = (ptrdiff_t)grid->n[1], tuple = (ptrdiff_t)(2 * grid->nzc);
  const ptrdiff_t block = FFTW_MPI_DEFAULT_BLOCK;
  const int64_t quarter = grid->n[2] / 4 + 1;

  PetscFunctionBegin;
  PlanRows(fft, plans);
  plans->columns_forward = Many(fft, n1, grid->nzc, grid->nzc, 1, FFTW_FORWARD);
  plans->columns_backward = Many(fft, n1, grid->nzc, grid->nzc, 1, FFTW_BACKWARD);
  plans->lines_forward = Many(fft, n0, grid->nzc, grid->nzc, 1, FFTW_FORWARD);
  plans->lines_backward = Many(fft, n0, grid->nzc, grid->nzc, 1, FFTW_BACKWARD);
  plans->swap_forward =
      fftw_mpi_plan_many_transpose(n0, n1, tuple, block, block, fft->work, fft->work, grid->comm, FFTW_ESTIMATE);
  plans->swap_backward =
      fftw_mpi_plan_many_transpose(n1, n0, tuple, block, block, fft->work, fft->work, grid->comm, FFTW_ESTIMATE);
  VmAssert(plans->rows_forward && plans->rows_backward && plans->columns_forward && plans->columns_backward);
  VmAssert(plans->lines_forward && plans->lines_backward && plans->swap_forward && plans->swap_backward);
  PetscCall(PetscMalloc1((size_t)(2 * quarter), &plans->turn));
  for (int64_t k = 0; k < quarter; ++k) {
    plans->turn[k] = cos(2.0 * VM_PI * (double)k / (double)grid->n[2]);
    plans->turn[quarter + k] = sin(2.0 * VM_PI * (double)k / (double)grid->n[2]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftCreate(VmGrid grid, int ncomp, VmFft *fft)
{
  const ptrdiff_t matrix[2] = {(ptrdiff_t)grid->n[0], (ptrdiff_t)grid->n[1]}, block = FFTW_MPI_DEFAULT_BLOCK;
  ptrdiff_t nx, x0, ny, y0;
  Plans *plans;
  VmFft f;

  PetscFunctionBegin;
  *fft = NULL;
  PetscCall(PetscNew(&f));
  f->grid = grid;
  f->ncomp = ncomp;

  int64_t room = fftw_mpi_local_size_many_transposed(2, matrix, (ptrdiff_t)(2 * grid->nzc), block, block, grid->comm,
                                                     &nx, &x0, &ny, &y0);
  VmAssert(nx == grid->nx && ny == grid->ny);
  room = PetscMax(room, PetscMax(grid->nx * PlaneSize(grid), grid->ny * SlabSize(grid)));
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
    const fftw_plan all[] = {plans->rows_forward, plans->rows_backward, plans->columns_forward, plans->columns_backward,
                             plans->swap_forward, plans->swap_backward, plans->lines_forward,   plans->lines_backward};
    for (size_t p = 0; p < sizeof all / sizeof *all; ++p) fftw_destroy_plan(all[p]);
    PetscCall(PetscFree(plans->turn));
    PetscCall(PetscFree(plans));
    free((*fft)->work);
    PetscCall(PetscFree(*fft));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the transform of n/2 complex numbers to modes 0 ... n/2 of the n real ones, row by row. */
VM_SIMD_CLONES static void Separate(int64_t n, int64_t rows, int64_t row, const double *turn, double *restrict work)
{
  const int64_t half = n / 2;
  const double *cosine = turn, *sine = turn + n / 4 + 1;
  for (int64_t r = 0; r < rows; ++r) {
    double *low = work + r * 2 * row, *high = low + 2 * half;
    const double re = low[0], im = low[1];
    low[0] = re + im;
    high[0] = re - im;
    low[1] = high[1] = 0;
    VM_NO_OVERLAP
    for (int64_t k = 1; k < (half + 1) / 2; ++k) {
      const double a = low[2 * k], b = low[2 * k + 1], c = high[-2 * k], d = high[-2 * k + 1];
      const double even_re = 0.5 * (a + c), even_im = 0.5 * (b - d);
      const double odd_re = 0.5 * (b + d), odd_im = 0.5 * (c - a);
      const double t_re = cosine[k] * odd_re + sine[k] * odd_im, t_im = cosine[k] * odd_im - sine[k] * odd_re;
      low[2 * k] = even_re + t_re;
      low[2 * k + 1] = even_im + t_im;
      high[-2 * k] = even_re - t_re;
      high[-2 * k + 1] = t_im - even_im;
    }
    if (half % 2 == 0) low[half + 1] = -low[half + 1];
  }
}

/* The reverse, times two. */
VM_SIMD_CLONES static void Unite(int64_t n, int64_t rows, int64_t row, const double *turn, double *restrict work)
{
  const int64_t half = n / 2;
  const double *cosine = turn, *sine = turn + n / 4 + 1;
  for (int64_t r = 0; r < rows; ++r) {
    double *low = work + r * 2 * row, *high = low + 2 * half;
    const double first = low[0], last = high[0];
    low[0] = first + last;
    low[1] = first - last;
    VM_NO_OVERLAP
    for (int64_t k = 1; k < (half + 1) / 2; ++k) {
      const double a = low[2 * k], b = low[2 * k + 1], c = high[-2 * k], d = high[-2 * k + 1];
      const double even_re = a + c, even_im = b - d, t_re = a - c, t_im = b + d;
      const double odd_re = cosine[k] * t_re - sine[k] * t_im, odd_im = cosine[k] * t_im + sine[k] * t_re;
      low[2 * k] = even_re - odd_im;
      low[2 * k + 1] = even_im + odd_re;
      high[-2 * k] = even_re + odd_im;
      high[-2 * k + 1] = odd_re - even_im;
    }
    if (half % 2 == 0) {
      low[half] = 2 * low[half];
      low[half + 1] = -2 * low[half + 1];
    }
  }
}

static void PlaneForward(VmFft fft, double *work)
{
  const Plans *plans = fft->plans;
  const VmGrid grid = fft->grid;
  fftw_complex *modes = (fftw_complex *)work;
  if (grid->n[2] % 2 == 0) {
    fftw_execute_dft(plans->rows_forward, modes, modes);
    Separate(grid->n[2], grid->n[1], grid->nzc, plans->turn, work);
  } else {
    fftw_execute_dft_r2c(plans->rows_forward, work, modes);
  }
  fftw_execute_dft(plans->columns_forward, modes, modes);
}

static void PlaneBackward(VmFft fft, double *work)
{
  const Plans *plans = fft->plans;
  const VmGrid grid = fft->grid;
  fftw_complex *modes = (fftw_complex *)work;
  fftw_execute_dft(plans->columns_backward, modes, modes);
  if (grid->n[2] % 2 == 0) {
    Unite(grid->n[2], grid->n[1], grid->nzc, plans->turn, work);
    fftw_execute_dft(plans->rows_backward, modes, modes);
  } else {
    fftw_execute_dft_c2r(plans->rows_backward, modes, work);
  }
}

/* Between planes of voxels and planes of modes that are still points along x. */
static void PlanesForward(VmFft fft, int n)
{
  const Plans *plans = fft->plans;
  for (int c = 0; c < n; ++c) {
    double *work = fft->work + c * fft->stride;
    for (int64_t x = 0; x < fft->grid->nx; ++x) PlaneForward(fft, work + x * PlaneSize(fft->grid));
    fftw_mpi_execute_r2r(plans->swap_forward, work, work);
  }
}

static void PlanesBackward(VmFft fft, int n)
{
  const Plans *plans = fft->plans;
  for (int c = 0; c < n; ++c) {
    double *work = fft->work + c * fft->stride;
    fftw_mpi_execute_r2r(plans->swap_backward, work, work);
    for (int64_t x = 0; x < fft->grid->nx; ++x) PlaneBackward(fft, work + x * PlaneSize(fft->grid));
  }
}

/* Along x, in plane y of modes of every component. */
static void Lines(VmFft fft, int n, int64_t y, fftw_plan plan)
{
  for (int c = 0; c < n; ++c) {
    fftw_complex *modes = (fftw_complex *)(fft->work + c * fft->stride + y * SlabSize(fft->grid));
    fftw_execute_dft(plan, modes, modes);
  }
}

PetscErrorCode VmFftForward(VmFft fft, int n)
{
  const Plans *plans = fft->plans;
  PetscFunctionBegin;
  VmAssert(n <= fft->ncomp);
  PlanesForward(fft, n);
  for (int64_t y = 0; y < fft->grid->ny; ++y) Lines(fft, n, y, plans->lines_forward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftBackward(VmFft fft, int n)
{
  const Plans *plans = fft->plans;
  PetscFunctionBegin;
  VmAssert(n <= fft->ncomp);
  for (int64_t y = 0; y < fft->grid->ny; ++y) Lines(fft, n, y, plans->lines_backward);
  PlanesBackward(fft, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmFftFilter(VmFft fft, int n, void (*filter)(int64_t y, void *context), void *context)
{
  const Plans *plans = fft->plans;
  PetscFunctionBegin;
  VmAssert(n <= fft->ncomp);
  PlanesForward(fft, n);
  for (int64_t y = 0; y < fft->grid->ny; ++y) {
    Lines(fft, n, y, plans->lines_forward);
    filter(y, context);
    Lines(fft, n, y, plans->lines_backward);
  }
  PlanesBackward(fft, n);
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
