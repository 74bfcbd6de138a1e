#include "report.h"
#include "stages.h"

/* Files of a run for the report; *count = 0 if the case has nothing to draw, or its report is there and nothing is
 * newer.
 */
typedef struct {
  int count;
  char paths[3][PETSC_MAX_PATH_LEN], html[PETSC_MAX_PATH_LEN];
} ReportFiles;

static PetscErrorCode FindReportFiles(VmCaseFile file, bool ran, ReportFiles *files)
{
  static const char *const names[] = {VM_FILE_RESULT, VM_FILE_ANALYSIS, VM_FILE_CUBE};
  bool exists;
  PetscFunctionBegin;
  files->count = 0;
  VmCaseOutput(file, VM_FILE_REPORT, sizeof files->html, files->html);
  PetscCall(VmFileExists(file->comm, files->html, &exists));
  const bool draws = file->params.analysis.count > 0 || (file->params.sim && VmSimHasLaws(file->params.sim));
  if (!draws || (exists && !ran)) PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    VmCaseOutput(file, names[i], sizeof files->paths[0], files->paths[files->count]);
    PetscCall(VmFileExists(file->comm, files->paths[files->count], &exists));
    files->count += exists;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Runs the stages that are not done yet; *ran tells whether there were any. */
static PetscErrorCode RunStages(const VmRun *run, bool *ran)
{
  MPI_Comm comm = run->file->comm;
  bool stop;
  PetscFunctionBegin;
  *ran = false;
  for (const VmStage *stage = vm_stages; stage->name; ++stage) {
    bool done;
    if (!stage->wanted(&run->file->params)) continue;
    PetscCall(stage->done(run, &done));
    if (done) continue;
    *ran = true;
    PetscCall(VmLog(comm, "%s", stage->name));
    PetscCall(stage->run(run));
    PetscCall(VmStopRequested(comm, &stop));
    if (stop && stage[1].name) PetscFunctionReturn(VM_ERR_STOPPED);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmRunCase(VmCaseFile file, int argc, char **argv, bool *ran)
{
  VmRun run = {.file = file};
  PetscErrorCode code;
  PetscFunctionBegin;
  PetscCall(VmCaseProvenance(file, argc, argv, &run.provenance));
  code = VmOutputsOpen(file, run.provenance, &run.resume);
  if (!code) code = RunStages(&run, ran);
  PetscCall(VmProvenanceDestroy(&run.provenance));
  if (code == VM_ERR_STOPPED) PetscCall(VmLog(file->comm, "stopped; the same command goes on from here"));
  PetscCall(code);
  if (!*ran) PetscCall(VmLog(file->comm, "already complete: %s", file->params.output.directory));
  PetscCall(VmRunSummary(&run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunCase(VmCaseFile file, int argc, char **argv, bool must_resume, ReportFiles *report)
{
  bool ran, exists;
  char used[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  VmCaseOutput(file, VM_FILE_USED, sizeof used, used);
  PetscCall(VmFileExists(file->comm, used, &exists));
  if (must_resume && !exists) PetscCall(VmRaise(file->comm, VM_ERR_INPUT, "nothing to resume: there is no %s", used));
  PetscCall(VmRunCase(file, argc, argv, &ran));
  PetscCall(FindReportFiles(file, ran, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0}, overrides = {0};
  const char *walltime = NULL;
  bool must_resume = false, no_report = false;
  double seconds;
  VmCaseFile file;
  ReportFiles report;
  const VmOption options[] = {
      {.name = "--set", .values = &overrides},
      {.name = "--resume", .flag = &must_resume},
      {.name = "--max-walltime", .value = &walltime},
      {.name = "--no-report", .flag = &no_report},
      {.name = NULL},
  };
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_run, argc, argv, options, 1, 1, &words));
  PetscCall(VmWalltime(comm, walltime, &seconds));
  PetscCall(VmStopInit(seconds));
  PetscCall(VmCaseRead(comm, words.words[0], overrides.words, &file));
  const PetscErrorCode code = RunCase(file, argc, argv, must_resume, &report);
  PetscCall(VmCaseDestroy(&file));
  PetscCall(code);
  if (report.count && !no_report) {
    const char *const paths[] = {report.paths[0], report.paths[1], report.paths[2]};
    PetscCall(VmReportExec(report.count, paths, report.html, false));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_run = {
    .name = "run",
    .usage = "run CASE [--set path=value ...] [--resume] [--max-walltime TIME] [--no-report]",
    .summary = "runs a case: deformation, glass, microscope, analysis, comparison, report",
    .help = "Runs all blocks of a case, stage by stage. The same command again goes on where it stopped, or says that "
            "all is\n"
            "done; an output directory made from another input is refused.\n\n"
            "  --set path=value     overrides a value of the case, e.g. --set loading.0.duration=\"10 s\" (lists by "
            "index)\n"
            "  --resume             goes on only, never begins\n"
            "  --max-walltime TIME  stops with a checkpoint (exit 85) before TIME, e.g. \"2 h\"; by default what Slurm "
            "grants\n"
            "  --no-report          leaves the pictures and the HTML report out\n\n"
            "`vitromech help case` explains every key of a case, `vitromech init --list` names cases to start from;\n"
            "docs/files.md says what is in the files that come out.\n\n"
            "The signals USR1, USR2, TERM and INT stop with a checkpoint, a second one at once.\n\n"
            "example:\n  mpirun -n 2 vitromech run inputs/demo/case.yaml --set seed=8 --set output.directory=out/seed8",
    .run = Run,
};
