#include <vitromech/disorder.h>
#include <vitromech/h5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  char *path, *dataset;
} Params;

static const VmParam rows[] = {
    {.key = "path",
     .type = VM_STRING,
     .offset = offsetof(Params, path),
     .doc = "HDF5 file; relative names start from the directory of the case"},
    {.key = "dataset",
     .type = VM_STRING,
     .offset = offsetof(Params, dataset),
     .doc = "path of the dataset in the file: [nx, ny, nz], one value for each voxel, x first"},
    {0}};
static const VmTable params_table = {
    .name = "file", .doc = "a dataset of an HDF5 file", .size = sizeof(Params), .rows = rows};

static const char *File(const void *params) { return ((const Params *)params)->path; }

/* Reads the dataset into map [np]. */
static PetscErrorCode Read(VmGrid grid, const Params *p, const char *base, double *map)
{
  char path[PETSC_MAX_PATH_LEN];
  VmH5 file;
  bool exists;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s%s", p->path[0] == '/' ? "" : base, p->path);
  PetscCall(VmH5Open(grid->comm, path, VM_H5_READ, &file));
  PetscCall(VmH5Exists(file, p->dataset, &exists));
  PetscErrorCode code = exists ? VmH5ReadField(file, p->dataset, grid, 1, map)
                               : VmRaise(grid->comm, VM_ERR_INPUT, "%s has no dataset %s", path, p->dataset);
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(code);
}

/* Says where the first value stands that is not what was wanted. */
static PetscErrorCode Wanted(VmGrid grid, const Params *p, const double *map, bool (*good)(double), const char *wanted)
{
  int64_t first = INT64_MAX, least;
  PetscFunctionBegin;
  for (int64_t i = grid->np - 1; i >= 0; --i)
    if (!good(map[i])) first = VmGridGlobal(grid, i);
  PetscCallMPI(MPI_Allreduce(&first, &least, 1, MPI_INT64_T, MPI_MIN, grid->comm));
  if (least < INT64_MAX)
    VmThrow(grid->comm, VM_ERR_INPUT, "%s: %s is not %s everywhere; the first voxel that is not: %lld, %lld, %lld",
            p->path, p->dataset, wanted, (long long)(least / grid->plane),
            (long long)(least % grid->plane / grid->n[2]), (long long)(least % grid->n[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsPositive(double value) { return value > 0.0 && isfinite(value); }
static bool IsFlag(double value) { return value == 0.0 || value == 1.0; }

static PetscErrorCode Draw(VmGrid grid, const void *params, const char *base, VmRngKey key, double *factor)
{
  PetscFunctionBegin;
  (void)key;
  PetscCall(Read(grid, params, base, factor));
  PetscCall(Wanted(grid, params, factor, IsPositive, "positive and finite"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmDistributionOps vm_distribution_file = {.head = {.name = "file",
                                                         .doc = "factors from a dataset of an HDF5 file",
                                                         .source = "the file",
                                                         .params = &params_table},
                                                .draw = Draw,
                                                .file = File};

static PetscErrorCode Generate(VmGrid grid, const void *params, const char *base, double fraction,
                               double correlation_length, VmRngKey key, double *flow_unit)
{
  PetscFunctionBegin;
  (void)fraction, (void)correlation_length, (void)key;
  PetscCall(Read(grid, params, base, flow_unit));
  PetscCall(Wanted(grid, params, flow_unit, IsFlag, "0 or 1"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Threshold(double correlation_length, double spacing)
{
  (void)correlation_length, (void)spacing;
  return NAN;
}

const VmDisorderOps vm_disorder_file = {.head = {.name = "file",
                                                 .doc = "flow units where a dataset of an HDF5 file is 1, matrix where "
                                                        "it is 0",
                                                 .source = "the file",
                                                 .params = &params_table},
                                        .generate = Generate,
                                        .threshold = Threshold,
                                        .file = File};
