/* Grid fields: components are separate arrays in memory and the fastest axis on disk. */
#include "h5_private.h"

/* Doubles of the buffer in which the components are brought together. */
static const int64_t buffer_doubles = (int64_t)4 << 20;

typedef struct {
  VmGrid grid;
  int ncomp, rank;
  int64_t dims[4];
  int64_t planes; /* of one transfer */
  int64_t rounds; /* the same on all ranks */
  double *buffer; /* [planes][n1][n2][ncomp] */
} Passage;

static PetscErrorCode PassageCreate(VmGrid grid, int ncomp, Passage *passage)
{
  int64_t longest;

  PetscFunctionBegin;
  *passage = (Passage){
      .grid = grid, .ncomp = ncomp, .rank = ncomp > 1 ? 4 : 3, .dims = {grid->n[0], grid->n[1], grid->n[2], ncomp}};
  PetscCallMPI(MPI_Allreduce(&grid->nx, &longest, 1, MPI_INT64_T, MPI_MAX, grid->comm));
  passage->planes = PetscMax(buffer_doubles / (grid->plane * ncomp), 1);
  passage->rounds = (longest + passage->planes - 1) / passage->planes;
  const int64_t room = PetscMin(passage->planes, grid->nx);
  PetscCall(PetscMalloc1((size_t)(room * grid->plane * ncomp), &passage->buffer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* First local plane and number of planes of a round. */
static int64_t Round(const Passage *passage, int64_t round, int64_t *first)
{
  *first = PetscMin(round * passage->planes, passage->grid->nx);
  return PetscMin(passage->planes, passage->grid->nx - *first);
}

static PetscErrorCode Transfer(Passage *passage, VmH5 file, hid_t dataset, double *field, bool write)
{
  const VmGrid grid = passage->grid;
  const int ncomp = passage->ncomp;

  PetscFunctionBegin;
  for (int64_t round = 0; round < passage->rounds; ++round) {
    int64_t first;
    const int64_t planes = Round(passage, round, &first), voxels = planes * grid->plane;
    double *part = field + first * grid->plane;
    for (int c = 0; write && c < ncomp; ++c) {
      for (int64_t i = 0; i < voxels; ++i) passage->buffer[i * ncomp + c] = part[c * grid->np + i];
    }
    PetscCall(VmH5TransferRows(file, dataset, H5T_NATIVE_DOUBLE, passage->rank, passage->dims, grid->x0 + first, planes,
                               passage->buffer, write));
    for (int c = 0; !write && c < ncomp; ++c) {
      for (int64_t i = 0; i < voxels; ++i) part[c * grid->np + i] = passage->buffer[i * ncomp + c];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5WriteField(VmH5 file, const char *path, VmGrid grid, int ncomp, const double *field, VmMeta meta)
{
  Passage passage;
  hid_t dataset;

  PetscFunctionBegin;
  PetscCall(PassageCreate(grid, ncomp, &passage));
  PetscCall(VmH5DatasetCreate(file, path, H5T_NATIVE_DOUBLE, passage.rank, passage.dims, 0, meta, &dataset));
  PetscCall(Transfer(&passage, file, dataset, (double *)field, true));
  VmCallH5(H5Dclose(dataset));
  PetscCall(PetscFree(passage.buffer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmH5ReadField(VmH5 file, const char *path, VmGrid grid, int ncomp, double *field)
{
  Passage passage;
  int64_t dims[VM_H5_MAX_RANK];
  int rank;
  hid_t dataset;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, path, &rank, dims));
  bool fits = rank == (ncomp > 1 ? 4 : 3) && (ncomp == 1 || dims[3] == ncomp);
  for (int d = 0; d < 3; ++d) fits = fits && dims[d] == grid->n[d];
  if (!fits) {
    VmThrow(file->comm, VM_ERR_INPUT, "%s: %s is not a field of %d component(s) on %lld x %lld x %lld voxels",
            file->path, path, ncomp, (long long)grid->n[0], (long long)grid->n[1], (long long)grid->n[2]);
  }
  PetscCall(PassageCreate(grid, ncomp, &passage));
  VmCallH5(dataset = H5Dopen2(file->id, path, H5P_DEFAULT));
  PetscCall(Transfer(&passage, file, dataset, field, false));
  VmCallH5(H5Dclose(dataset));
  PetscCall(PetscFree(passage.buffer));
  PetscFunctionReturn(PETSC_SUCCESS);
}
