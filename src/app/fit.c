#include "fit_data.h"
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HELP                                                                                                           \
  "Fits a law to columns of a table by least squares, with a standard error and an interval for each parameter.\n"     \
  "The first line of the table names its columns, e.g. \"omega [1/s], storage [GPa], loss [GPa]\"; the columns "       \
  "taken\n"                                                                                                            \
  "are those with the names of the law, otherwise the first ones. vitromech list law names the laws, vitromech help\n" \
  "law.kww the columns and parameters of one.\n\n"                                                                     \
  "  --set NAME=VALUE    holds a parameter, e.g. --set gamma=1 or --set time=\"3 min\"\n"                              \
  "  --start NAME=VALUE  where the search begins; otherwise found from the data\n"                                     \
  "  --x NAME            column of the argument\n"                                                                     \
  "  --y NAME            column of the values; twice for storage and loss\n"                                           \
  "  --error NAME        column of their standard errors\n"                                                            \
  "  --confidence P      of the intervals, 0.95\n"                                                                     \
  "  --bootstrap N       intervals also from N fits to resampled residuals, e.g. 1000\n"                               \
  "  --output PREFIX     of the files written, PREFIX.json and PREFIX.csv; default DATA.LAW beside the data\n"         \
  "  --report            also PREFIX.h5, and PREFIX.html with the picture\n\n"                                         \
  "example:\n  vitromech fit kww relaxation.csv --set residual=0 --bootstrap 1000"

typedef struct {
  const VmLawOps *law;
  VmLawFitOptions options;
  VmFitData data;
  VmLawFit fit;
  const char *source;
  char prefix[PETSC_MAX_PATH_LEN];
} Job;

static const char *ParameterUnit(const Job *job, int p)
{
  return job->law->scaled >> p & 1u ? job->data.unit_text : job->law->head.params->rows[p].unit;
}

static PetscErrorCode FindLaw(MPI_Comm comm, const char *name, const VmLawOps **law)
{
  const char *names[64];
  int count = 0;
  PetscFunctionBegin;
  *law = (const VmLawOps *)VmPluginFind(&vm_law_kind, name);
  if (*law) PetscFunctionReturn(PETSC_SUCCESS);
  for (; vm_law_kind.table[count] && count < 63; ++count) names[count] = vm_law_kind.table[count]->name;
  names[count] = NULL;
  const char *closest = VmDidYouMean(name, names);
  VmThrow(comm, VM_ERR_INPUT, "no law \"%s\"%s%s%s; vitromech list law names them", name,
          closest ? "; did you mean " : "", closest ? closest : "", closest ? "?" : "");
}

/* NAME=VALUE of --set or --start into values[parameter]. */
static PetscErrorCode Assign(MPI_Comm comm, const VmLawOps *law, const char *option, const char *text, double *values)
{
  const VmParam *rows = law->head.params->rows;
  const size_t length = strcspn(text, "=");
  const char *names[VM_LAW_MOST_PARAMETERS + 1] = {NULL};
  char name[64], why[256];
  PetscFunctionBegin;
  snprintf(name, sizeof name, "%.*s", (int)length, text);
  for (int p = 0; rows[p].key; ++p) {
    names[p] = rows[p].key;
    if (strcmp(rows[p].key, name) != 0) continue;
    if (!text[length]) VmThrow(comm, VM_ERR_INPUT, "%s %s: a value is needed, %s=VALUE", option, text, name);
    if (!VmUnitParse(text + length + 1, rows[p].unit, &values[p], why))
      VmThrow(comm, VM_ERR_INPUT, "%s %s: %s", option, text, why);
    if (values[p] < rows[p].min || values[p] > rows[p].max)
      VmThrow(comm, VM_ERR_INPUT, "%s %s: outside %g to %g%s%s", option, text, rows[p].min, rows[p].max,
              strcmp(rows[p].unit, "1") ? " " : "", strcmp(rows[p].unit, "1") ? rows[p].unit : "");
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  const char *closest = VmDidYouMean(name, names);
  VmThrow(comm, VM_ERR_INPUT, "%s %s: law %s has no parameter %s%s%s%s", option, text, law->head.name, name,
          closest ? "; did you mean " : "", closest ? closest : "", closest ? "?" : "");
}

static PetscErrorCode ReadNumber(MPI_Comm comm, const char *option, const char *text, double min, double max,
                                 double *value)
{
  char *end;
  PetscFunctionBegin;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  *value = strtod(text, &end);
  if (end == text || *end || !(*value >= min && *value <= max))
    VmThrow(comm, VM_ERR_INPUT, "%s \"%s\": a number from %g to %g is needed", option, text, min, max);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* PREFIX as asked for, or the name of the data without its ending, a dot and the law. */
static void SetPrefix(Job *job, const char *asked)
{
  const char *slash = strrchr(job->source, '/'), *dot = strrchr(slash ? slash : job->source, '.');
  const int length = (int)(dot && dot > job->source ? (size_t)(dot - job->source) : strlen(job->source));
  if (asked) snprintf(job->prefix, sizeof job->prefix, "%s", asked);
  else snprintf(job->prefix, sizeof job->prefix, "%.*s.%s", length, job->source, job->law->head.name);
}

static void PrintTable(const Job *job)
{
  const VmLawFit *fit = &job->fit;
  const VmParam *rows = job->law->head.params->rows;
  const int percent = (int)lround(100.0 * job->options.confidence);
  printf("%s: %s\n%lld points, %lld degrees of freedom, %d iterations; rms of the residuals %.4g%s\n",
         job->law->head.name, job->law->head.doc, (long long)job->data.data.n, (long long)fit->degrees, fit->iterations,
         fit->rms,
         job->data.data.errors ? " standard errors"
         : job->law->relative  ? " (of logarithms)"
                               : "");
  printf("%-22s %14s %12s   %d %% interval\n", "parameter", "value", "error", percent);
  for (int p = 0; rows[p].key; ++p) {
    printf("%-22s %14.7g ", rows[p].key, fit->value[p]);
    if (fit->held[p]) printf("%12s", "held");
    else if (fit->at_bound[p]) printf("%12s", "at its bound");
    else printf("%12.3g   %.6g .. %.6g", fit->error[p], fit->low[p], fit->high[p]);
    if (!isnan(fit->boot_low[p])) printf("   bootstrap %.6g .. %.6g", fit->boot_low[p], fit->boot_high[p]);
    printf(" %s\n", strcmp(ParameterUnit(job, p), "1") ? ParameterUnit(job, p) : "");
  }
  if (fit->message[0]) printf("note: %s\n", fit->message);
}

static void JsonNumber(FILE *out, const char *name, double value, const char *after)
{
  if (isfinite(value)) fprintf(out, "\"%s\": %.17g%s", name, value, after);
  else fprintf(out, "\"%s\": null%s", name, after);
}

static void WriteJson(const Job *job, FILE *out)
{
  const VmLawFit *fit = &job->fit;
  const VmParam *rows = job->law->head.params->rows;
  fprintf(out, "{\n  \"law\": \"%s\", \"converged\": %s, \"points\": %lld, \"degrees_of_freedom\": %lld,\n  ",
          job->law->head.name, fit->converged ? "true" : "false", (long long)job->data.data.n, (long long)fit->degrees);
  JsonNumber(out, "rms", fit->rms, ", ");
  JsonNumber(out, "confidence", job->options.confidence, ",\n  \"parameters\": {\n");
  for (int p = 0; rows[p].key; ++p) {
    fprintf(out, "    \"%s\": {\"unit\": \"%s\", \"held\": %s, \"at_bound\": %s, ", rows[p].key, ParameterUnit(job, p),
            fit->held[p] ? "true" : "false", fit->at_bound[p] ? "true" : "false");
    JsonNumber(out, "value", fit->value[p], ", ");
    JsonNumber(out, "error", fit->error[p], ", ");
    JsonNumber(out, "low", fit->low[p], ", ");
    JsonNumber(out, "high", fit->high[p], ", ");
    JsonNumber(out, "bootstrap_low", fit->boot_low[p], ", ");
    JsonNumber(out, "bootstrap_high", fit->boot_high[p], rows[p + 1].key ? "},\n" : "}\n");
  }
  fputs("  }\n}\n", out);
}

static void WriteCsv(const Job *job, const double *model, FILE *out)
{
  const int64_t n = job->data.data.n;
  fprintf(out, "%s [%s]", job->law->argument.name, job->law->argument.unit);
  for (int k = 0; k < job->data.parts; ++k) {
    const char *name = job->law->values[k].name, *unit = job->data.unit_text;
    fprintf(out, ",%s [%s],%s fitted [%s]", name, unit, name, unit);
  }
  fputc('\n', out);
  for (int64_t i = 0; i < n; ++i) {
    fprintf(out, "%.10g", job->data.x[i]);
    for (int k = 0; k < job->data.parts; ++k)
      fprintf(out, ",%.10g,%.10g", job->data.values[k * n + i], model[k * n + i]);
    fputc('\n', out);
  }
}

static PetscErrorCode WriteH5(MPI_Comm comm, const Job *job)
{
  const int64_t version = VM_FORMAT_VERSION;
  const char *const group = VM_PATH_STATISTICS "/fit";
  char path[PETSC_MAX_PATH_LEN + 8];
  VmH5 file;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s.h5", job->prefix);
  PetscCall(VmH5Open(comm, path, VM_H5_CREATE, &file));
  PetscCall(VmH5AttrText(file, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(file, "/", "format_version", 1, &version));
  PetscCall(VmLawFitWrite(file, group, job->law, &job->data.data, &job->fit, job->data.unit_text));
  PetscCall(VmH5AttrText(file, group, "statistic", "fit"));
  PetscCall(VmH5AttrText(file, group, "of", job->source));
  PetscCall(VmH5AttrText(file, "/", "status", VM_STATUS_COMPLETE));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On rank 0: the table on the screen, JSON and CSV. */
static PetscErrorCode WriteTexts(const Job *job, const double *model)
{
  static const char *const endings[] = {"json", "csv"};
  char path[PETSC_MAX_PATH_LEN + 8];
  PrintTable(job);
  for (int kind = 0; kind < 2; ++kind) {
    snprintf(path, sizeof path, "%s.%s", job->prefix, endings[kind]);
    FILE *out = fopen(path, "w");
    if (out && kind == 0) WriteJson(job, out);
    if (out && kind == 1) WriteCsv(job, model, out);
    if (!out || fclose(out) != 0) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path);
    printf("written: %s\n", path);
  }
  return PETSC_SUCCESS;
}

static PetscErrorCode FitAndWrite(MPI_Comm comm, Job *job, bool report)
{
  double *model;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmLawFitRun(job->law, &job->data.data, &job->options, &job->fit));
  if (job->fit.degrees < 1)
    VmThrow(comm, VM_ERR_INPUT, "%s: %s; more points, or fewer free parameters (--set) are needed", job->source,
            job->fit.message);
  PetscCall(PetscMalloc1((size_t)(job->data.parts * job->data.data.n), &model));
  PetscCall(job->law->evaluate(job->fit.value, job->data.data.n, job->data.x, model));
  PetscErrorCode code = VmAgree(comm, rank == 0 ? WriteTexts(job, model) : PETSC_SUCCESS);
  if (!code && report) code = WriteH5(comm, job);
  PetscCall(PetscFree(model));
  PetscCall(code);
  if (!job->fit.converged) VmThrow(comm, VM_ERR_DIVERGED, "fit of %s: %s", job->law->head.name, job->fit.message);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0}, held = {0}, start = {0};
  VmFitColumns columns = {0};
  const char *confidence = NULL, *bootstrap = NULL, *output = NULL;
  bool report = false;
  double runs = 0.0;
  Job job = {0};
  const VmOption options[] = {{.name = "--set", .values = &held},
                              {.name = "--start", .values = &start},
                              {.name = "--x", .value = &columns.x},
                              {.name = "--y", .values = &columns.y},
                              {.name = "--error", .values = &columns.error},
                              {.name = "--confidence", .value = &confidence},
                              {.name = "--bootstrap", .value = &bootstrap},
                              {.name = "--output", .value = &output},
                              {.name = "--report", .flag = &report},
                              {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_fit, argc, argv, options, 2, 2, &words));
  PetscCall(FindLaw(comm, words.words[0], &job.law));
  VmLawFitOptionsInit(&job.options);
  for (int i = 0; i < held.count; ++i) PetscCall(Assign(comm, job.law, "--set", held.words[i], job.options.held));
  for (int i = 0; i < start.count; ++i) PetscCall(Assign(comm, job.law, "--start", start.words[i], job.options.start));
  PetscCall(ReadNumber(comm, "--confidence", confidence, 0.5, 0.9999, &job.options.confidence));
  PetscCall(ReadNumber(comm, "--bootstrap", bootstrap, 40.0, 1e6, &runs));
  job.options.bootstrap = (int)runs;
  job.source = words.words[1];
  SetPrefix(&job, output);
  PetscCall(VmFitDataRead(comm, job.source, job.law, &columns, &job.data));
  const PetscErrorCode code = FitAndWrite(comm, &job, report);
  PetscCall(VmFitDataFree(&job.data));
  PetscCall(code);
  if (report) {
    char h5[PETSC_MAX_PATH_LEN + 8], html[PETSC_MAX_PATH_LEN + 8];
    const char *const files[] = {h5};
    snprintf(h5, sizeof h5, "%s.h5", job.prefix), snprintf(html, sizeof html, "%s.html", job.prefix);
    PetscCall(VmReportExec(1, files, html, true));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_fit = {
    .name = "fit",
    .usage = "fit LAW DATA.csv [--set NAME=VALUE ...] [--start NAME=VALUE ...] [--x NAME] [--y NAME ...] "
             "[--error NAME ...] [--confidence P] [--bootstrap N] [--output PREFIX] [--report]",
    .summary = "a law fitted to a table, with intervals of its parameters",
    .help = HELP,
    .run = Run,
};
