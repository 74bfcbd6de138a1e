#include <vitromech/mech.h>
#include <vitromech/simd.h>

struct VmKernel_s {
  VmGrid grid;
  int64_t half[3]; /* n/2 + 1 offsets of the octant along each axis */
  double *octant;  /* [half0][half1][6 stress][6 eigenstrain][half2] GPa per unit eigenstrain */
  double *row;     /* [3][half2] and [n2]: even and odd part of a line and the line */
};

VmGrid VmGreenGrid(VmGreen green);

/* Parity of the number of indices `axis` in component c. */
static int Parity(int c, int axis) { return (vm_voigt_pair[c][0] == axis) ^ (vm_voigt_pair[c][1] == axis); }

static int64_t KernelSize(const int64_t n[3]) { return (n[0] / 2 + 1) * (n[1] / 2 + 1) * (n[2] / 2 + 1) * 36; }

int64_t VmKernelBytes(const int64_t n[3]) { return KernelSize(n) * (int64_t)sizeof(double); }

/* Copies the local planes of the response [6][np] to unit eigenstrain d into the octant. */
static void StoreResponse(VmKernel kernel, int d, const double *response)
{
  VmGrid grid = kernel->grid;
  const int64_t n1 = grid->n[1], n2 = grid->n[2];
  for (int64_t x = 0; x < grid->nx && grid->x0 + x < kernel->half[0]; ++x)
    for (int64_t y = 0; y < kernel->half[1]; ++y)
      for (int c = 0; c < 6; ++c)
        for (int64_t z = 0; z < kernel->half[2]; ++z)
          kernel->octant[((((grid->x0 + x) * kernel->half[1] + y) * 6 + c) * 6 + d) * kernel->half[2] + z] =
              response[c * grid->np + (x * n1 + y) * n2 + z];
}

PetscErrorCode VmKernelCreate(VmGreen green, VmKernel *out)
{
  VmGrid grid = VmGreenGrid(green);
  VmKernel kernel;
  double *eigenstrain, *response;

  PetscFunctionBegin;
  PetscCall(PetscNew(&kernel));
  kernel->grid = grid;
  for (int d = 0; d < 3; ++d) kernel->half[d] = grid->n[d] / 2 + 1;
  PetscCall(PetscCalloc1((size_t)KernelSize(grid->n), &kernel->octant));
  PetscCall(PetscMalloc1((size_t)(2 * kernel->half[2] + grid->n[2]), &kernel->row));
  PetscCall(PetscMalloc2((size_t)(6 * grid->np), &eigenstrain, (size_t)(6 * grid->np), &response));
  for (int d = 0; d < 6; ++d) {
    for (int64_t i = 0; i < 6 * grid->np; ++i) eigenstrain[i] = 0.0;
    if (grid->x0 == 0 && grid->np) eigenstrain[d * grid->np] = 1.0;
    PetscCall(VmGreenStress(green, eigenstrain, response));
    StoreResponse(kernel, d, response);
  }
  PetscCall(PetscFree2(eigenstrain, response));

  /* every plane has one owner: broadcasting plane by plane gives the whole octant to all ranks */
  const int64_t plane = KernelSize(grid->n) / kernel->half[0];
  for (int64_t x = 0; x < kernel->half[0]; ++x)
    PetscCallMPI(
        MPI_Bcast(kernel->octant + x * plane, (PetscMPIInt)plane, MPI_DOUBLE, VmGridOwner(grid, x), grid->comm));
  *out = kernel;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKernelDestroy(VmKernel *kernel)
{
  PetscFunctionBegin;
  if (!*kernel) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*kernel)->octant));
  PetscCall(PetscFree((*kernel)->row));
  PetscCall(PetscFree(*kernel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Octant index and sign of a periodic offset. */
static int64_t Fold(int64_t offset, int64_t n, double *sign)
{
  const int64_t wrapped = ((offset % n) + n) % n;
  *sign = wrapped > n / 2 ? -1.0 : 1.0;
  return wrapped > n / 2 ? n - wrapped : wrapped;
}

/* Components with an even and with an odd number of indices z. */
static const int even_z[4] = {VM_XX, VM_YY, VM_ZZ, VM_XY}, odd_z[2] = {VM_YZ, VM_XZ};

/* Adds to a row along z the stress of one component: rows of the octant, one per component of the eigenstrain, times
 * their factors. part [2][half] is scratch: what is even in z, and what is odd. */
VM_SIMD_CLONES
static void AddLine(int64_t half, int64_t n2, const double *restrict rows, const double factor[6], bool odd,
                    int64_t source, double *restrict part, double *restrict line, double *restrict row)
{
  double *restrict same = part + (odd ? half : 0), *restrict other = part + (odd ? 0 : half);
  for (int64_t z = 0; z < half; ++z) {
    same[z] = (factor[even_z[0]] * rows[even_z[0] * half + z] + factor[even_z[1]] * rows[even_z[1] * half + z]) +
              (factor[even_z[2]] * rows[even_z[2] * half + z] + factor[even_z[3]] * rows[even_z[3] * half + z]);
    other[z] = factor[odd_z[0]] * rows[odd_z[0] * half + z] + factor[odd_z[1]] * rows[odd_z[1] * half + z];
  }
  for (int64_t z = 0; z < half; ++z) line[z] = part[z] + part[half + z];
  for (int64_t z = half; z < n2; ++z) line[z] = part[n2 - z] - part[half + n2 - z];
  for (int64_t z = source; z < n2; ++z) row[z] += line[z - source];
  for (int64_t z = 0; z < source; ++z) row[z] += line[z - source + n2];
}

/* Both places of an axis at a distance from the source; the second is -1 if it is the first. */
static void Places(int64_t source, int64_t distance, int64_t n, int64_t at[2])
{
  at[0] = (source + distance) % n, at[1] = (source - distance + n) % n;
  if (at[1] == at[0]) at[1] = -1;
}

/* Asks memory for a row ahead of its use. */
static void Prefetch(const double *row, int64_t n2)
{
  enum { LINE = 8 };
  for (int64_t z = 0; z < n2; z += LINE) __builtin_prefetch(row + z, 1);
}

/* Adds the stress to the row (x, y) that lies at offsets of the signs sx, sy from the source; block: the octant there;
 * next: the row that comes after it. */
static void AddRow(VmKernel kernel, const double *block, const double eigenstrain[6], const double sign[2],
                   int64_t source, double *row, const double *next)
{
  const VmGrid grid = kernel->grid;
  const int64_t half = kernel->half[2];
  for (int c = 0; c < 6; ++c) {
    double factor[6];
    for (int d = 0; d < 6; ++d)
      factor[d] = eigenstrain[d] * (Parity(c, 0) ^ Parity(d, 0) ? sign[0] : 1.0) *
                  (Parity(c, 1) ^ Parity(d, 1) ? sign[1] : 1.0);
    Prefetch(next + c * grid->np, grid->n[2]);
    AddLine(half, grid->n[2], block + c * 6 * half, factor, Parity(c, 2) != 0, source, kernel->row,
            kernel->row + 2 * half, row + c * grid->np);
  }
}

/* Rows at one distance from the source, which use the same part of the octant. */
typedef struct {
  int64_t distance[2];
  int count;
  double *row[4], sign[4][2];
} Equals;

static void FindEquals(VmGrid grid, const int64_t source[3], int64_t ax, int64_t ay, double *stress, Equals *equals)
{
  int64_t xs[2], ys[2];
  Places(source[0], ax, grid->n[0], xs), Places(source[1], ay, grid->n[1], ys);
  equals->distance[0] = ax, equals->distance[1] = ay, equals->count = 0;
  for (int i = 0; i < 4; ++i) {
    const int64_t x = xs[i / 2] - grid->x0, y = ys[i % 2];
    if (xs[i / 2] < 0 || x < 0 || x >= grid->nx || y < 0) continue;
    equals->sign[equals->count][0] = i / 2 ? -1.0 : 1.0, equals->sign[equals->count][1] = i % 2 ? -1.0 : 1.0;
    equals->row[equals->count++] = stress + (x * grid->n[1] + y) * grid->n[2];
  }
}

void VmKernelAdd(VmKernel kernel, const int64_t source[3], const double eigenstrain[6], double *stress)
{
  const int64_t *half = kernel->half, all = half[0] * half[1];
  Equals now = {.count = 0}, next;
  for (int64_t i = 0; i <= all; ++i, now = next) {
    next.count = 0;
    if (i < all) FindEquals(kernel->grid, source, i / half[1], i % half[1], stress, &next);
    const double *block = kernel->octant + (now.distance[0] * half[1] + now.distance[1]) * 36 * half[2];
    for (int k = 0; k < now.count; ++k) {
      const double *after = k + 1 < now.count ? now.row[k + 1] : (next.count ? next.row[0] : now.row[k]);
      AddRow(kernel, block, eigenstrain, now.sign[k], source[2], now.row[k], after);
    }
  }
}

void VmKernelAt(VmKernel kernel, const int64_t offset[3], const double eigenstrain[6], double stress[6])
{
  double sign[3];
  int64_t at[3];
  const int64_t half = kernel->half[2];
  for (int d = 0; d < 3; ++d) at[d] = Fold(offset[d], kernel->grid->n[d], &sign[d]);
  const double *block = kernel->octant + (at[0] * kernel->half[1] + at[1]) * 36 * half + at[2];
  for (int c = 0; c < 6; ++c) {
    stress[c] = 0.0;
    for (int d = 0; d < 6; ++d) {
      double factor = eigenstrain[d];
      for (int axis = 0; axis < 3; ++axis) factor *= Parity(c, axis) ^ Parity(d, axis) ? sign[axis] : 1.0;
      stress[c] += factor * block[(c * 6 + d) * half];
    }
  }
}
