/* What is written of a spectrum, and what follows from it: shift factors, master curve, fits. */
#include "spectrum.h"
#include <vitromech/law.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OVER "temperature,frequency"

static const struct {
  const char *name;
  VmMeta meta;
} columns[VM_SPECTRUM_COLUMNS] = {
    [VM_STORAGE] = {"storage", {"GPa", "storage modulus of the driven component", OVER}},
    [VM_LOSS] = {"loss", {"GPa", "loss modulus of the driven component", OVER}},
    [VM_TAN_DELTA] = {"tan_delta", {"1", "loss over storage modulus", OVER}},
    [VM_DISSIPATION] = {"dissipation", {"GPa", "energy dissipated in one cycle of this amplitude, per volume", OVER}},
    [VM_ITERATIONS] = {"iterations", {"1", "iterations of the solver", OVER}},
    [VM_SHEAR_STORAGE] = {"shear_storage", {"GPa", "effective shear modulus, storage (nearest isotropic)", OVER}},
    [VM_SHEAR_LOSS] = {"shear_loss", {"GPa", "effective shear modulus, loss (nearest isotropic)", OVER}},
    [VM_BULK_STORAGE] = {"bulk_storage", {"GPa", "effective bulk modulus, storage (nearest isotropic)", OVER}},
    [VM_BULK_LOSS] = {"bulk_loss", {"GPa", "effective bulk modulus, loss (nearest isotropic)", OVER}},
    [VM_STIFFNESS_STORAGE] = {"stiffness_storage",
                              {"GPa", "effective stiffness, Mandel components row by row, storage",
                               OVER "*row*column"}},
    [VM_STIFFNESS_LOSS] = {"stiffness_loss",
                           {"GPa", "effective stiffness, Mandel components row by row, loss", OVER "*row*column"}}};

static void Path(const VmSpectrum *s, const char *name, char path[160])
{
  snprintf(path, 160, "%s/%s", s->group, name);
}

PetscErrorCode VmSpectrumOpen(const VmSpectrum *s, int64_t done)
{
  VmH5 file = s->sim->file;
  char path[160];
  bool exists;
  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, s->group, &exists));
  if (!exists) {
    PetscCall(VmH5Group(file, s->group));
    PetscCall(VmH5AttrText(file, s->group, "statistic", "harmonic"));
    PetscCall(VmH5AttrText(file, s->group, "component", vm_component_names[s->component]));
  }
  for (int c = 0; c < VmSpectrumColumns(s); ++c) {
    Path(s, columns[c].name, path);
    if (exists) PetscCall(VmH5RowsTruncate(file, path, done));
    else PetscCall(VmH5RowsCreate(file, path, VM_F64, s->frequencies * VmSpectrumWidth(c), columns[c].meta));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSpectrumAppend(const VmSpectrum *s, double *const *values)
{
  char path[160];
  PetscFunctionBegin;
  for (int c = 0; c < VmSpectrumColumns(s); ++c) {
    Path(s, columns[c].name, path);
    PetscCall(VmH5RowsAppend(s->sim->file, path, VM_F64, 1, values[c]));
  }
  PetscCall(VmH5Flush(s->sim->file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteVector(const VmSpectrum *s, const char *name, int64_t n, const double *values, VmMeta meta)
{
  char path[160];
  PetscFunctionBegin;
  Path(s, name, path);
  PetscCall(VmH5Write(s->sim->file, path, VM_F64, 1, &n, values, meta));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteAxes(const VmSpectrum *s)
{
  double *frequency;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)s->frequencies, &frequency));
  for (int64_t f = 0; f < s->frequencies; ++f) frequency[f] = s->omega[f] / (2.0 * VM_PI);
  PetscCall(WriteVector(s, "frequency", s->frequencies, frequency, (VmMeta){"Hz", "cycles per second", "frequency"}));
  PetscCall(WriteVector(s, "omega", s->frequencies, s->omega, (VmMeta){"1/s", "angular frequency", "frequency"}));
  PetscCall(
      WriteVector(s, "temperature", s->temperatures, s->temperature, (VmMeta){"K", "temperature", "temperature"}));
  PetscCall(PetscFree(frequency));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* <directory>/<name>.csv, on rank 0. */
static PetscErrorCode WriteCsv(const VmSpectrum *s, const double *storage, const double *loss, const double *tan_delta)
{
  char path[PETSC_MAX_PATH_LEN];
  snprintf(path, sizeof path, "%s/%s.csv", s->sim->output->directory, s->name);
  FILE *out = fopen(path, "w");
  if (!out) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path);
  fputs("temperature [K],frequency [Hz],omega [1/s],storage [GPa],loss [GPa],tan_delta [1]\n", out);
  for (int64_t i = 0; i < s->temperatures * s->frequencies; ++i) {
    const double omega = s->omega[i % s->frequencies];
    fprintf(out, "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", s->temperature[i / s->frequencies], omega / (2.0 * VM_PI),
            omega, storage[i], loss[i], tan_delta[i]);
  }
  return fclose(out) ? VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path) : PETSC_SUCCESS;
}

/* Fits a law, writes it as group `name` and says the parameter that matters. */
static PetscErrorCode Fit(const VmSpectrum *s, const char *law_name, const char *name, const VmLawData *data,
                          const char *unit)
{
  const VmLawOps *law = (const VmLawOps *)VmPluginFind(&vm_law_kind, law_name);
  VmLawFitOptions options;
  VmLawFit fit;
  char path[160], line[512] = "";

  PetscFunctionBegin;
  VmLawFitOptionsInit(&options);
  PetscCall(VmLawFitRun(law, data, &options, &fit));
  Path(s, name, path);
  if (fit.degrees < 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmLawFitWrite(s->sim->file, path, law, data, &fit, unit));
  for (int p = 0; p < VmLawParameters(law); ++p) {
    const VmParam *row = law->head.params->rows + p;
    const size_t used = strlen(line);
    char error[32] = "at its bound";
    if (!fit.at_bound[p]) snprintf(error, sizeof error, "+- %.2g", fit.error[p]);
    snprintf(line + used, sizeof line - used, "%s %s %.5g %s%s%s", p ? "," : "", row->key, fit.value[p], error,
             strcmp(row->unit, "1") ? " " : "", strcmp(row->unit, "1") ? row->unit : "");
  }
  PetscCall(VmLog(s->sim->comm, "  %-14s %s:%s%s%s", name, law_name, line, fit.message[0] ? "; " : "", fit.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A point of the master curve. */
typedef struct {
  double omega, storage, loss;
} MasterPoint;

static int ByOmega(const void *a, const void *b)
{
  const double x = ((const MasterPoint *)a)->omega, y = ((const MasterPoint *)b)->omega;
  return (x > y) - (x < y);
}

/* All points at their frequency at the reference temperature, in rising order: omega, storage, loss [n] each. */
static PetscErrorCode MasterCurve(const VmSpectrum *s, const double *factor, const double *storage, const double *loss,
                                  double *curve)
{
  const int64_t n = s->temperatures * s->frequencies;
  MasterPoint *points;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)n, &points));
  for (int64_t i = 0; i < n; ++i)
    points[i] = (MasterPoint){s->omega[i % s->frequencies] * factor[i / s->frequencies], storage[i], loss[i]};
  qsort(points, (size_t)n, sizeof *points, ByOmega);
  for (int64_t i = 0; i < n; ++i)
    curve[i] = points[i].omega, curve[n + i] = points[i].storage, curve[2 * n + i] = points[i].loss;
  PetscCall(PetscFree(points));
  PetscCall(WriteVector(s, "master_omega", n, curve, (VmMeta){"1/s", "angular frequency times shift factor", "point"}));
  PetscCall(WriteVector(s, "master_storage", n, curve + n, (VmMeta){"GPa", "storage modulus", "point"}));
  PetscCall(WriteVector(s, "master_loss", n, curve + 2 * n, (VmMeta){"GPa", "loss modulus", "point"}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frequencies below which spectra tell nothing about their shift, and the misfit above which they do not superpose. */
enum { LEAST_FREQUENCIES = 6 };
static const double most_misfit = 0.05;

/* Shift factors with their Arrhenius and VFT laws, master curve and its law. */
static PetscErrorCode Superpose(const VmSpectrum *s, const double *storage, const double *loss)
{
  const int64_t reference = s->temperatures / 2, n = s->temperatures * s->frequencies;
  const VmLawData shifts = {.n = s->temperatures, .x = s->temperature};
  double *shift, *misfit, *factor, *curve;
  double worst = 0.0;
  bool whole = true;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4((size_t)s->temperatures, &shift, (size_t)s->temperatures, &misfit, (size_t)s->temperatures,
                         &factor, 3 * (size_t)n, &curve));
  PetscCall(VmMasterCurve(s->temperatures, s->frequencies, s->omega, storage, loss, reference, shift, misfit));
  for (int64_t t = 0; t < s->temperatures; ++t) {
    factor[t] = exp(shift[t]);
    whole = whole && isfinite(shift[t]);
    worst = fmax(worst, misfit[t]);
  }
  PetscCall(WriteVector(s, "shift_factor", s->temperatures, factor,
                        (VmMeta){"1", "a_T: spectra coincide over omega a_T", "temperature"}));
  PetscCall(WriteVector(s, "shift_misfit", s->temperatures, misfit,
                        (VmMeta){"1", "rms difference of ln(modulus) to the neighbour", "temperature"}));
  PetscCall(VmH5AttrReal(s->sim->file, s->group, "reference_temperature", 1, &s->temperature[reference]));
  if (!whole) {
    PetscCall(VmWarn(s->sim->comm, "spectra of neighbouring temperatures do not overlap: no master curve; take "
                                   "temperatures closer together or a wider range of frequencies"));
  } else {
    if (worst > most_misfit)
      PetscCall(
          VmWarn(s->sim->comm,
                 "%s: spectra do not superpose (rms difference of ln(modulus) up to %.2g): several processes, and "
                 "the shift factors are those of none",
                 s->name, worst));
    VmLawData data = shifts;
    data.values = factor;
    PetscCall(Fit(s, "arrhenius", "shift_arrhenius", &data, "1"));
    PetscCall(Fit(s, "vft", "shift_vft", &data, "1"));
    PetscCall(MasterCurve(s, factor, storage, loss, curve));
    if (s->params->fit)
      PetscCall(Fit(s, s->params->fit, "fit", &(VmLawData){.n = n, .x = curve, .values = curve + n}, "GPa"));
  }
  PetscCall(PetscFree4(shift, misfit, factor, curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FitSpectrum(const VmSpectrum *s, const double *storage, const double *loss)
{
  const size_t n = (size_t)s->frequencies;
  double *values;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * n, &values));
  memcpy(values, storage, n * sizeof(double));
  memcpy(values + n, loss, n * sizeof(double));
  PetscCall(Fit(s, s->params->fit, "fit", &(VmLawData){.n = s->frequencies, .x = s->omega, .values = values}, "GPa"));
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSpectrumFinish(const VmSpectrum *s, double **storage, double **loss, double **tan_delta)
{
  const size_t n = (size_t)(s->temperatures * s->frequencies);
  double *read[3];
  int64_t best = 0;
  char path[160];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(n, storage, n, loss, n, tan_delta));
  read[0] = *storage, read[1] = *loss, read[2] = *tan_delta;
  for (int c = VM_STORAGE; c <= VM_TAN_DELTA; ++c) {
    Path(s, columns[c].name, path);
    PetscCall(VmH5Read(s->sim->file, path, VM_F64, read[c]));
  }
  PetscCall(WriteAxes(s));
  PetscCall(VmAgree(s->sim->comm, s->sim->grid->rank == 0 ? WriteCsv(s, *storage, *loss, *tan_delta) : PETSC_SUCCESS));
  for (size_t i = 1; i < n; ++i)
    if ((*tan_delta)[i] > (*tan_delta)[best]) best = (int64_t)i;
  PetscCall(VmLog(s->sim->comm, "%-16s largest tan delta %.5g at %.4g Hz and %.4g K (storage %.5g, loss %.5g GPa)",
                  s->name, (*tan_delta)[best], s->omega[best % s->frequencies] / (2.0 * VM_PI),
                  s->temperature[best / s->frequencies], (*storage)[best], (*loss)[best]));
  const bool lossy = (*tan_delta)[best] > 1e-12;
  if (lossy && s->temperatures > 1 && s->frequencies >= LEAST_FREQUENCIES) PetscCall(Superpose(s, *storage, *loss));
  else if (lossy && s->temperatures == 1 && s->params->fit) PetscCall(FitSpectrum(s, *storage, *loss));
  PetscFunctionReturn(PETSC_SUCCESS);
}
