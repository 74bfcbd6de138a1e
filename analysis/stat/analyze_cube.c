/* An analysis list applied to a cube. */
#include "entries.h"
#include "memory.h"
#include "prepare.h"
#include <string.h>

extern const VmStatOps vm_stat_geometry;

static PetscErrorCode ReadCube(void *handle, int64_t first, int64_t n, float *frames)
{
  return VmCubeRead((VmCube)handle, first, n, frames);
}

VmFrameSource VmCubeFrames(VmCube cube) { return (VmFrameSource){ReadCube, cube}; }

static const VmStatOps *StatOpsOf(const VmPluginHead *head)
{
  for (int i = 0; vm_stat_table[i]; ++i)
    if (&vm_stat_table[i]->head == head) return vm_stat_table[i];
  return NULL;
}

/* The cube statistics of a list: geometry first, taken with its defaults if the list has no such entry. */
typedef struct {
  int count;
  VmStatRun *runs;
  VmPlugin *entries;
  VmEntryName *names;
  VmGeometryParams geometry; /* defaults */
} CubeRuns;

static PetscErrorCode AddRun(CubeRuns *c, int at, const VmPlugin *entry, const char *name)
{
  PetscFunctionBegin;
  c->entries[at] = *entry;
  snprintf(c->names[at], sizeof c->names[at], "%s", name);
  c->runs[at].ops = StatOpsOf(entry->head);
  c->runs[at].params = entry->params;
  PetscCall(VmStatResultCreate(&c->runs[at].result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode DefaultGeometry(MPI_Comm comm, VmGeometryParams *params)
{
  VmReport report;
  PetscFunctionBegin;
  PetscCall(VmReportCreate(comm, "geometry", &report));
  PetscCall(VmParamsRead(&vm_geometry_table, NULL, report, params));
  PetscCall(VmReportFinish(report));
  PetscCall(VmReportDestroy(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CubeRunsCreate(MPI_Comm comm, const VmList *list, const VmEntryName *names, CubeRuns *c)
{
  const VmPlugin *entries = list->items;
  bool given = false;
  PetscFunctionBegin;
  const size_t most = (size_t)list->count + 1;
  PetscCall(PetscCalloc3(most, &c->runs, most, &c->entries, most, &c->names));
  PetscCall(DefaultGeometry(comm, &c->geometry));
  c->count = 1;
  for (int i = 0; i < list->count; ++i) {
    if (!VmStatisticReadsCube(entries[i].head)) continue;
    if (entries[i].head != &vm_stat_geometry.head) PetscCall(AddRun(c, c->count++, &entries[i], names[i]));
    else if (given) VmThrow(comm, VM_ERR_INPUT, "analysis: only one entry `geometry` is possible");
    else {
      given = true;
      PetscCall(AddRun(c, 0, &entries[i], names[i]));
    }
  }
  const VmPlugin geometry = {.head = &vm_stat_geometry.head, .params = &c->geometry};
  if (!given) PetscCall(AddRun(c, 0, &geometry, geometry.head->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CubeRunsDestroy(CubeRuns *c)
{
  PetscFunctionBegin;
  for (int i = 0; i < c->count; ++i) PetscCall(VmStatResultDestroy(&c->runs[i].result));
  PetscCall(PetscFree3(c->runs, c->entries, c->names));
  PetscCall(VmParamsFree(&vm_geometry_table, &c->geometry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The run and the map that "<name>/<map>" means, -1 if there is no such run. */
static int FindRun(const CubeRuns *c, const char *of, const char **map)
{
  const char *slash = strrchr(of, '/');
  for (int i = 0; i < c->count && slash; ++i)
    if (strlen(c->names[i]) == (size_t)(slash - of) && strncmp(c->names[i], of, (size_t)(slash - of)) == 0) {
      *map = slash + 1;
      return i;
    }
  return -1;
}

/* Entries that look at a map of this list; a name without '/' is a field of a mesoscale result. */
static bool LooksAtMap(const VmPlugin *entry)
{
  const char *of = VmEntryOf(entry);
  return VmStatisticReadsMap(entry->head) && of && strchr(of, '/');
}

static PetscErrorCode CheckMap(MPI_Comm comm, const CubeRuns *c, const char *of)
{
  const char *map = NULL;
  PetscFunctionBegin;
  const int run = FindRun(c, of, &map);
  if (run < 0) VmThrow(comm, VM_ERR_INPUT, "analysis: of: %s: no cube statistic of that name is in the list", of);
  const VmStatOps *ops = c->runs[run].ops;
  if (!ops->has_map || !ops->has_map(c->runs[run].params, map))
    VmThrow(comm, VM_ERR_INPUT, "analysis: of: %s: there is no such map; maps are e.g. v2d/map, nfold/total, nfold/n_4",
            of);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every map that is looked at will be there. */
static PetscErrorCode CheckMaps(MPI_Comm comm, const CubeRuns *c, const VmList *list)
{
  const VmPlugin *entries = list->items;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  for (int i = 0; i < list->count && !code; ++i) {
    if (!LooksAtMap(&entries[i])) continue;
    code = CheckMap(comm, c, VmEntryOf(&entries[i]));
    if (!code && VmEntryWith(&entries[i])) code = CheckMap(comm, c, VmEntryWith(&entries[i]));
  }
  PetscFunctionReturn(code);
}

/* The map "<name>/<map>" on rank 0. */
static PetscErrorCode MapOf(VmSurvey survey, const CubeRuns *c, const char *of, VmMap *map)
{
  const double *pitch = survey->info.scan_pitch;
  const bool known = pitch[0] > 0.0 && pitch[1] > 0.0;
  const char *name = NULL;
  PetscFunctionBegin;
  const int run = FindRun(c, of, &name);
  const VmStatDataset *d = VmStatResultFind(c->runs[run].result, name);
  PetscCheck(d, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s was not made", of);
  *map = (VmMap){.dim = 2,
                 .n = {1, d->dims[0], d->dims[1]},
                 .spacing = {1.0, known ? pitch[0] : 1.0, known ? pitch[1] : 1.0},
                 .values = d->data,
                 .unit = d->unit,
                 .length_unit = known ? "nm" : "pixel"};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AnalyzeMaps(MPI_Comm comm, VmSurvey survey, const CubeRuns *c, const VmList *list,
                                  const VmEntryName *names, VmH5 out)
{
  const VmPlugin *entries = list->items;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int i = 0; i < list->count; ++i) {
    VmMap map = {0}, other = {0};
    if (!LooksAtMap(&entries[i])) continue;
    if (rank == 0) PetscCall(MapOf(survey, c, VmEntryOf(&entries[i]), &map));
    if (rank == 0 && VmEntryWith(&entries[i])) {
      PetscCall(MapOf(survey, c, VmEntryWith(&entries[i]), &other));
      map.other = &other;
    }
    PetscCall(VmEntryApply(comm, &entries[i], names[i], &map, out));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mean pattern is a sum of a few patterns at a time. */
static PetscErrorCode CheckSurvey(MPI_Comm comm, const VmCubeInfo *info, int64_t memory)
{
  enum { PATTERNS = 10 };
  const int64_t more = PATTERNS * info->det[0] * info->det[1] * (int64_t)sizeof(double);
  PetscFunctionBegin;
  PetscCall(VmMemoryCheck(comm, memory, more, "the mean pattern"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Analyze(MPI_Comm comm, VmCube cube, CubeRuns *c, const VmList *list, const VmEntryName *names,
                              int64_t memory, VmH5 out, VmProgress progress)
{
  const VmFrameSource raw = VmCubeFrames(cube);
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  VmPrepared prepared;
  VmSurvey survey = NULL;
  PetscFunctionBegin;
  PetscCall(VmPreparedCreate(comm, info, &raw, c->runs[0].params, &prepared));
  const VmFrameSource source = VmPreparedFrames(&prepared);
  PetscErrorCode code = CheckSurvey(comm, info, memory);
  if (!code) code = VmSurveyCreate(comm, info, &source, c->runs[0].params, &survey);
  if (!code) survey->memory = memory;
  if (!code) code = VmSurveyErrors(survey, &source, c->runs[0].params);
  if (!code) code = VmStatPass(survey, &source, c->count, c->runs, 0, progress);
  for (int r = 0; r < c->count && !code; ++r)
    code = VmEntryWrite(comm, &c->entries[r], c->names[r], c->runs[r].result, out);
  if (!code) code = AnalyzeMaps(comm, survey, c, list, names, out);
  PetscCall(VmSurveyDestroy(&survey));
  PetscCall(VmPreparedDestroy(&prepared));
  PetscFunctionReturn(code);
}

PetscErrorCode VmAnalyzeCube(MPI_Comm comm, VmCube cube, const VmList *list, int64_t memory, VmH5 out,
                             VmProgress progress)
{
  CubeRuns c = {0};
  VmEntryName *names;
  PetscFunctionBegin;
  PetscCall(VmEntryNames(comm, list, &names));
  PetscErrorCode code = CubeRunsCreate(comm, list, names, &c);
  if (!code) code = CheckMaps(comm, &c, list);
  if (!code) code = Analyze(comm, cube, &c, list, names, memory, out, progress);
  PetscCall(CubeRunsDestroy(&c));
  PetscCall(PetscFree(names));
  PetscFunctionReturn(code);
}
