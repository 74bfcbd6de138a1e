#include "outputs.h"

#include <string.h>

#define HELP                                                                                                           \
  "compare ANALYSIS CASE          with the references and measured curves of the compare block of a case\n"            \
  "compare ANALYSIS --with NAME   with a publication (im2018)\n"                                                       \
  "compare ANALYSIS --measured FILE [--k-unit 1/A]\n"                                                                  \
  "                               with a measured curve: columns k, V(k), standard deviation\n"                        \
  "compare A B                    two analysis files: numbers, curves and maps that both hold\n\n"                     \
  "The table is printed and written to /comparison of ANALYSIS and to a CSV. Differences of composition, probe\n"      \
  "and thickness are printed, never a failure.\n\n"                                                                    \
  "  --with NAME       may be given several times\n"                                                                   \
  "  --measured FILE   may be given several times; conditions of the measurement are named in a case\n"                \
  "  --k-unit UNIT     of the measured files: 1/nm (default) or 1/A\n"                                                 \
  "  --csv FILE        default: comparison.csv beside ANALYSIS\n\n"                                                    \
  "example:\n  vitromech compare out/demo/analysis.h5 --with im2018"

typedef struct {
  VmWords with, measured;
  const char *k_unit, *csv;
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
    ADD("  - {file: '%s', k_unit: '%s'}\n", o->measured.words[i], o->k_unit ? o->k_unit : "1/nm");
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

static PetscErrorCode CompareTwo(MPI_Comm comm, const char *const *paths, const char *csv)
{
  VmH5 a, b;
  PetscFunctionBegin;
  PetscCall(VmH5Open(comm, paths[0], VM_H5_READ, &a));
  PetscErrorCode code = VmH5Open(comm, paths[1], VM_H5_READ, &b);
  if (!code) {
    PetscCall(VmLog(comm, "A: %s\nB: %s", paths[0], paths[1]));
    code = VmCompareFiles(comm, a, b, csv);
    PetscCall(VmH5Close(&b));
  }
  PetscCall(VmH5Close(&a));
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
  Options o = {0};
  const char *infer = NULL;
  const VmOption options[] = {{.name = "--with", .values = &o.with},    {.name = "--measured", .values = &o.measured},
                              {.name = "--k-unit", .value = &o.k_unit}, {.name = "--csv", .value = &o.csv},
                              {.name = "--infer", .value = &infer},     {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_compare, argc, argv, options, 1, 3, &words));
  if (infer) VmThrow(comm, VM_ERR_INPUT, "--infer %s: inference from a sweep is not available in this version", infer);
  if (words.count > 2)
    VmThrow(comm, VM_ERR_INPUT, "one too many an argument\n  usage: vitromech %s", vm_command_compare.usage);
  const bool given = o.with.count > 0 || o.measured.count > 0;
  if (words.count == 2 && given)
    VmThrow(comm, VM_ERR_INPUT, "--with and --measured need one analysis file and nothing else");
  if (words.count == 2 && IsCase(words.words[1])) {
    PetscCall(CompareCase(comm, words.words[0], words.words[1], o.csv));
  } else if (words.count == 2) {
    PetscCall(CompareTwo(comm, words.words, o.csv));
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
    .usage = "compare ANALYSIS [CASE | ANALYSIS] [--with NAME ...] [--measured FILE ...] [--k-unit UNIT] [--csv FILE]",
    .summary = "an analysis beside published and measured values, or beside another analysis",
    .help = HELP,
    .run = Run,
};
