/* Two analysis files beside each other. */
#include "statistics.h"

#include <vitromech/compare.h>
#include <vitromech/log.h>
#include <vitromech/schema.h>
#include <math.h>
#include <string.h>

typedef struct {
  int count, capacity;
  char (*names)[192];
} Names;

static herr_t AddNumericDataset(hid_t group, const char *name, const H5O_info_t *info, void *context)
{
  Names *names = context;
  if (info->type != H5O_TYPE_DATASET || strlen(name) >= sizeof names->names[0]) return 0;
  const hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
  const hid_t type = H5Dget_type(dataset);
  const H5T_class_t class = H5Tget_class(type);
  H5Tclose(type);
  H5Dclose(dataset);
  if (class != H5T_FLOAT && class != H5T_INTEGER) return 0;
  if (names->count == names->capacity) {
    names->capacity = 2 * names->capacity + 32;
    if (PetscRealloc((size_t)names->capacity * sizeof names->names[0], &names->names)) return -1;
  }
  strcpy(names->names[names->count++], name);
  return 0;
}

/* Datasets of numbers below /statistics, in the order of their names. */
static PetscErrorCode ListDatasets(VmH5 file, Names *names)
{
  bool exists;
  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, VM_PATH_STATISTICS, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  VmCallH5(H5Ovisit_by_name2(VmH5Id(file), VM_PATH_STATISTICS, H5_INDEX_NAME, H5_ITER_INC, AddNumericDataset, names,
                             H5O_INFO_BASIC, H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadAll(VmH5 file, const char *name, int *rank, int64_t dims[8], int64_t *count, double **values)
{
  char path[256];
  PetscFunctionBegin;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", name);
  PetscCall(VmH5Shape(file, path, rank, dims));
  *count = 1;
  for (int d = 0; d < *rank; ++d) *count *= dims[d];
  PetscCall(PetscMalloc1((size_t)*count, values));
  if (*count > 0) PetscCall(VmH5Read(file, path, VM_F64, *values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Standard error of a scalar, 0 if the file has none. */
static PetscErrorCode ReadError(VmH5 file, const char *name, double *error)
{
  char path[256];
  bool exists;
  PetscFunctionBegin;
  *error = 0.0;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s_error", name);
  PetscCall(VmH5Exists(file, path, &exists));
  if (exists) PetscCall(VmH5Read(file, path, VM_F64, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Relative root mean square difference and Pearson correlation over the points that are numbers in both. */
static void Distance(int64_t n, const double *a, const double *b, double *rms, double *correlation)
{
  double points = 0.0, mean[2] = {0.0, 0.0}, difference = 0.0, size = 0.0, square[2] = {0.0, 0.0}, product = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) continue;
    points += 1.0;
    mean[0] += a[i];
    mean[1] += b[i];
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += 0.25 * (a[i] + b[i]) * (a[i] + b[i]);
  }
  for (int64_t i = 0; i < n; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) continue;
    const double x = a[i] - mean[0] / points, y = b[i] - mean[1] / points;
    square[0] += x * x;
    square[1] += y * y;
    product += x * y;
  }
  *rms = difference == 0.0 ? 0.0 : sqrt(difference / size);
  *correlation = product / sqrt(square[0] * square[1]);
}

static PetscErrorCode CompareScalar(MPI_Comm comm, VmH5 a, VmH5 b, const char *name, double x, double y, FILE *csv)
{
  double error[2];
  char sigma[32] = "";
  PetscFunctionBegin;
  PetscCall(ReadError(a, name, &error[0]));
  PetscCall(ReadError(b, name, &error[1]));
  const double both = hypot(error[0], error[1]);
  if (both > 0.0 && isfinite(both)) snprintf(sigma, sizeof sigma, "(%.1f sigma)", fabs(x - y) / both);
  PetscCall(VmLog(comm, "  %-44s %-12.6g %-12.6g %+-12.4g %s", name, x, y, x - y, sigma));
  if (csv) fprintf(csv, "%s,%.10g,%.10g,,\n", name, x, y);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareDataset(MPI_Comm comm, VmH5 a, VmH5 b, const char *name, bool scalars, FILE *csv)
{
  int rank[2];
  int64_t dims[2][8], count[2];
  double *x = NULL, *y = NULL;
  bool same = true;
  PetscFunctionBegin;
  PetscCall(ReadAll(a, name, &rank[0], dims[0], &count[0], &x));
  PetscCall(ReadAll(b, name, &rank[1], dims[1], &count[1], &y));
  same = rank[0] == rank[1];
  for (int d = 0; same && d < rank[0]; ++d) same = dims[0][d] == dims[1][d];
  if (scalars && same && count[0] == 1) {
    PetscCall(CompareScalar(comm, a, b, name, x[0], y[0], csv));
  } else if (!scalars && same && count[0] > 1) {
    double rms, correlation;
    Distance(count[0], x, y, &rms, &correlation);
    PetscCall(VmLog(comm, "  %-44s %-12.4g %-12.4g", name, rms, correlation));
    if (csv) fprintf(csv, "%s,,,%.10g,%.10g\n", name, rms, correlation);
  } else if (!scalars && !same) {
    PetscCall(VmLog(comm, "  %-44s shapes differ", name));
  }
  PetscCall(PetscFree(x));
  PetscCall(PetscFree(y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsError(const char *name)
{
  const size_t length = strlen(name);
  return length > 6 && strcmp(name + length - 6, "_error") == 0;
}

static PetscErrorCode CompareAll(MPI_Comm comm, const Names *names, VmH5 a, VmH5 b, FILE *csv)
{
  PetscFunctionBegin;
  for (int scalars = 1; scalars >= 0; --scalars) {
    PetscCall(scalars ? VmLog(comm, "  %-44s %-12s %-12s %s", "number", "A", "B", "A - B")
                      : VmLog(comm, "  %-44s %-12s %s", "curve or map", "rms, relative", "correlation"));
    for (int i = 0; i < names->count; ++i) {
      char path[256];
      bool exists;
      if (IsError(names->names[i])) continue;
      snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", names->names[i]);
      PetscCall(VmH5Exists(b, path, &exists));
      if (exists) PetscCall(CompareDataset(comm, a, b, names->names[i], scalars, csv));
      else if (scalars) PetscCall(VmLog(comm, "  %-44s not measured in B", names->names[i]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CloseCsv(const char *path, FILE *csv)
{
  if (!csv) return PETSC_SUCCESS;
  const bool failed = ferror(csv) != 0;
  if (fclose(csv) != 0 || failed) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path);
  return PETSC_SUCCESS;
}

PetscErrorCode VmCompareFiles(MPI_Comm comm, VmH5 a, VmH5 b, const char *csv_path)
{
  int rank;
  FILE *csv = NULL;
  Names names = {0};
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (csv_path && rank == 0) {
    csv = fopen(csv_path, "w");
    if (csv) fputs("quantity,a,b,relative_rms,correlation\n", csv);
    else code = VmRaiseLocal(VM_ERR_FILE, "cannot write %s", csv_path);
  }
  PetscCall(VmAgree(comm, code));
  PetscCall(ListDatasets(a, &names));
  code = CompareAll(comm, &names, a, b, csv);
  PetscCall(PetscFree(names.names));
  if (code) {
    if (csv) fclose(csv);
    PetscFunctionReturn(code);
  }
  PetscCall(VmAgree(comm, CloseCsv(csv_path, csv)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
