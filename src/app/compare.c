#include "outputs.h"

#include <vitromech/infer.h>

#include <string.h>

#define HELP                                                                                                           \
  "compare ANALYSIS CASE          with the references and measured curves of the compare block of a case\n"            \
  "compare ANALYSIS --with NAME   with a publication (im2018)\n"                                                       \
  "compare ANALYSIS --measured FILE [--k-unit 1/A]\n"                                                                  \
  "                               with a measured curve: columns k, V(k), standard deviation\n"                        \
  "compare A B                    two analysis files: numbers, curves and maps that both hold: distances, verdicts\n"  \
  "compare [SAMPLE...] --infer PARAMETER SWEEP\n"                                                                      \
  "                               values of PARAMETER for which glasses of a sweep look like the sample\n\n"           \
  "The table is printed and written to /comparison of ANALYSIS and to a CSV. Differences of composition, probe\n"      \
  "and thickness are printed, never a failure.\n\n"                                                                    \
  "  --with NAME       may be given several times\n"                                                                   \
  "  --measured FILE   may be given several times; conditions of the measurement are named in a case\n"                \
  "  --k-unit UNIT     of the measured files: 1/nm (default) or 1/A\n"                                                 \
  "  --scale F         factor on measured values and their deviations (default 1); V(k) goes about as 1/thickness, "   \
  "so\n"                                                                                                               \
  "                    thickness of the measured foil over that of the simulated one\n"                                \
  "  --level P         of the verdicts of A and B (default 0.05)\n"                                                    \
  "  --csv FILE        default: comparison.csv beside ANALYSIS\n"                                                      \
  "  --output FILE     of A and B: curves with residuals and distributions for vitromech report\n\n"                   \
  "With --infer, SAMPLE is result.h5, analysis.h5, both, or nothing but values and curves that are given; SWEEP is\n"  \
  "the directory or table.h5 of vitromech sweep:\n"                                                                    \
  "  --infer NAMES     flow_unit_fraction, or paths of the plan with commas; all that is varied is fitted\n"           \
  "  --value NAME=X+-E a measured number (may be given several times)\n"                                               \
  "  --curve NAME=FILE a measured curve, e.g. fem/omega=vk.csv (columns k, V(k), standard deviation; --k-unit, "       \
  "--scale)\n"                                                                                                         \
  "  --using NAME      only this statistic (may be given several times)\n"                                             \
  "  --output FILE     default: inference.h5 beside SAMPLE, or here\n\n"                                               \
  "examples:\n  vitromech compare out/demo/analysis.h5 --with im2018\n"                                                \
  "  vitromech compare a/analysis.h5 b/analysis.h5 --output pair.h5 && vitromech report pair.h5\n"                     \
  "  vitromech compare out/sample/result.h5 --infer flow_unit_fraction out/flow_unit_fraction"

typedef struct {
  VmWords with, measured;
  const char *k_unit, *csv;
  double scale; /* of measured curves */
} Options;

/* The compare block that the options stand for, as YAML. */
static PetscErrorCode BlockText(MPI_Comm comm, const Options *o, size_t size, char *text)
{
  size_t length = 0;
  PetscFunctionBegin;
#define ADD(...) length += (size_t)snprintf(text + PetscMin(length, size), size - PetscMin(length, size), __VA_ARGS__)
  ADD("references: [");
  for (int i = 0; i < o->with.count; ++i) ADD("%s'%s'", i ? ", " : "", o->with.words[i]);
  ADD("]\nmeasured:%s\n", o->measured.count ? "" : " []");
  for (int i = 0; i < o->measured.count; ++i) {
    bool exists;
    PetscCall(VmFileExists(comm, o->measured.words[i], &exists));
    if (!exists) VmThrow(comm, VM_ERR_INPUT, "%s does not exist", o->measured.words[i]);
    ADD("  - {file: '%s', k_unit: '%s', scale: %.17g}\n", o->measured.words[i], o->k_unit ? o->k_unit : "1/nm",
        o->scale);
  }
#undef ADD
  if (length >= size) VmThrow(comm, VM_ERR_INPUT, "the options are too long");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadBlock(MPI_Comm comm, const char *text, void *params)
{
  VmReport report;
  VmNode *root = NULL;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(comm, "options of compare", &report));
  PetscCall(VmTreeParse(text, strlen(text), report, &root));
  if (root) PetscCall(VmParamsRead(&vm_compare_table, root, report, params));
  const PetscErrorCode code = VmReportFinish(report);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(code);
}

static void DefaultCsv(const char *analysis, size_t size, char *path)
{
  const char *slash = strrchr(analysis, '/');
  snprintf(path, size, "%.*s%s", slash ? (int)(slash - analysis) + 1 : 0, analysis, VM_FILE_COMPARISON);
}

static PetscErrorCode CompareWith(MPI_Comm comm, const char *path, const VmCompareParams *params, const char *base,
                                  const char *csv)
{
  char beside[PETSC_MAX_PATH_LEN];
  VmH5 analysis;
  PetscFunctionBegin;
  DefaultCsv(path, sizeof beside, beside);
  PetscCall(VmH5Open(comm, path, VM_H5_UPDATE, &analysis));
  const PetscErrorCode code = VmCompare(comm, params, base, analysis, analysis, csv ? csv : beside);
  PetscCall(VmH5Close(&analysis));
  PetscCall(code);
  PetscCall(VmLog(comm, "written: %s and /comparison of %s", csv ? csv : beside, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareOptions(MPI_Comm comm, const char *path, const Options *o)
{
  char text[8192];
  void *params;
  PetscFunctionBegin;
  PetscCall(BlockText(comm, o, sizeof text, text));
  PetscCall(PetscCalloc(vm_compare_table.size, &params));
  PetscErrorCode code = ReadBlock(comm, text, params);
  if (!code) code = CompareWith(comm, path, params, "", o->csv);
  PetscCall(VmParamsFree(&vm_compare_table, params));
  PetscCall(PetscFree(params));
  PetscFunctionReturn(code);
}

static PetscErrorCode CompareCase(MPI_Comm comm, const char *path, const char *case_path, const char *csv)
{
  VmCaseFile file;
  PetscErrorCode code;
  PetscFunctionBegin;
  PetscCall(VmCaseRead(comm, case_path, NULL, &file));
  if (file->params.compare) code = CompareWith(comm, path, file->params.compare, file->base, csv);
  else code = VmRaise(comm, VM_ERR_INPUT, "%s has no compare block", case_path);
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(code);
}

/* A file that others may read while it is written anew: begun as "path.part". */
static PetscErrorCode OutputBegin(MPI_Comm comm, const char *path, size_t size, char *part, VmH5 *out)
{
  const int64_t version = VM_FORMAT_VERSION;
  PetscFunctionBegin;
  snprintf(part, size, "%s.part", path);
  PetscCall(VmH5Open(comm, part, VM_H5_CREATE, out));
  PetscCall(VmH5AttrText(*out, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(*out, "/", "format_version", 1, &version));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Puts it in its place, or away if what wrote it failed. */
static PetscErrorCode OutputEnd(MPI_Comm comm, const char *path, const char *part, VmH5 *out, PetscErrorCode code)
{
  PetscFunctionBegin;
  if (!code) code = VmH5AttrText(*out, "/", "status", VM_STATUS_COMPLETE);
  PetscCall(VmH5Close(out));
  if (code) PetscCall(VmFileDiscard(comm, part));
  PetscCall(code);
  PetscCall(VmFileCommit(comm, part, path));
  PetscCall(VmLog(comm, "written: %s", path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double level;
  const char *csv, *output;
} TwoOptions;

static PetscErrorCode CompareInto(MPI_Comm comm, const char *const *paths, VmH5 a, VmH5 b, const TwoOptions *o)
{
  char part[PETSC_MAX_PATH_LEN + 8];
  VmH5 out = NULL;
  PetscFunctionBegin;
  PetscCall(VmLog(comm, "A: %s\nB: %s", paths[0], paths[1]));
  if (o->output) {
    PetscCall(OutputBegin(comm, o->output, sizeof part, part, &out));
    PetscCall(VmH5Group(out, "/overlay"));
    PetscCall(VmH5AttrText(out, "/overlay", "a", paths[0]));
    PetscCall(VmH5AttrText(out, "/overlay", "b", paths[1]));
  }
  const PetscErrorCode code = VmCompareFiles(comm, a, b, o->level, o->csv, out);
  if (out) PetscCall(OutputEnd(comm, o->output, part, &out, code));
  PetscFunctionReturn(code);
}

static PetscErrorCode CompareTwo(MPI_Comm comm, const char *const *paths, const TwoOptions *o)
{
  VmH5 a, b;
  PetscFunctionBegin;
  if (o->output && (strcmp(o->output, paths[0]) == 0 || strcmp(o->output, paths[1]) == 0))
    VmThrow(comm, VM_ERR_INPUT, "--output %s would replace a file that is compared; name another one", o->output);
  PetscCall(VmH5Open(comm, paths[0], VM_H5_READ, &a));
  PetscErrorCode code = VmH5Open(comm, paths[1], VM_H5_READ, &b);
  if (!code) {
    code = CompareInto(comm, paths, a, b, o);
    PetscCall(VmH5Close(&b));
  }
  PetscCall(VmH5Close(&a));
  PetscFunctionReturn(code);
}

typedef struct {
  const char *parameters, *output;
  VmWords values, names, curves;
  double k_factor, scale;
} InferOptions;

/* The table of a sweep: itself or in its directory. */
static PetscErrorCode OpenTable(MPI_Comm comm, const char *sweep, VmH5 *table)
{
  char path[PETSC_MAX_PATH_LEN];
  bool exists;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/table.h5", sweep);
  PetscCall(VmFileExists(comm, path, &exists));
  PetscCall(VmH5Open(comm, exists ? path : sweep, VM_H5_READ, table));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode InferInto(MPI_Comm comm, const VmWords *words, const VmH5 *samples, VmH5 table,
                                const InferOptions *o, const char *path)
{
  const VmInferOptions options = {.parameters = o->parameters,
                                  .values = o->values.words,
                                  .curves = o->curves.words,
                                  .k_factor = o->k_factor,
                                  .scale = o->scale,
                                  .names = o->names.words};
  char part[PETSC_MAX_PATH_LEN + 8];
  VmH5 out;
  PetscFunctionBegin;
  PetscCall(OutputBegin(comm, path, sizeof part, part, &out));
  const PetscErrorCode code = VmInfer(comm, words->count - 1, samples, table, &options, out);
  PetscCall(OutputEnd(comm, path, part, &out, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode InferFrom(MPI_Comm comm, const VmWords *words, const InferOptions *o)
{
  enum { MOST_FILES = 8 };
  char path[PETSC_MAX_PATH_LEN];
  VmH5 samples[MOST_FILES] = {NULL}, table = NULL;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  if (words->count > MOST_FILES)
    VmThrow(comm, VM_ERR_INPUT, "%d files of one sample; at most %d", words->count - 1, MOST_FILES - 1);
  const char *slash = words->count > 1 ? strrchr(words->words[0], '/') : NULL;
  snprintf(path, sizeof path, "%.*sinference.h5", slash ? (int)(slash - words->words[0]) + 1 : 0, words->words[0]);
  for (int i = 0; i + 1 < words->count && !code; ++i) code = VmH5Open(comm, words->words[i], VM_H5_READ, &samples[i]);
  if (!code) code = OpenTable(comm, words->words[words->count - 1], &table);
  if (!code) code = InferInto(comm, words, samples, table, o, o->output ? o->output : path);
  if (table) PetscCall(VmH5Close(&table));
  for (int i = 0; i + 1 < words->count; ++i)
    if (samples[i]) PetscCall(VmH5Close(&samples[i]));
  PetscFunctionReturn(code);
}

static bool IsCase(const char *path)
{
  const char *dot = strrchr(path, '.');
  return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0};
  Options o = {.scale = 1.0};
  InferOptions infer = {0};
  const char *level_text = NULL, *scale_text = NULL;
  double level = 0.05;
  char why[256];
  const VmOption options[] = {{.name = "--with", .values = &o.with},
                              {.name = "--measured", .values = &o.measured},
                              {.name = "--k-unit", .value = &o.k_unit},
                              {.name = "--scale", .value = &scale_text},
                              {.name = "--csv", .value = &o.csv},
                              {.name = "--level", .value = &level_text},
                              {.name = "--infer", .value = &infer.parameters},
                              {.name = "--value", .values = &infer.values},
                              {.name = "--using", .values = &infer.names},
                              {.name = "--curve", .values = &infer.curves},
                              {.name = "--output", .value = &infer.output},
                              {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_compare, argc, argv, options, 1, VM_MAX_WORDS, &words));
  if (level_text && !(VmUnitParse(level_text, "1", &level, why) && level > 0.0 && level < 1.0))
    VmThrow(comm, VM_ERR_INPUT, "--level \"%s\": a probability between 0 and 1 is needed", level_text);
  if (scale_text && !(VmUnitParse(scale_text, "1", &o.scale, why) && o.scale > 0.0))
    VmThrow(comm, VM_ERR_INPUT, "--scale \"%s\": a positive number is needed", scale_text);
  if (o.k_unit && strcmp(o.k_unit, "1/nm") != 0 && strcmp(o.k_unit, "1/A") != 0)
    VmThrow(comm, VM_ERR_INPUT, "--k-unit \"%s\": 1/nm or 1/A", o.k_unit);
  infer.k_factor = o.k_unit && strcmp(o.k_unit, "1/A") == 0 ? 10.0 : 1.0;
  infer.scale = o.scale;
  if (infer.parameters) {
    PetscCall(InferFrom(comm, &words, &infer));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (infer.values.count > 0 || infer.names.count > 0 || infer.curves.count > 0)
    VmThrow(comm, VM_ERR_INPUT, "--value, --curve and --using belong to --infer");
  if (words.count > 2)
    VmThrow(comm, VM_ERR_INPUT, "one too many an argument\n  usage: vitromech %s", vm_command_compare.usage);
  const bool given = o.with.count > 0 || o.measured.count > 0;
  if (words.count == 2 && given)
    VmThrow(comm, VM_ERR_INPUT, "--with and --measured need one analysis file and nothing else");
  const bool two = words.count == 2 && !IsCase(words.words[1]);
  if (infer.output && !two) VmThrow(comm, VM_ERR_INPUT, "--output belongs to A B and to --infer");
  if (words.count == 2 && !two) {
    PetscCall(CompareCase(comm, words.words[0], words.words[1], o.csv));
  } else if (two) {
    PetscCall(CompareTwo(comm, words.words, &(TwoOptions){.level = level, .csv = o.csv, .output = infer.output}));
  } else if (given) {
    PetscCall(CompareOptions(comm, words.words[0], &o));
  } else {
    VmThrow(comm, VM_ERR_INPUT, "nothing to compare %s with: name a case, another analysis file, or --with im2018",
            words.words[0]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_compare = {
    .name = "compare",
    .usage =
        "compare ANALYSIS [CASE | ANALYSIS] [--with NAME ...] [--measured FILE ...] [--k-unit UNIT] [--scale F] "
        "[--level P] "
        "[--csv FILE] [--output FILE]\n"
        "       vitromech compare [SAMPLE...] --infer PARAMETER SWEEP [--value NAME=X+-E ...] [--curve NAME=FILE ...] "
        "[--using NAME ...]",
    .summary = "an analysis beside published and measured values, or beside another analysis",
    .help = HELP,
    .run = Run,
};
