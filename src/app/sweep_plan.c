/* The plan of a sweep and its expansion into points. */
#include "sweep.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for the text of a value. */
enum { VALUE_TEXT = 512 };

/* "1.7 nm" as a number and the rest; false if it does not begin with a finite number. */
static bool SplitQuantity(const char *text, double *value, const char **unit)
{
  char *end;
  *value = strtod(text, &end);
  while (*end == ' ') ++end;
  *unit = end;
  return end != text && isfinite(*value);
}

/* Text of the value a fraction x of the way along a range. */
static void RangeValue(const VmSweepParameter *p, double x, char text[VALUE_TEXT])
{
  double ends[2] = {0.0, 0.0};
  const char *unit = "";
  (void)SplitQuantity(p->from, &ends[0], &unit);
  (void)SplitQuantity(p->to, &ends[1], &unit);
  const double value =
      p->scale == VM_SCALE_LOG ? ends[0] * pow(ends[1] / ends[0], x) : ends[0] + x * (ends[1] - ends[0]);
  snprintf(text, VALUE_TEXT, "%.9g%s%s", value, *unit ? " " : "", unit);
}

static PetscErrorCode CheckRange(const VmSweepParameter *p, VmReport report)
{
  double ends[2];
  const char *units[2];
  PetscFunctionBegin;
  for (int i = 0; i < p->values.count; ++i)
    if (strlen(((char **)p->values.items)[i]) >= VALUE_TEXT)
      PetscCall(VmReportAdd(report, NULL, "%s: value %d has more than %d characters; make it shorter", p->path, i + 1,
                            VALUE_TEXT - 1));
  if (p->values.count > 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (!SplitQuantity(p->from, &ends[0], &units[0]) || !SplitQuantity(p->to, &ends[1], &units[1])) {
    PetscCall(VmReportAdd(report, NULL, "%s: from \"%s\" and to \"%s\" must be numbers with their unit", p->path,
                          p->from, p->to));
  } else if (strcmp(units[0], units[1]) != 0) {
    PetscCall(VmReportAdd(report, NULL, "%s: from is in \"%s\" and to in \"%s\"; write both in one unit", p->path,
                          units[0], units[1]));
  } else if (p->scale == VM_SCALE_LOG && !(ends[0] > 0.0 && ends[1] > 0.0)) {
    PetscCall(VmReportAdd(report, NULL, "%s: a range on a logarithmic scale must be positive", p->path));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int64_t Choices(const VmSweepParameter *p) { return p->values.count > 0 ? p->values.count : p->points; }

/* Points without repetitions; 0 after a problem. */
static PetscErrorCode CountPoints(const VmSweepParams *p, VmReport report, int64_t *count)
{
  enum { MOST = 1000000 };
  const VmSweepParameter *parameter = p->parameters.items;
  PetscFunctionBegin;
  *count = p->design == VM_DESIGN_LATIN_HYPERCUBE ? p->samples : 1;
  for (int i = 0; i < p->parameters.count && *count <= MOST; ++i) {
    PetscCall(CheckRange(&parameter[i], report));
    if (p->design == VM_DESIGN_GRID) *count *= Choices(&parameter[i]);
    if (p->design != VM_DESIGN_LIST) continue;
    if (i == 0) *count = Choices(&parameter[0]);
    else if (*count != Choices(&parameter[i]))
      PetscCall(VmReportAdd(report, NULL, "design list: %s has %lld values and %s has %lld", parameter[0].path,
                            (long long)*count, parameter[i].path, (long long)Choices(&parameter[i])));
  }
  if (*count * p->seeds.count > MOST)
    PetscCall(VmReportAdd(report, NULL, "%lld points and more; at most %d can be planned", (long long)*count, MOST));
  if (VmReportCount(report) > 0) *count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Position of sample `point` in a random order of n, by sorting random numbers: any order is equally likely. */
static int64_t Stratum(VmRngKey key, int parameter, int64_t n, int64_t point)
{
  const double mine = VmRngUniform(key, (uint64_t)point, (uint32_t)(2 * parameter));
  int64_t before = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double other = VmRngUniform(key, (uint64_t)i, (uint32_t)(2 * parameter));
    before += other < mine || (other == mine && i < point);
  }
  return before;
}

static void ValueText(const VmSweepParams *p, int index, int64_t point, int64_t count, int64_t stride,
                      char text[VALUE_TEXT])
{
  const VmSweepParameter *parameter = (const VmSweepParameter *)p->parameters.items + index;
  if (p->design == VM_DESIGN_LATIN_HYPERCUBE) {
    const VmRngKey key = {.seed = (uint64_t)p->seeds.first, .stream = VM_STREAM_SWEEP};
    const double within = VmRngUniform(key, (uint64_t)point, (uint32_t)(2 * index + 1));
    RangeValue(parameter, ((double)Stratum(key, index, count, point) + within) / (double)count, text);
    return;
  }
  const int64_t n = Choices(parameter), choice = p->design == VM_DESIGN_LIST ? point : point / stride % n;
  if (parameter->values.count > 0) snprintf(text, VALUE_TEXT, "%s", ((char **)parameter->values.items)[choice]);
  else RangeValue(parameter, n > 1 ? (double)choice / (double)(n - 1) : 0.0, text);
}

/* Seed of one run. Made from the values of the point and not from its number, it stays when the plan is refined. */
static int64_t Seed(const VmSweep sweep, int point)
{
  const VmSweepParams *p = &sweep->params;
  const int64_t repetition = p->seeds.first + point % p->seeds.count;
  char hex[65], text[4096] = "";
  if (p->seeds.common) return repetition;
  for (int c = 0; c + 1 < sweep->columns; ++c)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s=%s\n", sweep->names[c],
             sweep->texts[point * sweep->columns + c]);
  VmSha256Text(text, strlen(text), hex);
  hex[8] = '\0';
  return (int64_t)strtoul(hex, NULL, 16) % 1000000 * 100000 + repetition % 100000;
}

static PetscErrorCode Expand(VmSweep sweep, VmReport report)
{
  const VmSweepParams *p = &sweep->params;
  int64_t count, stride = 1;
  PetscFunctionBegin;
  PetscCall(CountPoints(p, report, &count));
  if (count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  const int parameters = p->parameters.count;
  sweep->columns = parameters + 1;
  sweep->count = (int)(count * p->seeds.count);
  PetscCall(PetscCalloc1((size_t)sweep->columns, &sweep->names));
  PetscCall(PetscCalloc1((size_t)sweep->count * (size_t)sweep->columns, &sweep->texts));
  PetscCall(PetscCalloc1((size_t)sweep->count, &sweep->id));
  sweep->names[parameters] = "seed";
  for (int c = parameters - 1; c >= 0; --c) {
    char text[VALUE_TEXT];
    sweep->names[c] = ((VmSweepParameter *)p->parameters.items)[c].path;
    for (int i = 0; i < sweep->count; ++i) {
      ValueText(p, c, i / p->seeds.count, count, stride, text);
      PetscCall(PetscStrallocpy(text, &sweep->texts[i * sweep->columns + c]));
    }
    stride *= Choices((VmSweepParameter *)p->parameters.items + c);
  }
  for (int i = 0; i < sweep->count; ++i) {
    char text[VALUE_TEXT];
    snprintf(text, sizeof text, "%lld", (long long)Seed(sweep, i));
    PetscCall(PetscStrallocpy(text, &sweep->texts[i * sweep->columns + parameters]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The assignments of a point after one another; *words ends with NULL and its texts are freed with FreeWords. */
static PetscErrorCode Assignments(VmSweep sweep, int point, const char *directory, char ***words)
{
  const int fixed = sweep->params.set.count;
  char text[PETSC_MAX_PATH_LEN + VALUE_TEXT];
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(fixed + sweep->columns + 2), words));
  for (int i = 0; i < fixed; ++i) PetscCall(PetscStrallocpy(((char **)sweep->params.set.items)[i], &(*words)[i]));
  for (int c = 0; c < sweep->columns; ++c) {
    snprintf(text, sizeof text, "%s=%s", sweep->names[c], sweep->texts[point * sweep->columns + c]);
    PetscCall(PetscStrallocpy(text, &(*words)[fixed + c]));
  }
  snprintf(text, sizeof text, "output.directory=\"%s\"", directory);
  PetscCall(PetscStrallocpy(text, &(*words)[fixed + sweep->columns]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeWords(char ***words)
{
  PetscFunctionBegin;
  for (char **w = *words; *w; ++w) PetscCall(PetscFree(*w));
  PetscCall(PetscFree(*words));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepCase(VmSweep sweep, int point, VmCaseFile *file)
{
  char directory[PETSC_MAX_PATH_LEN], **words;
  PetscFunctionBegin;
  VmSweepPath(sweep, point, "", sizeof directory, directory);
  PetscCall(Assignments(sweep, point, directory, &words));
  const PetscErrorCode code = VmCaseRead(sweep->comm, sweep->case_path, (const char *const *)words, file);
  PetscCall(FreeWords(&words));
  PetscFunctionReturn(code);
}

/* The id of a point is the hash of its effective input, wherever its results go. */
static PetscErrorCode Identify(VmSweep sweep, int point)
{
  char **words, hex[65], *used;
  PetscFunctionBegin;
  PetscCall(Assignments(sweep, point, "sweep", &words));
  const PetscErrorCode code = VmCaseReadInput(sweep->comm, sweep->case_path, (const char *const *)words, &used);
  if (code)
    PetscCall(VmLog(sweep->comm, "this is point %d of the sweep: %s, %s, ...", point, words[sweep->params.set.count],
                    sweep->columns > 1 ? words[sweep->params.set.count + 1] : ""));
  PetscCall(FreeWords(&words));
  PetscCall(code);
  VmSha256Text(used, strlen(used), hex);
  PetscCall(PetscFree(used));
  snprintf(sweep->id[point], VM_POINT_ID, "%.12s", hex);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareIds(const void *a, const void *b) { return strcmp(a, b); }

/* Two points with the same input would be one run. */
static PetscErrorCode CheckDistinct(VmSweep sweep)
{
  char(*sorted)[VM_POINT_ID];
  int twice = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sweep->count, &sorted));
  memcpy(sorted, sweep->id, (size_t)sweep->count * sizeof *sorted);
  qsort(sorted, (size_t)sweep->count, sizeof *sorted, CompareIds);
  for (int i = 1; i < sweep->count; ++i) twice += strcmp(sorted[i], sorted[i - 1]) == 0;
  PetscCall(PetscFree(sorted));
  if (twice > 0)
    VmThrow(sweep->comm, VM_ERR_INPUT, "%s: %d of %d points are the same as another one; remove repeated values",
            sweep->path, twice, sweep->count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadPlan(VmSweep sweep)
{
  VmReport report;
  VmNode *root = NULL;
  size_t size;
  PetscFunctionBegin;
  PetscCall(VmFileBroadcast(sweep->comm, sweep->path, &sweep->text, &size));
  PetscCall(VmReportCreate(sweep->comm, sweep->path, &report));
  PetscCall(VmTreeParse(sweep->text, size, report, &root));
  if (root && VmReportCount(report) == 0) PetscCall(VmParamsRead(&vm_sweep_table, root, report, &sweep->params));
  if (root && VmReportCount(report) == 0) PetscCall(Expand(sweep, report));
  const PetscErrorCode code = VmReportFinish(report);
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmTreeDestroy(&root));
  PetscFunctionReturn(code);
}

static PetscErrorCode Prepare(VmSweep sweep)
{
  VmCaseFile file;
  PetscFunctionBegin;
  PetscCall(ReadPlan(sweep));
  const char *slash = strrchr(sweep->path, '/');
  const char *base = sweep->params.base_case;
  const int folder = slash && base[0] != '/' ? (int)(slash - sweep->path) + 1 : 0;
  snprintf(sweep->case_path, sizeof sweep->case_path, "%.*s%s", folder, sweep->path, base);
  for (int i = 0; i < sweep->count; ++i) PetscCall(Identify(sweep, i));
  PetscCall(CheckDistinct(sweep));
  PetscCall(VmSweepCase(sweep, 0, &file)); /* the files it refers to */
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepRead(MPI_Comm comm, const char *path, VmSweep *out)
{
  VmSweep sweep;
  PetscFunctionBegin;
  PetscCall(PetscNew(&sweep));
  sweep->comm = comm;
  PetscCall(PetscStrallocpy(path, &sweep->path));
  const PetscErrorCode code = Prepare(sweep);
  if (code) PetscCall(VmSweepDestroy(&sweep));
  PetscCall(code);
  *out = sweep;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSweepDestroy(VmSweep *sweep)
{
  VmSweep s = *sweep;
  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; s->texts && i < s->count * s->columns; ++i) PetscCall(PetscFree(s->texts[i]));
  PetscCall(PetscFree(s->texts));
  PetscCall(PetscFree(s->names));
  PetscCall(PetscFree(s->id));
  PetscCall(VmParamsFree(&vm_sweep_table, &s->params));
  PetscCall(PetscFree(s->path));
  PetscCall(PetscFree(s->text));
  PetscCall(PetscFree(*sweep));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmSweepPath(VmSweep sweep, int point, const char *name, size_t size, char *path)
{
  snprintf(path, size, "%s/points/%s%s%s", sweep->params.directory, sweep->id[point], *name ? "/" : "", name);
}

void VmSweepField(FILE *csv, const char *text)
{
  const bool quote = strpbrk(text, ",\"\n") != NULL;
  if (quote) fputc('"', csv);
  for (; *text; ++text) {
    if (*text == '"') fputc('"', csv);
    fputc(*text, csv);
  }
  if (quote) fputc('"', csv);
}

PetscErrorCode VmSweepManifest(VmSweep sweep)
{
  char path[PETSC_MAX_PATH_LEN], *text = NULL;
  size_t size;
  PetscFunctionBegin;
  FILE *csv = open_memstream(&text, &size);
  PetscCheck(csv, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a manifest");
  fprintf(csv, "point,id");
  for (int c = 0; c < sweep->columns; ++c) fputc(',', csv), VmSweepField(csv, sweep->names[c]);
  for (int i = 0; i < sweep->count; ++i) {
    fprintf(csv, "\n%d,%s", i, sweep->id[i]);
    for (int c = 0; c < sweep->columns; ++c) fputc(',', csv), VmSweepField(csv, sweep->texts[i * sweep->columns + c]);
  }
  fputc('\n', csv);
  fclose(csv);
  snprintf(path, sizeof path, "%s/points", sweep->params.directory);
  PetscCall(VmDirectoryCreate(sweep->comm, path));
  snprintf(path, sizeof path, "%s/manifest.csv", sweep->params.directory);
  PetscCall(VmFileReplace(sweep->comm, path, text));
  free(text);
  snprintf(path, sizeof path, "%s/plan.yaml", sweep->params.directory);
  PetscCall(VmFileReplace(sweep->comm, path, sweep->text));
  PetscFunctionReturn(PETSC_SUCCESS);
}
