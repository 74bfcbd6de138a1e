#include "stages.h"
#include <vitromech/conditions.h>

#include <errno.h>
#include <math.h>
#include <string.h>

static PetscErrorCode Complete(const VmRun *run, const char *name, const char *attribute, bool *done)
{
  char path[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  VmCaseOutput(run->file, name, sizeof path, path);
  PetscCall(VmFileHasAttribute(run->file->comm, path, attribute, VM_STATUS_COMPLETE, done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frees a progress with the status an outcome stands for, and passes the outcome on. */
static PetscErrorCode EndProgress(VmProgress *progress, PetscErrorCode code)
{
  const PetscErrorCode end = VmProgressDestroy(progress, code == VM_ERR_STOPPED ? "stopped"
                                                         : code                 ? "failed"
                                                                                : "complete");
  return code ? code : end;
}

static bool SimulateWanted(const VmCase *c) { return c->sim != NULL; }

static PetscErrorCode SimulateDone(const VmRun *run, bool *done)
{
  return Complete(run, VM_FILE_RESULT, "status", done);
}

static PetscErrorCode Advance(const VmRun *run, VmSim sim, VmProgress progress)
{
  VmSimOutcome outcome;
  PetscFunctionBegin;
  PetscCall(VmSimSetUp(sim, run->provenance, run->resume));
  PetscCall(VmSimAdvance(sim, progress, &outcome));
  PetscCall(VmSimFinish(sim, outcome));
  PetscFunctionReturn(outcome == VM_SIM_STOPPED ? VM_ERR_STOPPED : PETSC_SUCCESS);
}

static PetscErrorCode Simulate(const VmRun *run)
{
  const VmCase *c = &run->file->params;
  VmSim sim;
  VmProgress progress;
  PetscFunctionBegin;
  PetscCall(VmSimCreate(run->file->comm, c->sim, &c->output, run->file->base, (uint64_t)c->seed, c->temperature, &sim));
  PetscCall(VmProgressCreate(run->file->comm, "run", c->output.directory, &progress));
  const PetscErrorCode code = EndProgress(&progress, Advance(run, sim, progress));
  PetscCall(VmSimDestroy(&sim));
  PetscFunctionReturn(code);
}

/* Deforms the glass by the run if the case has one. */
static PetscErrorCode BuildGlass(const VmRun *run, VmAtoms *atoms)
{
  const VmCase *c = &run->file->params;
  char result[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  VmCaseOutput(run->file, VM_FILE_RESULT, sizeof result, result);
  PetscCall(VmGlassBuild(run->file->comm, c->glass, (uint64_t)c->seed, run->file->base, c->sim ? result : NULL, atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool Any(const VmCase *c, bool (*reads)(const VmPluginHead *))
{
  for (int i = 0; i < c->analysis.count; ++i)
    if (reads(((const VmPlugin *)c->analysis.items)[i].head)) return true;
  return false;
}

/* The atoms are a result of their own where statistics look at them, and where nothing does; vitromech glass writes
 * them in any case. */
static bool AtomsWanted(const VmCase *c) { return c->glass && (!c->microscope || Any(c, VmStatisticReadsAtoms)); }

static PetscErrorCode AtomsDone(const VmRun *run, bool *done)
{
  char path[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  VmCaseOutput(run->file, VM_FILE_ATOMS, sizeof path, path);
  PetscCall(VmFileExists(run->file->comm, path, done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteAtoms(const VmRun *run)
{
  char path[PETSC_MAX_PATH_LEN];
  VmAtoms atoms = {0};
  PetscFunctionBegin;
  PetscCall(BuildGlass(run, &atoms));
  VmCaseOutput(run->file, VM_FILE_ATOMS, sizeof path, path);
  PetscCall(VmAtomsWrite(run->file->comm, path, run->file->params.name, &atoms));
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool DiffractWanted(const VmCase *c) { return c->microscope != NULL; }

static PetscErrorCode DiffractDone(const VmRun *run, bool *done) { return Complete(run, VM_FILE_CUBE, "status", done); }

static PetscErrorCode Diffract(const VmRun *run)
{
  const VmCase *c = &run->file->params;
  char path[PETSC_MAX_PATH_LEN];
  VmAtoms atoms = {0};
  VmProgress progress;
  PetscFunctionBegin;
  if (!c->glass) {
    VmThrow(run->file->comm, VM_ERR_INPUT, "%s: has no glass block; use vitromech diffract %s --atoms FILE",
            run->file->path, run->file->path);
  }
  PetscCall(BuildGlass(run, &atoms));
  PetscCall(VmSpecimenPrepare(run->file->comm, c->specimen, (uint64_t)c->seed, &atoms));
  PetscCall(VmSpecimenLog(run->file->comm, c->specimen, &atoms));
  VmCaseOutput(run->file, VM_FILE_CUBE, sizeof path, path);
  PetscCall(VmProgressCreate(run->file->comm, "diffract", c->output.directory, &progress));
  const PetscErrorCode code =
      VmDiffract(run->file->comm, c->microscope, 1, &atoms, (uint64_t)c->seed, path, run->provenance, progress);
  VmAtomsFree(&atoms);
  PetscFunctionReturn(EndProgress(&progress, code));
}

static bool FieldsWanted(const VmCase *c) { return c->sim && Any(c, VmStatisticReadsMap); }

static PetscErrorCode FieldsDone(const VmRun *run, bool *done)
{
  return Complete(run, VM_FILE_RESULT, "analysis", done);
}

/* Works on a copy, so that a kill cannot cost the run its result. */
static PetscErrorCode AnalyzeFields(const VmRun *run)
{
  char path[PETSC_MAX_PATH_LEN], part[PETSC_MAX_PATH_LEN];
  VmH5 result;
  int rank;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(run->file->comm, &rank));
  VmCaseOutput(run->file, VM_FILE_RESULT, sizeof path, path);
  VmCaseOutput(run->file, VM_FILE_RESULT ".part", sizeof part, part);
  if (rank == 0 && !VmFileCopy(path, part)) {
    code = VmRaiseLocal(VM_ERR_FILE, "cannot copy %s to %s: %s", path, part, strerror(errno));
  }
  PetscCall(VmAgree(run->file->comm, code));
  PetscCall(VmH5Open(run->file->comm, part, VM_H5_UPDATE, &result));
  PetscCall(VmAnalyzeResult(run->file->comm, result, &run->file->params.analysis, result));
  PetscCall(VmH5AttrText(result, "/", "analysis", VM_STATUS_COMPLETE));
  PetscCall(VmH5Close(&result));
  PetscCall(VmFileCommit(run->file->comm, part, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool AnalysisWanted(const VmCase *c)
{
  return (c->microscope && c->analysis.count > 0) || (c->glass && Any(c, VmStatisticReadsAtoms));
}

static PetscErrorCode AnalysisDone(const VmRun *run, bool *done)
{
  return Complete(run, VM_FILE_ANALYSIS, "status", done);
}

static PetscErrorCode MeasureCube(const VmRun *run, VmH5 out)
{
  const VmCase *c = &run->file->params;
  char path[PETSC_MAX_PATH_LEN];
  VmCube cube;
  VmProgress progress;
  PetscFunctionBegin;
  VmCaseOutput(run->file, VM_FILE_CUBE, sizeof path, path);
  PetscCall(VmCubeOpen(run->file->comm, path, &(VmCubeHints){.centre = {NAN, NAN}}, &cube));
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  PetscCall(VmConditionsCarry(run->file->comm, path, info->scan, info->scan_pitch, info->energy, out));
  PetscCall(VmProgressCreate(run->file->comm, "analyze", c->output.directory, &progress));
  const PetscErrorCode code =
      EndProgress(&progress, VmAnalyzeCube(run->file->comm, cube, &c->analysis, 0, out, progress));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(code);
}

static PetscErrorCode MeasureAtoms(const VmRun *run, VmH5 out)
{
  char path[PETSC_MAX_PATH_LEN];
  const VmAtomsHints none = {0};
  PetscFunctionBegin;
  VmCaseOutput(run->file, VM_FILE_ATOMS, sizeof path, path);
  PetscCall(VmAnalyzeAtoms(run->file->comm, path, &none, &run->file->params.analysis, out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Analyze(const VmRun *run)
{
  const int64_t version = VM_FORMAT_VERSION;
  const VmCase *c = &run->file->params;
  char path[PETSC_MAX_PATH_LEN], csv[PETSC_MAX_PATH_LEN];
  VmH5 out;
  PetscFunctionBegin;
  VmCaseOutput(run->file, VM_FILE_ANALYSIS, sizeof path, path);
  VmCaseOutput(run->file, VM_FILE_COMPARISON, sizeof csv, csv);
  PetscCall(VmH5Open(run->file->comm, path, VM_H5_CREATE, &out));
  PetscCall(VmH5AttrText(out, "/", "format", VM_FORMAT));
  PetscCall(VmH5AttrInt(out, "/", "format_version", 1, &version));
  PetscCall(VmH5AttrText(out, "/", "status", VM_STATUS_RUNNING));
  PetscCall(VmProvenanceWrite(run->provenance, out));
  if (Any(c, VmStatisticReadsAtoms)) PetscCall(MeasureAtoms(run, out));
  if (c->microscope) PetscCall(MeasureCube(run, out));
  if (c->compare) PetscCall(VmCompare(run->file->comm, c->compare, run->file->base, out, out, csv));
  PetscCall(VmProvenanceEnd(run->provenance, out));
  PetscCall(VmH5AttrText(out, "/", "status", VM_STATUS_COMPLETE));
  PetscCall(VmH5Close(&out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStage vm_stages[] = {
    {"mesoscale run", SimulateWanted, SimulateDone, Simulate},
    {"statistics of fields", FieldsWanted, FieldsDone, AnalyzeFields},
    {"atoms", AtomsWanted, AtomsDone, WriteAtoms},
    {"diffraction", DiffractWanted, DiffractDone, Diffract},
    {"analysis", AnalysisWanted, AnalysisDone, Analyze},
    {NULL, NULL, NULL, NULL},
};
