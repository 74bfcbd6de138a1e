#include "curve.h"
#include "params.h"
#include "table.h"

#include <vitromech/log.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is compared, and the tables made so far. */
typedef struct {
  MPI_Comm comm;
  VmH5 out;
  VmStatistics statistics;
  VmConditions conditions;
  int count;
  VmComparison *comparisons;
} Job;

static PetscErrorCode JobCreate(MPI_Comm comm, const VmCompareParams *params, VmH5 analysis, VmH5 out, Job *job)
{
  PetscFunctionBegin;
  *job = (Job){.comm = comm, .out = out};
  PetscCall(VmStatisticsCreate(analysis, &job->statistics));
  PetscCall(VmConditionsRead(analysis, &job->conditions));
  PetscCall(PetscCalloc1((size_t)(params->references.count + params->measured.count), &job->comparisons));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode JobDestroy(Job *job)
{
  PetscFunctionBegin;
  PetscCall(VmStatisticsDestroy(&job->statistics));
  PetscCall(PetscFree(job->comparisons));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void SetNote(VmRow *row, const char *ours, const char *theirs)
{
  snprintf(row->note, sizeof row->note, "%s%s%s", ours, ours[0] && theirs[0] ? "; " : "", theirs);
}

static PetscErrorCode CompareReference(Job *job, const VmReference *reference)
{
  VmComparison *c = &job->comparisons[job->count++];
  PetscFunctionBegin;
  snprintf(c->name, sizeof c->name, "%s", reference->name);
  snprintf(c->title, sizeof c->title, "%s", reference->title);
  PetscCall(VmLog(job->comm, "comparison with %s: %s", c->name, c->title));
  PetscCall(VmConditionsPrint(job->comm, &job->conditions, &reference->conditions, c->name));
  for (const VmReferenceValue *value = reference->values; value->quantity; ++value) {
    VmMeasured measured = {.value = NAN, .error = NAN};
    VmRow *row = VmComparisonAdd(c, value->quantity, value->unit);
    PetscCall(value->measure(job->statistics, &job->conditions, value->n, &measured));
    row->relation = value->relation;
    row->ours = measured.value;
    row->ours_error = measured.error;
    row->reference = value->value;
    row->reference_error = value->error;
    SetNote(row, measured.note, value->source);
  }
  PetscCall(VmComparisonPrint(job->comm, c));
  PetscCall(VmComparisonWrite(job->out, c, &reference->conditions));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AddPeak(VmComparison *c, const VmCurve *ours, const VmCurve *theirs, double k_min, double k_max)
{
  const VmPeak a = VmCurvePeak(ours, k_min, k_max), b = VmCurvePeak(theirs, k_min, k_max);
  VmRow *position = VmComparisonAdd(c, "V(k) peak position", "1/nm"), *height;
  position->ours = a.position;
  position->ours_error = a.position_error;
  position->reference = b.position;
  position->reference_error = b.position_error;
  height = VmComparisonAdd(c, "V(k) peak height", "1");
  height->ours = a.height;
  height->ours_error = a.height_error;
  height->reference = b.height;
  height->reference_error = b.height_error;
}

static void AddDistance(VmComparison *c, const VmCurve *ours, const VmCurve *theirs, double thickness_ratio)
{
  const VmCurveDistance d = VmCurveCompare(ours, theirs);
  VmRow *row = VmComparisonAdd(c, "chi^2 per point", "1");
  row->ours = d.chi2;
  snprintf(row->note, sizeof row->note,
           "1 if all agrees; %d points; errors of both, correlation of neighbouring points neglected", d.points);
  row = VmComparisonAdd(c, "chi^2 per point, ours scaled", "1");
  row->ours = d.scaled_chi2;
  snprintf(row->note, sizeof row->note, "agreement of the shapes alone");
  row = VmComparisonAdd(c, "scale of ours", "1");
  row->ours = d.points > 0 ? d.scale : NAN;
  if (!isnan(thickness_ratio)) {
    snprintf(row->note, sizeof row->note, "if V is inverse to the thickness: %.3g", thickness_ratio);
  }
}

/* Both curves and their errors on the points of the measured one; ours NAN outside its range. */
static PetscErrorCode WriteCurves(VmH5 file, const char *name, const VmCurve *ours, const VmCurve *theirs)
{
  const int64_t dims[1] = {theirs->n};
  char path[256];
  VmCurve at;
  PetscFunctionBegin;
  PetscCall(VmCurveCreate(theirs->n, &at));
  for (int i = 0; i < theirs->n; ++i) {
    if (!VmCurveAt(ours, theirs->k[i], &at.value[i], &at.error[i])) at.value[i] = at.error[i] = NAN;
  }
  const struct {
    const char *name, *unit, *long_name;
    const double *data;
  } columns[] = {{"k", "1/nm", "scattering vector 1/d", theirs->k},
                 {"reference", "1", "measured V(k)", theirs->value},
                 {"reference_error", "1", "standard deviation of the measured V(k)", theirs->error},
                 {"ours", "1", "our V(k), interpolated", at.value},
                 {"ours_error", "1", "standard error of our V(k)", at.error}};
  for (size_t i = 0; i < sizeof columns / sizeof columns[0]; ++i) {
    snprintf(path, sizeof path, "/comparison/%s/curve/%s", name, columns[i].name);
    PetscCall(
        VmH5Write(file, path, VM_F64, 1, dims, columns[i].data, (VmMeta){columns[i].unit, columns[i].long_name, "k"}));
  }
  PetscCall(VmCurveDestroy(&at));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Label(const VmMeasuredParams *measured, size_t size, char *label)
{
  const char *slash = strrchr(measured->file, '/');
  snprintf(label, size, "%s", measured->label ? measured->label : slash ? slash + 1 : measured->file);
  if (!measured->label && strrchr(label, '.')) *strrchr(label, '.') = '\0';
  for (char *c = label; *c; ++c)
    if (*c == '/') *c = '_';
}

static PetscErrorCode CompareCurve(Job *job, const VmMeasuredParams *measured, const char *path)
{
  VmComparison *c = &job->comparisons[job->count++];
  VmConditions theirs;
  VmCurve curve = {0}, ours = {0};
  double k_min, k_max;
  PetscFunctionBegin;
  Label(measured, sizeof c->name, c->name);
  snprintf(c->title, sizeof c->title, "measured V(k) of %s, definition %s",
           measured->composition ? measured->composition : "an alloy not named",
           vm_variance_definitions[measured->definition]);
  VmConditionsInit(&theirs);
  if (measured->composition) snprintf(theirs.composition, sizeof theirs.composition, "%s", measured->composition);
  theirs.probe = measured->probe;
  theirs.thickness = measured->thickness;
  PetscCall(VmCurveRead(job->comm, path, measured->k_unit == 1 ? 10.0 : 1.0, measured->scale, &curve));
  PetscCall(VmLog(job->comm, "comparison with %s: %s", c->name, c->title));
  PetscCall(VmConditionsPrint(job->comm, &job->conditions, &theirs, c->name));
  PetscCall(VmCurveOurs(job->statistics, &job->conditions, vm_variance_definitions[measured->definition], &ours));
  PetscCall(VmCurveWindow(job->statistics, &k_min, &k_max));
  AddPeak(c, &ours, &curve, k_min, k_max);
  AddDistance(c, &ours, &curve, job->conditions.thickness / measured->thickness);
  PetscCall(VmComparisonPrint(job->comm, c));
  PetscCall(VmComparisonWrite(job->out, c, &theirs));
  PetscCall(WriteCurves(job->out, c->name, &ours, &curve));
  PetscCall(VmCurveDestroy(&ours));
  PetscCall(VmCurveDestroy(&curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A relative path starts from the case, or else from the directory in VM_TEST_DATA. */
static bool FindFile(const char *file, const char *base, size_t size, char *path)
{
  const char *data = getenv("VM_TEST_DATA");
  snprintf(path, size, "%s%s", file[0] == '/' ? "" : base, file);
  if (access(path, R_OK) == 0) return true;
  if (file[0] == '/' || !data) return false;
  snprintf(path, size, "%s/%s", data, file);
  return access(path, R_OK) == 0;
}

static PetscErrorCode CompareMeasured(Job *job, const VmMeasuredParams *measured, const char *base)
{
  char path[PETSC_MAX_PATH_LEN];
  int rank, present = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(job->comm, &rank));
  if (rank == 0) present = FindFile(measured->file, base, sizeof path, path);
  PetscCallMPI(MPI_Bcast(&present, 1, MPI_INT, 0, job->comm));
  PetscCallMPI(MPI_Bcast(path, sizeof path, MPI_CHAR, 0, job->comm));
  if (!present) {
    PetscCall(VmLog(job->comm, "comparison with %s left out: the file is absent", measured->file));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(CompareCurve(job, measured, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunJob(Job *job, const VmCompareParams *params, const char *base, const char *csv_path)
{
  PetscFunctionBegin;
  for (int i = 0; i < params->references.count; ++i)
    PetscCall(CompareReference(job, VmReferenceFind(((char **)params->references.items)[i])));
  for (int i = 0; i < params->measured.count; ++i)
    PetscCall(CompareMeasured(job, (const VmMeasuredParams *)params->measured.items + i, base));
  PetscCall(VmComparisonCsv(job->comm, job->count, job->comparisons, csv_path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCompare(MPI_Comm comm, const VmCompareParams *params, const char *base, VmH5 analysis, VmH5 out,
                         const char *csv_path)
{
  Job job;
  PetscFunctionBegin;
  PetscCall(JobCreate(comm, params, analysis, out, &job));
  const PetscErrorCode code = RunJob(&job, params, base, csv_path);
  PetscCall(JobDestroy(&job));
  PetscFunctionReturn(code);
}
