#include <vitromech/law.h>
#include <stdio.h>

PetscErrorCode VmLawFitWrite(VmH5 file, const char *group, const VmLawOps *law, const VmLawFit *fit,
                             const char *value_unit)
{
  const VmParam *rows = law->head.params->rows;
  const int64_t converged = fit->converged, four = 4;
  char path[256];

  PetscFunctionBegin;
  PetscCall(VmH5Group(file, group));
  PetscCall(VmH5AttrText(file, group, "law", law->head.name));
  PetscCall(VmH5AttrText(file, group, "doc", law->head.doc));
  PetscCall(VmH5AttrText(file, group, "message", fit->message));
  PetscCall(VmH5AttrInt(file, group, "converged", 1, &converged));
  PetscCall(VmH5AttrReal(file, group, "rms", 1, &fit->rms));
  for (int p = 0; rows[p].key; ++p) {
    const double row[4] = {fit->value[p], fit->error[p], fit->low[p], fit->high[p]};
    const VmMeta meta = {.unit = law->scaled >> p & 1u ? value_unit : rows[p].unit,
                         .long_name = rows[p].doc,
                         .axes = "value,error,low,high"};
    snprintf(path, sizeof path, "%s/parameter_%s", group, rows[p].key);
    PetscCall(VmH5Write(file, path, VM_F64, 1, &four, row, meta));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
