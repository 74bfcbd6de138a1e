#include "scan.h"
#include <vitromech/conditions.h>
#include <math.h>

PetscErrorCode VmScanConditions(MPI_Comm comm, const VmScan *scan, const VmAtoms *atoms, const VmCubeInfo *info,
                                VmH5 file)
{
  const VmOptics *optics = scan->optics;
  const double dose = optics->params->detector.dose;
  const char *symbol[VM_MAX_SPECIES];
  int64_t local[VM_MAX_SPECIES] = {0}, count[VM_MAX_SPECIES];
  VmConditions c;

  PetscFunctionBegin;
  VmConditionsInit(&c);
  for (int64_t i = 0; i < atoms->n; ++i) ++local[atoms->species[i]];
  PetscCallMPI(MPI_Allreduce(local, count, VM_MAX_SPECIES, MPI_INT64_T, MPI_SUM, comm));
  for (int s = 0; s < atoms->nspecies; ++s) symbol[s] = VmElementSymbol(atoms->number[s]);
  VmConditionsComposition(&c, atoms->nspecies, count, symbol);
  c.energy = info->energy;
  c.semi_angle = optics->params->semi_angle;
  c.probe = 0.61 / optics->aperture;
  c.thickness = optics->thickness;
  c.pitch = info->scan_pitch[0];
  c.area = 1.0;
  for (int axis = 0; axis < 2; ++axis) {
    c.scan[axis] = (double)info->scan[axis];
    c.area *= c.scan[axis] * info->scan_pitch[axis];
  }
  c.dose = isnan(dose) ? 0.0 : dose;
  if (atoms->repeat > 0.0) c.repeat = atoms->repeat;
  PetscCall(VmConditionsWrite(file, VM_PATH_CONDITIONS, &c));
  if (!scan->method->multiple) PetscCall(VmH5AttrReal(file, "/", "scattering_events", 1, &optics->scattered));
  PetscCall(VmH5AttrReal(file, "/", "scan_origin_nm", 2, scan->origin));
  PetscFunctionReturn(PETSC_SUCCESS);
}
