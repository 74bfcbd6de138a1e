#include "deform.h"
#include "cell.h"
#include <vitromech/h5.h>
#include <vitromech/schema.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Strain of the step the displacement belongs to; without one, the last row of the history. */
static PetscErrorCode ReadStrain(MPI_Comm comm, VmH5 file, const char *path, const char *step, double strain[6])
{
  int count = 0, rank = 0;
  int64_t dims[8];
  bool exists;

  PetscFunctionBegin;
  if (step[0]) PetscCall(VmH5AttrReadReal(file, step, "mean_strain", 6, &count, strain));
  if (count == 6) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Exists(file, VM_PATH_HISTORY "/strain", &exists));
  if (exists) PetscCall(VmH5Shape(file, VM_PATH_HISTORY "/strain", &rank, dims));
  if (rank != 2 || dims[0] < 1 || dims[1] != 6) {
    VmThrow(comm, VM_ERR_INPUT, "%s: holds no strain; give the result.h5 of a run that wrote at least one row", path);
  }
  PetscCall(VmH5ReadRows(file, VM_PATH_HISTORY "/strain", VM_F64, dims[0] - 1, 1, strain));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes the plastic strain of the events out of that of the step (steps are named by their row of the history), or of
 * the last row. *any: there was some. */
static PetscErrorCode SubtractPlastic(MPI_Comm comm, VmH5 file, const char *path, const char *step, double strain[6],
                                      bool *any)
{
  int rank;
  int64_t dims[8];
  double plastic[6];
  bool exists, inelastic;

  PetscFunctionBegin;
  *any = false;
  PetscCall(VmH5Exists(file, VM_PATH_HISTORY "/plastic_strain", &exists));
  PetscCall(VmH5Exists(file, VM_PATH_HISTORY "/dissipated", &inelastic));
  if (!exists && inelastic) {
    PetscCall(VmH5Shape(file, VM_PATH_HISTORY "/dissipated", &rank, dims));
    PetscCall(VmH5ReadRows(file, VM_PATH_HISTORY "/dissipated", VM_F64, dims[0] - 1, 1, plastic));
    if (fabs(plastic[0]) > 0.0)
      VmThrow(comm, VM_ERR_INPUT,
              "%s: glass.strain: elastic needs the plastic strain of events; this run flows by its material law and "
              "does not say how much of its strain is elastic",
              path);
  }
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Shape(file, VM_PATH_HISTORY "/plastic_strain", &rank, dims));
  const char *name = strrchr(step, '/');
  const int64_t row = name ? strtoll(name + 1, NULL, 10) : dims[0] - 1;
  if (rank != 2 || dims[1] != 6 || row >= dims[0])
    VmThrow(comm, VM_ERR_INPUT, "%s: the history holds no plastic strain of step %lld", path, (long long)row);
  PetscCall(VmH5ReadRows(file, VM_PATH_HISTORY "/plastic_strain", VM_F64, row, 1, plastic));
  for (int c = 0; c < 6; ++c) strain[c] -= plastic[c], *any = *any || plastic[c] != 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Planes wanted may lie across the periodic boundary: three collective reads of rows, any of them empty. */
static PetscErrorCode ReadPlanes(VmH5 file, const char *dataset, double lo, double hi, int components, VmDeformation *d,
                                 double **values)
{
  const int64_t n = d->n[0], row = d->n[1] * d->n[2] * components;

  PetscFunctionBegin;
  d->first = (int64_t)floor(lo * (double)n - 0.5);
  d->planes = (int64_t)floor(hi * (double)n - 0.5) + 2 - d->first;
  PetscCall(PetscMalloc1((size_t)(d->planes * row), values));
  for (int part = -1; part <= 1; ++part) {
    const int64_t begin = PetscMax(d->first, part * n), end = PetscMin(d->first + d->planes, (part + 1) * n);
    const int64_t count = PetscMax(end - begin, 0), from = count ? begin - part * n : 0;
    PetscCall(VmH5ReadRows(file, dataset, VM_F64, from, count, *values + (count ? begin - d->first : 0) * row));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFinite(MPI_Comm comm, const char *path, const VmDeformation *d)
{
  bool finite = true;

  PetscFunctionBegin;
  for (int i = 0; i < 6; ++i) finite = finite && isfinite(d->strain[i]);
  for (int64_t i = 0; d->u && i < d->planes * d->n[1] * d->n[2] * 3; ++i) finite = finite && isfinite(d->u[i]);
  if (VmAgree(comm, finite ? PETSC_SUCCESS : VM_ERR_INPUT)) {
    VmThrow(comm, VM_ERR_INPUT, "%s: strain or displacement is not a number", path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadField(MPI_Comm comm, VmH5 file, const char *path, const char *dataset, double lo, double hi,
                                int components, VmDeformation *d, double **values)
{
  int rank = 0;
  int64_t dims[8];

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, dataset, &rank, dims));
  const bool fits = rank == (components > 1 ? 4 : 3) && dims[0] > 0 && dims[1] > 0 && dims[2] > 0 &&
                    (components == 1 || dims[3] == components) &&
                    (d->n[0] == 0 || memcmp(d->n, dims, sizeof d->n) == 0);
  if (!fits) {
    VmThrow(comm, VM_ERR_INPUT, "%s: %s does not have the shape [nx,ny,nz%s]", path, dataset,
            components > 1 ? ",3" : "");
  }
  memcpy(d->n, dims, sizeof d->n);
  PetscCall(ReadPlanes(file, dataset, lo, hi, components, d, values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOpen(MPI_Comm comm, VmH5 file, const char *path, double lo, double hi, bool elastic,
                               bool units, VmDeformation *d)
{
  char step[VM_H5_NAME], dataset[VM_H5_NAME + 64];
  int count = 0;
  bool exists, plastic = false;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, VM_PATH_GRID, &exists));
  if (exists) PetscCall(VmH5AttrReadReal(file, VM_PATH_GRID, "length", 3, &count, d->length));
  if (count != 3 || !(d->length[0] > 0 && d->length[1] > 0 && d->length[2] > 0)) {
    VmThrow(comm, VM_ERR_INPUT, "%s: has no %s with the length of the box; is it the result.h5 of a run?", path,
            VM_PATH_GRID);
  }
  PetscCall(VmH5LastStep(file, step));
  PetscCall(ReadStrain(comm, file, path, step, d->strain));
  if (elastic) PetscCall(SubtractPlastic(comm, file, path, step, d->strain, &plastic));
  snprintf(dataset, sizeof dataset, "%s/%s", step, VM_FIELD_DISPLACEMENT);
  exists = false;
  if (step[0] && !plastic) PetscCall(VmH5Exists(file, dataset, &exists));
  if (exists) PetscCall(ReadField(comm, file, path, dataset, lo, hi, 3, d, &d->u));
  if (units) {
    snprintf(dataset, sizeof dataset, "%s/%s", step, VM_FIELD_FLOW_UNIT);
    exists = false;
    if (step[0]) PetscCall(VmH5Exists(file, dataset, &exists));
    if (!exists) {
      VmThrow(comm, VM_ERR_INPUT, "%s: holds no flow units, which glass.flow_units needs; add %s to output.fields",
              path, VM_FIELD_FLOW_UNIT);
    }
    PetscCall(ReadField(comm, file, path, dataset, lo, hi, 1, d, &d->unit));
  }
  PetscCall(CheckFinite(comm, path, d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmDeformationRead(MPI_Comm comm, const char *path, double lo, double hi, bool elastic, bool units,
                                 VmDeformation *deformation)
{
  VmH5 file;

  PetscFunctionBegin;
  *deformation = (VmDeformation){0};
  if (!path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Open(comm, path, VM_H5_READ, &file));
  PetscErrorCode code = ReadOpen(comm, file, path, lo, hi, elastic, units, deformation);
  if (code) PetscCall(VmDeformationDestroy(deformation));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(code);
}

PetscErrorCode VmDeformationDestroy(VmDeformation *deformation)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(deformation->u));
  PetscCall(PetscFree(deformation->unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmDisplacementAt(const VmDeformation *d, const double s[3], double u[3])
{
  int64_t lower[3], upper[3];
  double t[3];

  u[0] = u[1] = u[2] = 0.0;
  if (!d->u) return;
  for (int c = 0; c < 3; ++c) {
    const double place = s[c] * (double)d->n[c] - 0.5;
    lower[c] = (int64_t)floor(place);
    t[c] = place - (double)lower[c];
    upper[c] = lower[c] + 1;
  }
  lower[0] -= d->first;
  upper[0] -= d->first;
  for (int c = 1; c < 3; ++c) {
    lower[c] = (lower[c] + d->n[c]) % d->n[c];
    upper[c] %= d->n[c];
  }
  for (int corner = 0; corner < 8; ++corner) {
    int64_t i[3];
    double weight = 1.0;
    for (int c = 0; c < 3; ++c) {
      const bool high = corner >> c & 1;
      i[c] = high ? upper[c] : lower[c];
      weight *= high ? t[c] : 1.0 - t[c];
    }
    const double *value = d->u + 3 * ((i[0] * d->n[1] + i[1]) * d->n[2] + i[2]);
    for (int c = 0; c < 3; ++c) u[c] += weight * value[c];
  }
}

bool VmFlowUnitAt(const VmDeformation *d, const double s[3])
{
  int64_t i[3];
  if (!d->unit) return false;
  for (int c = 0; c < 3; ++c) i[c] = PetscMin((int64_t)(s[c] * (double)d->n[c]), d->n[c] - 1);
  return d->unit[((i[0] - d->first) * d->n[1] + i[1]) * d->n[2] + i[2]] > 0.5;
}

PetscErrorCode VmDisplacementRange(MPI_Comm comm, const VmDeformation *deformation, const double along[3],
                                   double *largest)
{
  const int64_t points = deformation->u ? deformation->planes * deformation->n[1] * deformation->n[2] : 0;

  PetscFunctionBegin;
  *largest = 0.0;
  for (int64_t i = 0; i < points; ++i) *largest = fmax(*largest, fabs(VmDot3(deformation->u + 3 * i, along)));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
