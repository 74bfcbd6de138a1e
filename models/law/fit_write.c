#include <vitromech/law.h>
#include <stdio.h>

static PetscErrorCode WriteParameters(VmH5 file, const char *group, const VmLawOps *law, const VmLawFit *fit,
                                      const char *value_unit)
{
  const VmParam *rows = law->head.params->rows;
  const int64_t four = 4;
  char path[256];
  PetscFunctionBegin;
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

static PetscErrorCode WriteCurves(VmH5 file, const char *group, const VmLawOps *law, const VmLawData *data,
                                  const VmLawFit *fit, const char *value_unit)
{
  const VmMeta axis = {.unit = law->argument.unit, .long_name = law->argument.doc, .axes = "point"};
  char path[256];
  double *model;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(VmLawValues(law) * data->n), &model));
  PetscCall(law->evaluate(fit->value, data->n, data->x, model));
  snprintf(path, sizeof path, "%s/x", group);
  PetscCall(VmH5Write(file, path, VM_F64, 1, &data->n, data->x, axis));
  for (int k = 0; k < VmLawValues(law); ++k) {
    const VmMeta meta = {.unit = value_unit, .long_name = law->values[k].doc, .axes = "point"};
    snprintf(path, sizeof path, "%s/%s", group, law->values[k].name);
    PetscCall(VmH5Write(file, path, VM_F64, 1, &data->n, data->values + k * data->n, meta));
    snprintf(path, sizeof path, "%s/%s_fitted", group, law->values[k].name);
    PetscCall(VmH5Write(file, path, VM_F64, 1, &data->n, model + k * data->n, meta));
  }
  PetscCall(PetscFree(model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmLawFitWrite(VmH5 file, const char *group, const VmLawOps *law, const VmLawData *data,
                             const VmLawFit *fit, const char *value_unit)
{
  const int64_t converged = fit->converged;
  PetscFunctionBegin;
  PetscCall(VmH5Group(file, group));
  PetscCall(VmH5AttrText(file, group, "law", law->head.name));
  PetscCall(VmH5AttrText(file, group, "doc", law->head.doc));
  PetscCall(VmH5AttrText(file, group, "message", fit->message));
  PetscCall(VmH5AttrInt(file, group, "converged", 1, &converged));
  PetscCall(VmH5AttrReal(file, group, "rms", 1, &fit->rms));
  PetscCall(WriteParameters(file, group, law, fit, value_unit));
  PetscCall(WriteCurves(file, group, law, data, fit, value_unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}
