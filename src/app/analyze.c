#include "analyze_atoms.h"
#include "hints.h"
#include "outputs.h"
#include "recognise.h"

#include <vitromech/conditions.h>
#include <vitromech/stat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char cube_recipe[] = "schema: 1\nanalysis:\n"
                                  "  - {statistic: average_pattern}\n"
                                  "  - {statistic: radial_intensity}\n"
                                  "  - {statistic: fem}\n"
                                  "  - {statistic: v2d}\n"
                                  "  - {statistic: angular_correlation}\n"
                                  "  - {statistic: nfold}\n"
                                  "  - {statistic: clusters, of: nfold/total}\n"
                                  "  - {statistic: clusters, of: v2d/map}\n"
                                  "  - {statistic: autocorrelation, of: nfold/total}\n"
                                  "  - {statistic: autocorrelation, of: v2d/map}\n";

static const char result_recipe[] = "schema: 1\nanalysis:\n"
                                    "  - {statistic: clusters, of: plastic_strain}\n"
                                    "  - {statistic: autocorrelation, of: plastic_strain}\n"
                                    "  - {statistic: percolation, of: plastic_strain}\n";

/* What the input is. */
typedef enum { INPUT_CUBE, INPUT_RESULT, INPUT_IMAGE, INPUT_TABLE, INPUT_ATOMS } Input;

typedef struct {
  const char *input, *recipe, *output;
  int64_t memory; /* [bytes] of a rank; 0: no limit */
  char default_output[PETSC_MAX_PATH_LEN];
  VmWords overrides;
  VmCubeHints hints;
  VmAtomsHints atoms;
} Options;

/* "500 MB": a number and a unit of bytes. */
static PetscErrorCode ParseMemory(MPI_Comm comm, const char *text, int64_t *bytes)
{
  static const struct {
    const char *name;
    double bytes;
  } units[] = {{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
  PetscFunctionBegin;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  char *end;
  const double number = strtod(text, &end);
  while (*end == ' ') ++end;
  for (size_t u = 0; u < sizeof units / sizeof *units && number > 0.0; ++u)
    if (strcmp(end, units[u].name) == 0 && number * units[u].bytes < 0x1p62)
      *bytes = (int64_t)(number * units[u].bytes);
  if (*bytes == 0)
    VmThrow(comm, VM_ERR_INPUT,
            "--memory \"%s\": a positive number and MB, GB, TB, MiB, GiB or TiB is needed, e.g. "
            "\"4 GB\"",
            text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOptions(MPI_Comm comm, int argc, char **argv, Options *o)
{
  VmWords words = {0};
  VmHintWords hints = {0};
  const char *types = NULL, *frame = NULL, *memory = NULL;
  const VmOption options[] = {{.name = "--set", .values = &o->overrides},
                              {.name = "--output", .value = &o->output},
                              {.name = "--memory", .value = &memory},
                              {.name = "--types", .value = &types},
                              {.name = "--frame", .value = &frame},
                              VM_HINT_OPTIONS(hints),
                              {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_analyze, argc, argv, options, 1, 2, &words));
  o->input = words.words[0];
  o->recipe = words.count > 1 ? words.words[1] : NULL;
  PetscCall(VmHintsParse(comm, &hints, &o->hints));
  PetscCall(VmAtomsHintsParse(comm, types, frame, &o->atoms));
  PetscCall(ParseMemory(comm, memory, &o->memory));
  if (!o->output) {
    const char *slash = strrchr(o->input, '/'), *stem = slash ? slash + 1 : o->input, *dot = strrchr(stem, '.');
    snprintf(o->default_output, sizeof o->default_output, "%.*s_analysis.h5",
             dot && dot > stem ? (int)(dot - stem) : (int)strlen(stem), stem);
    o->output = o->default_output;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A recipe is a case of which only the analysis list is used: its other blocks may be there or not. */
static VmTable RecipeTable(void)
{
  VmTable table = vm_case_table;
  table.check = NULL;
  return table;
}

static PetscErrorCode ReadRecipe(MPI_Comm comm, const char *name, const char *text, const VmWords *overrides,
                                 VmCase *recipe)
{
  const VmTable table = RecipeTable();
  VmReport report;
  VmNode *root;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(comm, name, &report));
  PetscCall(VmTreeParse(text, strlen(text), report, &root));
  for (int i = 0; i < overrides->count && root; ++i) PetscCall(VmTreeSet(root, overrides->words[i], report));
  if (root && VmReportCount(report) == 0) PetscCall(VmParamsRead(&table, root, report, recipe));
  if (VmReportCount(report) == 0 && recipe->analysis.count == 0)
    PetscCall(VmReportAdd(report, NULL, "there is no `analysis` list: nothing to do"));
  const PetscErrorCode code = VmReportFinish(report);
  PetscCall(VmTreeDestroy(&root));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(code);
}

static PetscErrorCode PrintMemory(MPI_Comm comm, int64_t limit)
{
  struct rusage usage;
  double largest;
  PetscFunctionBegin;
  getrusage(RUSAGE_SELF, &usage);
  const double local = 1024e-6 * (double)usage.ru_maxrss;
  PetscCallMPI(MPI_Allreduce(&local, &largest, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscCall(VmLog(comm, "memory: at most %.4g MB on a rank, of %.4g MB", largest, 1e-6 * (double)limit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AnalyzeCube(MPI_Comm comm, const Options *o, const VmList *list, VmH5 out)
{
  VmCube cube;
  VmProgress progress;
  PetscFunctionBegin;
  PetscCall(VmCubeOpen(comm, o->input, &o->hints, &cube));
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  PetscCall(VmLog(comm, "%s: %lld x %lld probes, %lld x %lld pixels", o->input, (long long)info->scan[0],
                  (long long)info->scan[1], (long long)info->det[0], (long long)info->det[1]));
  PetscCall(VmConditionsCarry(comm, o->input, info->scan, info->scan_pitch, info->energy, out));
  PetscCall(VmProgressCreate(comm, "analyze", NULL, &progress));
  const PetscErrorCode code = VmAnalyzeCube(comm, cube, list, o->memory, out, progress);
  PetscCall(VmProgressDestroy(&progress, code == VM_ERR_STOPPED ? "stopped" : code ? "failed" : "complete"));
  PetscCall(VmCubeClose(&cube));
  if (!code && o->memory) PetscCall(PrintMemory(comm, o->memory));
  PetscFunctionReturn(code);
}

static PetscErrorCode AnalyzeFields(MPI_Comm comm, const Options *o, const VmList *list, VmH5 out)
{
  VmH5 result;
  PetscFunctionBegin;
  PetscCall(VmH5Open(comm, o->input, VM_H5_READ, &result));
  PetscCall(VmLog(comm, "%s: fields of a mesoscale result", o->input));
  const PetscErrorCode code = VmAnalyzeResult(comm, result, list, out);
  PetscCall(VmH5Close(&result));
  PetscFunctionReturn(code);
}

static PetscErrorCode AnalyzeImage(MPI_Comm comm, const Options *o, const VmList *list, VmH5 out)
{
  VmCube cube;
  VmMaps maps = NULL;
  PetscFunctionBegin;
  PetscCall(VmCubeOpen(comm, o->input, &o->hints, &cube));
  PetscErrorCode code = VmMapsFromImage(comm, cube, &maps);
  if (!code) code = VmAnalyzeMaps(comm, maps, list, out);
  PetscCall(VmMapsDestroy(&maps));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(code);
}

static PetscErrorCode AnalyzeTable(MPI_Comm comm, const Options *o, const VmList *list, VmH5 out)
{
  VmMaps maps = NULL;
  char *text;
  size_t size;
  PetscFunctionBegin;
  PetscCall(VmFileBroadcast(comm, o->input, &text, &size));
  PetscErrorCode code = VmMapsFromTable(comm, o->input, text, o->hints.scan_pitch, &maps);
  if (!code) code = VmAnalyzeMaps(comm, maps, list, out);
  PetscCall(VmMapsDestroy(&maps));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static PetscErrorCode AnalyzeInput(MPI_Comm comm, const Options *o, Input input, const VmList *list, VmH5 out)
{
  PetscFunctionBegin;
  PetscCall(VmAtomsListCheck(comm, o->input, input == INPUT_ATOMS, list));
  switch (input) {
  case INPUT_ATOMS:
    PetscCall(VmAnalyzeAtoms(comm, o->input, &o->atoms, list, out));
    break;
  case INPUT_RESULT:
    PetscCall(AnalyzeFields(comm, o, list, out));
    break;
  case INPUT_IMAGE:
    PetscCall(AnalyzeImage(comm, o, list, out));
    break;
  case INPUT_TABLE:
    PetscCall(AnalyzeTable(comm, o, list, out));
    break;
  default:
    PetscCall(AnalyzeCube(comm, o, list, out));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(MPI_Comm comm, const Options *o, Input input, const VmList *list, VmProvenance provenance,
                              VmH5 out)
{
  const int64_t version = VM_FORMAT_VERSION;
  PetscFunctionBegin;
  PetscCall(VmH5AttrText(out, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(out, "/", "format_version", 1, &version));
  PetscCall(VmProvenanceWrite(provenance, out));
  PetscCall(AnalyzeInput(comm, o, input, list, out));
  PetscCall(VmProvenanceEnd(provenance, out));
  PetscCall(VmH5AttrText(out, "/", "status", VM_STATUS_COMPLETE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The output appears whole or not at all. */
static PetscErrorCode WriteAnalysis(MPI_Comm comm, const Options *o, Input input, const VmList *list,
                                    VmProvenance provenance)
{
  VmH5 out;
  int rank;
  char part[PETSC_MAX_PATH_LEN + 8];
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(VmProvenanceAddFile(provenance, o->input));
  for (int i = 0; i < list->count; ++i) {
    const VmPluginHead *head = ((const VmPlugin *)list->items)[i].head;
    PetscCall(VmProvenanceAddSource(provenance, head->name, head->source));
  }
  PetscCall(VmCheckpointBegin(comm, o->output, &out));
  const PetscErrorCode code = Measure(comm, o, input, list, provenance, out);
  if (code) {
    PetscCall(VmH5Close(&out));
    snprintf(part, sizeof part, "%s.part", o->output);
    if (rank == 0) unlink(part);
    PetscFunctionReturn(code);
  }
  PetscCall(VmCheckpointCommit(&out, o->output));
  PetscCall(VmLog(comm, "written to %s", o->output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A recipe of statistics of maps only, none of a map made from a cube, is for an image. */
static bool IsForImage(const VmList *list)
{
  for (int i = 0; i < list->count; ++i) {
    const VmPlugin *entry = &((const VmPlugin *)list->items)[i];
    const VmStatisticCommon *common = entry->common;
    if (VmStatisticReadsCube(entry->head) || !common->of || strcmp(common->of, "image") != 0) return false;
  }
  return true;
}

static PetscErrorCode AnalyzeBy(MPI_Comm comm, int argc, char **argv, const Options *o, Input input, const char *name,
                                const char *text)
{
  const VmTable table = RecipeTable();
  VmCase recipe = {0};
  VmProvenance provenance;
  PetscFunctionBegin;
  PetscErrorCode code = ReadRecipe(comm, name, text, &o->overrides, &recipe);
  if (!code) {
    PetscCall(VmProvenanceCreate(comm, argc, argv, (uint64_t)recipe.seed, &provenance));
    PetscCall(VmProvenanceAddInput(provenance, name, text));
    if (input == INPUT_CUBE && IsForImage(&recipe.analysis)) input = INPUT_IMAGE;
    code = WriteAnalysis(comm, o, input, &recipe.analysis, provenance);
    PetscCall(VmProvenanceDestroy(&provenance));
  }
  PetscCall(VmParamsFree(&table, &recipe));
  PetscFunctionReturn(code);
}

/* A file of a mesoscale run: ours, with a grid (cubes are ours too, and have none). */
static PetscErrorCode IsResult(MPI_Comm comm, const char *path, bool *is_result)
{
  VmH5 file;
  PetscFunctionBegin;
  PetscCall(VmFileHasAttribute(comm, path, "format", VM_FORMAT, is_result));
  if (!*is_result) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5Open(comm, path, VM_H5_READ, &file));
  PetscCall(VmH5Exists(file, VM_PATH_GRID, is_result));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool EndsWith(const char *text, const char *end)
{
  const size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  Options o = {0};
  Input input = INPUT_TABLE;
  VmContent content;
  bool is_result;
  char *text;
  size_t size;
  PetscFunctionBegin;
  PetscCall(ReadOptions(comm, argc, argv, &o));
  PetscCall(VmStopInit(0.0));
  if (!EndsWith(o.input, ".csv")) {
    PetscCall(IsResult(comm, o.input, &is_result));
    PetscCall(VmContentRecognise(comm, o.input, o.hints.format, &content, NULL));
    input = is_result ? INPUT_RESULT : content == VM_CONTENT_TEXT ? INPUT_ATOMS : INPUT_CUBE;
  } else if (!o.recipe)
    VmThrow(comm, VM_ERR_INPUT,
            "%s is a table: give a recipe that names its columns, e.g. {statistic: distribution, of: H_GPa}", o.input);
  if (!o.recipe) {
    const char *recipe = input == INPUT_RESULT ? result_recipe : input == INPUT_ATOMS ? vm_atoms_recipe : cube_recipe;
    PetscCall(AnalyzeBy(comm, argc, argv, &o, input, "built-in recipe", recipe));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmFileBroadcast(comm, o.recipe, &text, &size));
  const PetscErrorCode code = AnalyzeBy(comm, argc, argv, &o, input, o.recipe, text);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

const VmCommand vm_command_analyze = {
    .name = "analyze",
    .usage =
        "analyze CUBE|RESULT|MAP|ATOMS [RECIPE] [--set path=value ...] [--output FILE] [--memory SIZE] [--pitch K]\n"
        "         [--gain G] [--centre A,B] [--scan-pitch LENGTH] [--scan AxB] [--detector AxB] [--format NAME]\n"
        "         [--type TYPE] [--extra-frames WHAT] [--types Cu,Zr] [--frame N]",
    .summary = "4D-STEM cube, mesoscale result, image, table or atoms to maps, curves and numbers",
    .help =
        "Measures the heterogeneity statistics of a 4D-STEM cube (any format of `vitromech list cube`) in one pass, "
        "or those\n"
        "of the last fields of a result.h5, and prints the numbers that matter. A recipe whose entries are all of\n"
        "`of: image` looks at a file of one image (e.g. AFM, .npy); a table (.csv) has columns x, y and of values, "
        "which\n"
        "`of` and `with` name; --scan-pitch is the step of either. A file of atoms (extended XYZ, LAMMPS data or dump) "
        "gives\n"
        "pair distribution functions and the other statistics of atoms.\n\n"
        "  RECIPE               YAML with an `analysis` list, e.g. a case; by default all statistics\n"
        "                       (`vitromech list statistic`, `vitromech help statistic.nfold`)\n"
        "  --set path=value     overrides a value of the recipe, e.g. --set analysis.3.k=\"4.1 1/nm\"\n"
        "  --memory SIZE        a rank never has more than this (e.g. \"500 MB\") of memory; the results are the same\n"
        "  --output FILE        by default <name of the input>_analysis.h5 in the working directory\n" VM_HINT_HELP
        "  --types Cu,Zr        elements of the atom types 1, 2 ... of a LAMMPS file that does not say them\n"
        "  --frame N            of a file of atoms with several, from 1; by default the last\n\n"
        "example:\n  mpirun -n 2 vitromech analyze cube.h5 --pitch \"0.16 1/nm\" --scan-pitch \"0.32 nm\" "
        "--output maps.h5",
    .run = Run,
};
