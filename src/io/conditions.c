#include <vitromech/conditions.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  size_t offset;
  int count;
} reals[] = {
    {"energy_keV", offsetof(VmConditions, energy), 1},     {"semi_angle_mrad", offsetof(VmConditions, semi_angle), 1},
    {"probe_nm", offsetof(VmConditions, probe), 1},        {"thickness_nm", offsetof(VmConditions, thickness), 1},
    {"scan_points", offsetof(VmConditions, scan), 2},      {"scan_pitch_nm", offsetof(VmConditions, pitch), 1},
    {"scanned_area_nm2", offsetof(VmConditions, area), 1}, {"electrons_per_probe", offsetof(VmConditions, dose), 1},
    {"repeat_nm", offsetof(VmConditions, repeat), 1},
};
enum { NREALS = sizeof reals / sizeof reals[0] };

void VmConditionsInit(VmConditions *c)
{
  *c = (VmConditions){.energy = NAN,
                      .semi_angle = NAN,
                      .probe = NAN,
                      .thickness = NAN,
                      .scan = {NAN, NAN},
                      .pitch = NAN,
                      .area = NAN,
                      .dose = NAN,
                      .repeat = NAN};
}

void VmConditionsComposition(VmConditions *c, int n, const int64_t *count, const char *const *symbol)
{
  double total = 0.0;
  bool used[128] = {false};
  size_t length = 0;
  c->composition[0] = '\0';
  for (int i = 0; i < n; ++i) total += (double)count[i];
  for (int pass = 0; pass < n; ++pass) {
    int most = -1;
    for (int i = 0; i < n; ++i)
      if (!used[i] && count[i] > 0 && (most < 0 || count[i] > count[most])) most = i;
    if (most < 0) return;
    used[most] = true;
    const double percent = round(1000.0 * (double)count[most] / total) / 10.0;
    if (length < sizeof c->composition)
      length +=
          (size_t)snprintf(c->composition + length, sizeof c->composition - length, "%s%g", symbol[most], percent);
  }
}

PetscErrorCode VmConditionsWrite(VmH5 file, const char *group, const VmConditions *c)
{
  PetscFunctionBegin;
  PetscCall(VmH5Group(file, group));
  if (c->composition[0]) PetscCall(VmH5AttrText(file, group, "composition", c->composition));
  for (int i = 0; i < NREALS; ++i) {
    const double *value = (const double *)((const char *)c + reals[i].offset);
    if (!isnan(value[0])) PetscCall(VmH5AttrReal(file, group, reals[i].name, reals[i].count, value));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmConditionsRead(VmH5 file, VmConditions *c)
{
  bool exists;
  char *composition;
  PetscFunctionBegin;
  VmConditionsInit(c);
  PetscCall(VmH5Exists(file, VM_PATH_CONDITIONS, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5AttrReadText(file, VM_PATH_CONDITIONS, "composition", &composition));
  if (composition) snprintf(c->composition, sizeof c->composition, "%s", composition);
  PetscCall(PetscFree(composition));
  for (int i = 0; i < NREALS; ++i) {
    int count;
    PetscCall(VmH5AttrReadReal(file, VM_PATH_CONDITIONS, reals[i].name, reals[i].count, &count,
                               (double *)((char *)c + reals[i].offset)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* True if rank 0 finds the file to be HDF5. Collective. */
static PetscErrorCode IsH5(MPI_Comm comm, const char *path, bool *is)
{
  int rank, found = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) {
    H5E_BEGIN_TRY { found = H5Fis_hdf5(path) > 0; }
    H5E_END_TRY;
  }
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, comm));
  *is = found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmConditionsCarry(MPI_Comm comm, const char *cube_path, const int64_t scan[2], const double pitch[2],
                                 double energy, VmH5 out)
{
  VmConditions c;
  bool is_h5 = false;
  VmH5 cube;
  PetscFunctionBegin;
  VmConditionsInit(&c);
  PetscCall(IsH5(comm, cube_path, &is_h5));
  if (is_h5) {
    PetscCall(VmH5Open(comm, cube_path, VM_H5_READ, &cube));
    PetscCall(VmConditionsRead(cube, &c));
    PetscCall(VmH5Close(&cube));
  }
  for (int d = 0; d < 2; ++d) c.scan[d] = (double)scan[d];
  if (pitch[0] > 0.0 && pitch[1] > 0.0) {
    c.pitch = pitch[0];
    c.area = c.scan[0] * pitch[0] * c.scan[1] * pitch[1];
  }
  if (energy > 0.0) c.energy = energy;
  PetscCall(VmConditionsWrite(out, VM_PATH_CONDITIONS, &c));
  PetscFunctionReturn(PETSC_SUCCESS);
}
