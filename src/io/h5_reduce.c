/* Datasets by name, and single numbers made of them. */
#include "h5_private.h"
#include <math.h>
#include <string.h>

const char *const vm_reductions[] = {"last", "first", "maximum", "minimum", "mean", "overshoot", NULL};

/* Names for which there is room at a time. */
enum { ROOM = 64 };

static herr_t AddName(hid_t group, const char *name, const H5O_info_t *info, void *context)
{
  VmH5Names *names = context;
  if (info->type != H5O_TYPE_DATASET || strlen(name) >= VM_H5_NAME) return 0;
  const hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT), type = H5Dget_type(dataset);
  const H5T_class_t class = H5Tget_class(type);
  H5Tclose(type);
  H5Dclose(dataset);
  if (class != H5T_FLOAT && class != H5T_INTEGER) return 0;
  if (names->count % ROOM == 0 && PetscRealloc((size_t)(names->count + ROOM) * sizeof *names->name, &names->name))
    return -1;
  if (PetscStrallocpy(name, &names->name[names->count])) return -1;
  ++names->count;
  return 0;
}

PetscErrorCode VmH5Datasets(VmH5 file, const char *group, VmH5Names *names)
{
  bool exists;
  PetscFunctionBegin;
  *names = (VmH5Names){0};
  PetscCall(VmH5Exists(file, group, &exists));
  if (exists)
    VmCallH5(H5Ovisit_by_name2(VmH5Id(file), group, H5_INDEX_NAME, H5_ITER_INC, AddName, names, H5O_INFO_BASIC,
                               H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Reduce(VmReduction how, int64_t n, int64_t stride, const double *values)
{
  double result = how == VM_REDUCE_LAST ? values[(n - 1) * stride] : values[0], sum = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    const double v = values[i * stride];
    sum += v;
    if ((how == VM_REDUCE_MAXIMUM || how == VM_REDUCE_OVERSHOOT) && v > result) result = v;
    if (how == VM_REDUCE_MINIMUM && v < result) result = v;
  }
  if (how == VM_REDUCE_OVERSHOOT) return result - values[(n - 1) * stride];
  return how == VM_REDUCE_MEAN ? sum / (double)n : result;
}

PetscErrorCode VmH5Reduce(VmH5 file, const char *path, int64_t component, VmReduction how, double *value, bool *fits)
{
  int rank;
  int64_t dims[8], total = 1;
  double *values;
  PetscFunctionBegin;
  *value = NAN;
  PetscCall(VmH5Shape(file, path, &rank, dims));
  for (int d = 0; d < rank; ++d) total *= dims[d];
  const int64_t stride = rank == 2 ? dims[1] : 1;
  *fits = (rank <= 1 && component == -1) || (rank == 2 && component >= 0 && component < stride);
  if (!*fits || total == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)total, &values));
  PetscCall(VmH5Read(file, path, VM_F64, values));
  *value = Reduce(how, total / stride, stride, values + PetscMax(component, 0));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}
