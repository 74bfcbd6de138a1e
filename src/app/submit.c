#include "launch.h"
#include "sweep.h"

#include <vitromech/units.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds before the end of a job at which the program is told to save a checkpoint. */
enum { MOST_NOTICE = 300, MOST_TEXT = 65536, MOST_KEYS = 24 };

typedef struct {
  const char *system, *ranks, *time, *launcher, *at_once;
  VmWords options, overrides;
  bool dry_run;
} Request;

/* What stands for @KEY@ in a template. */
typedef struct {
  int count;
  struct {
    char key[16], value[PETSC_MAX_PATH_LEN];
  } pairs[MOST_KEYS];
} Values;

static void Put(Values *v, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void Put(Values *v, const char *key, const char *format, ...)
{
  va_list arguments;
  snprintf(v->pairs[v->count].key, sizeof v->pairs[0].key, "%s", key);
  va_start(arguments, format);
  vsnprintf(v->pairs[v->count].value, sizeof v->pairs[0].value, format, arguments);
  va_end(arguments);
  ++v->count;
}

static const char *Get(const Values *v, const char *key, size_t length)
{
  for (int i = 0; i < v->count; ++i)
    if (strlen(v->pairs[i].key) == length && strncmp(v->pairs[i].key, key, length) == 0) return v->pairs[i].value;
  return NULL;
}

/* Fills in a template; a line that only holds an empty value is left out. */
static bool Fill(const char *template, const Values *v, size_t size, char *text)
{
  size_t n = 0;
  for (const char *from = template; *from;) {
    const size_t length = *from == '@' ? strcspn(from + 1, "@\n") : 0;
    const char *value = length > 0 && from[1 + length] == '@' ? Get(v, from + 1, length) : NULL;
    if (!value) {
      if (n + 1 >= size) return false;
      text[n++] = *from++;
      continue;
    }
    const bool alone = (from == template || from[-1] == '\n') && from[2 + length] == '\n';
    from += 2 + length;
    if (alone && !*value) {
      ++from;
      continue;
    }
    n += (size_t)snprintf(text + n, size - n, "%s", value);
    if (n >= size) return false;
    /* no space before the end of a line where nothing stood */
    while (!*value && *from == '\n' && n > 0 && text[n - 1] == ' ') --n;
  }
  text[n] = '\0';
  return true;
}

/* A word for a shell, in single quotes where it needs them. */
static void Quote(const char *word, size_t size, char *quoted)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,%@";
  size_t n = 0;
  if (*word && word[strspn(word, plain)] == '\0') {
    snprintf(quoted, size, "%s", word);
    return;
  }
  quoted[n++] = '\'';
  for (; *word && n + 6 < size; ++word) {
    if (*word == '\'') n += (size_t)sprintf(quoted + n, "'\\''");
    else quoted[n++] = *word;
  }
  quoted[n++] = '\'';
  quoted[n] = '\0';
}

static PetscErrorCode PositiveNumber(MPI_Comm comm, const char *option, const char *text, long fallback, long *number)
{
  char *end;
  PetscFunctionBegin;
  *number = fallback;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  *number = strtol(text, &end, 10);
  if (*end || end == text || *number < 1 || *number > 1000000)
    VmThrow(comm, VM_ERR_INPUT, "%s \"%s\": a whole number from 1 on is needed", option, text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PutTime(MPI_Comm comm, const char *text, Values *v)
{
  double seconds = 0.0;
  char why[256];
  PetscFunctionBegin;
  if (!VmUnitParse(text ? text : "24 h", "s", &seconds, why) || !(seconds >= 60.0 && seconds < 1e8))
    VmThrow(comm, VM_ERR_INPUT, "--time \"%s\": a time of a minute or more is needed, e.g. \"12 h\"", text);
  const long whole = (long)seconds;
  Put(v, "TIME", "%02ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  Put(v, "SECONDS", "%ld", whole);
  Put(v, "NOTICE", "%ld", PetscMin(MOST_NOTICE, whole / 3));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PutOptions(const Request *r, bool slurm, Values *v)
{
  char text[2048] = "";
  for (int i = 0; i < r->options.count; ++i)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s#%s %s", i ? "\n" : "", slurm ? "SBATCH" : "PBS",
             r->options.words[i]);
  Put(v, "OPTIONS", "%s", text);
}

static void PutSettings(const Request *r, Values *v)
{
  char text[2048] = "", word[1024];
  for (int i = 0; i < r->overrides.count; ++i) {
    Quote(r->overrides.words[i], sizeof word, word);
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s--set %s", i ? " " : "", word);
  }
  Put(v, "SETTINGS", "%s", text);
}

/* Names of jobs have no blanks. */
static void PutName(const char *title, Values *v)
{
  char name[48];
  size_t n = 0;
  for (; *title && n < 32; ++title) name[n++] = isalnum((unsigned char)*title) ? *title : '_';
  name[n] = '\0';
  Put(v, "NAME", "%s", n ? name : "vitromech");
}

static PetscErrorCode PutPaths(MPI_Comm comm, const char *input, const char *directory, Values *v)
{
  char cwd[PATH_MAX], program[PATH_MAX], word[PATH_MAX];
  PetscFunctionBegin;
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (!getcwd(cwd, sizeof cwd) || length < 0)
    VmThrow(comm, VM_ERR_FILE, "cannot tell the working directory or the path of the program: %s", strerror(errno));
  program[length] = '\0';
  Quote(program, sizeof word, word);
  Put(v, "PROGRAM", "%s", word);
  Quote(input, sizeof word, word);
  Put(v, "CASE", "%s", word);
  Put(v, "CWD", "%s", cwd);
  Put(v, "DIRECTORY", "%s", directory);
  snprintf(program, sizeof program, "%s/job.sh", directory);
  Quote(program, sizeof word, word);
  Put(v, "SCRIPT", "%s", word);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PutCommon(MPI_Comm comm, const Request *r, bool slurm, Values *v)
{
  long ranks;
  PetscFunctionBegin;
  PetscCall(PositiveNumber(comm, "--ranks", r->ranks, 1, &ranks));
  Put(v, "RANKS", "%ld", ranks);
  PetscCall(PutTime(comm, r->time, v));
  if (r->launcher) Put(v, "LAUNCH", "%s", r->launcher);
  else if (slurm) Put(v, "LAUNCH", "srun --mpi=pmix");
  else Put(v, "LAUNCH", "mpirun -n %ld", ranks);
  PutOptions(r, slurm, v);
  PutSettings(r, v);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether an input is the plan of a sweep: it names a case. */
static PetscErrorCode IsPlan(MPI_Comm comm, const char *path, bool *plan)
{
  char *text;
  size_t size;
  VmReport report;
  VmNode *root = NULL;
  PetscFunctionBegin;
  PetscCall(VmFileBroadcast(comm, path, &text, &size));
  PetscCall(VmReportCreate(comm, path, &report));
  PetscCall(VmTreeParse(text, size, report, &root));
  *plan = root && root->kind == VM_NODE_MAPPING && VmTreeGet(root, "case");
  const PetscErrorCode code = VmReportFinish(report);
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static PetscErrorCode PutCase(MPI_Comm comm, const char *path, const Request *r, Values *v)
{
  VmCaseFile file;
  PetscFunctionBegin;
  PetscCall(VmCaseRead(comm, path, r->overrides.words, &file));
  PutName(file->params.name, v);
  Put(v, "TITLE", "%s", file->params.name);
  const PetscErrorCode code = PutPaths(comm, path, file->params.output.directory, v);
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(code);
}

static PetscErrorCode PutSweep(MPI_Comm comm, const char *path, const Request *r, Values *v)
{
  VmSweep sweep;
  long at_once;
  PetscFunctionBegin;
  if (r->overrides.count > 0) VmThrow(comm, VM_ERR_INPUT, "--set is for cases; a plan has its own key \"set\"");
  PetscCall(VmSweepRead(comm, path, &sweep));
  PutName(sweep->params.title, v);
  Put(v, "TITLE", "%s: %d points", sweep->params.title, sweep->count);
  Put(v, "LAST", "%d", sweep->count - 1);
  PetscErrorCode code = PutPaths(comm, path, sweep->params.directory, v);
  if (!code) code = VmSweepManifest(sweep);
  if (!code) code = PositiveNumber(comm, "--at-once", r->at_once, PetscMin(sweep->count, 32), &at_once);
  if (!code) Put(v, "AT_ONCE", "%ld", at_once);
  PetscCall(VmSweepDestroy(&sweep));
  PetscFunctionReturn(code);
}

static PetscErrorCode ReadTemplate(MPI_Comm comm, const char *name, char **text)
{
  const char *directory = getenv("VITROMECH_SOURCE_DIR");
  char path[PETSC_MAX_PATH_LEN];
  size_t size;
  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s/jobscripts/%s", directory ? directory : VM_SOURCE_DIR, name);
  PetscCall(VmFileBroadcast(comm, path, text, &size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Writes <directory>/job.sh. */
static PetscErrorCode WriteScript(MPI_Comm comm, const char *template, const Values *v, char *path)
{
  char *form, *script;
  PetscFunctionBegin;
  PetscCall(ReadTemplate(comm, template, &form));
  PetscCall(PetscMalloc1(MOST_TEXT, &script));
  const bool fits = Fill(form, v, MOST_TEXT, script);
  PetscErrorCode code = fits ? VmDirectoryCreate(comm, Get(v, "DIRECTORY", 9))
                             : VmRaise(comm, VM_ERR_INPUT, "the job script would be longer than %d bytes", MOST_TEXT);
  snprintf(path, PETSC_MAX_PATH_LEN, "%s/job.sh", Get(v, "DIRECTORY", 9));
  if (!code) code = VmFileReplace(comm, path, script);
  if (!code) (void)chmod(path, 0755);
  PetscCall(PetscFree(form));
  PetscCall(PetscFree(script));
  PetscFunctionReturn(code);
}

/* Runs a command of the batch system; its output goes to the terminal, and its first line is returned. */
static PetscErrorCode Command(MPI_Comm comm, const char *command, char line[512], int *status)
{
  char read[512];
  PetscFunctionBegin;
  line[0] = '\0';
  fflush(stdout);
  FILE *pipe = popen(command, "r");
  if (!pipe) VmThrow(comm, VM_ERR_FILE, "cannot start %s: %s", command, strerror(errno));
  while (fgets(read, sizeof read, pipe)) {
    if (!line[0]) snprintf(line, 512, "%s", read);
    fputs(read, stdout);
  }
  const int result = pclose(pipe);
  *status = WIFEXITED(result) ? WEXITSTATUS(result) : 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SubmitSlurm(MPI_Comm comm, const char *script, bool sweep, const Values *v)
{
  char quoted[PATH_MAX], command[2 * PATH_MAX], line[512];
  int status;
  PetscFunctionBegin;
  Quote(script, sizeof quoted, quoted);
  snprintf(command, sizeof command, "sbatch --test-only %s 2>&1", quoted);
  PetscCall(Command(comm, command, line, &status));
  if (status) VmThrow(comm, VM_ERR_INPUT, "Slurm would not take the job: %s  the script is %s", line, script);
  snprintf(command, sizeof command, "sbatch --parsable %s", quoted);
  PetscCall(Command(comm, command, line, &status));
  if (status) VmThrow(comm, VM_ERR_FILE, "sbatch failed with status %d; the script is %s", status, script);
  if (!sweep) PetscFunctionReturn(PETSC_SUCCESS);
  /* afterany: the table is made of what there is, even if tasks failed */
  snprintf(
      command, sizeof command,
      "sbatch --parsable --ntasks=1 --time=00:30:00 --chdir='%s' --output='%s/slurm-collect.txt' --job-name=collect "
      "--dependency=afterany:%ld --wrap '%s sweep collect %s'",
      Get(v, "CWD", 3), Get(v, "DIRECTORY", 9), strtol(line, NULL, 10), Get(v, "PROGRAM", 7), Get(v, "CASE", 4));
  PetscCall(Command(comm, command, line, &status));
  if (status)
    PetscCall(VmWarn(comm, "no job will collect the table; run vitromech sweep collect %s", Get(v, "CASE", 4)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Submit(MPI_Comm comm, const char *script, bool slurm, bool sweep, const Values *v)
{
  char quoted[PATH_MAX], command[2 * PATH_MAX], line[512];
  int status;
  PetscFunctionBegin;
  VmForgetMpi(environ);
  if (slurm) {
    PetscCall(SubmitSlurm(comm, script, sweep, v));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  Quote(script, sizeof quoted, quoted);
  snprintf(command, sizeof command, "qsub %s", quoted);
  PetscCall(Command(comm, command, line, &status));
  if (status) VmThrow(comm, VM_ERR_FILE, "qsub failed with status %d; the script is %s", status, script);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(MPI_Comm comm, const char *input, const Request *r, bool slurm)
{
  static const char *const templates[2][2] = {{"pbs_run.sh", "pbs_sweep.sh"}, {"slurm_run.sh", "slurm_sweep.sh"}};
  static Values values; /* too large for the stack of a rank */
  char script[PETSC_MAX_PATH_LEN];
  bool sweep;
  PetscFunctionBegin;
  PetscCall(IsPlan(comm, input, &sweep));
  PetscCall(PutCommon(comm, r, slurm, &values));
  PetscCall((sweep ? PutSweep : PutCase)(comm, input, r, &values));
  PetscCall(WriteScript(comm, templates[slurm][sweep], &values, script));
  PetscCall(VmLog(comm, "written: %s", script));
  if (!r->dry_run) PetscCall(Submit(comm, script, slurm, sweep, &values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0};
  Request r = {0};
  int size;
  const VmOption options[] = {{.name = "--system", .value = &r.system},
                              {.name = "--ranks", .value = &r.ranks},
                              {.name = "--time", .value = &r.time},
                              {.name = "--launcher", .value = &r.launcher},
                              {.name = "--at-once", .value = &r.at_once},
                              {.name = "--option", .values = &r.options},
                              {.name = "--set", .values = &r.overrides},
                              {.name = "--dry-run", .flag = &r.dry_run},
                              {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_submit, argc, argv, options, 1, 1, &words));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  if (size > 1) VmThrow(comm, VM_ERR_INPUT, "submit runs on one process: start it without mpirun");
  const bool pbs = r.system && strcmp(r.system, "pbs") == 0;
  if (r.system && !pbs && strcmp(r.system, "slurm") != 0)
    VmThrow(comm, VM_ERR_INPUT, "--system \"%s\": slurm or pbs", r.system);
  PetscCall(Write(comm, words.words[0], &r, !pbs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_submit = {
    .name = "submit",
    .usage = "submit CASE|PLAN [--ranks N] [--time T] [--system slurm|pbs] [--option TEXT ...] [--launcher TEXT]\n"
             "       [--at-once N] [--set path=value ...] [--dry-run]",
    .summary = "writes a job script for a cluster and submits it",
    .help =
        "Checks the case (or the plan of a sweep, which becomes a job array and a job that collects its table), "
        "writes\n"
        "job.sh into its output directory, asks Slurm whether it would take it (sbatch --test-only) and submits it. "
        "A job\n"
        "that runs out of time saves a checkpoint and submits itself again.\n\n"
        "  --ranks N         ranks of the run, or of each point (default 1)\n"
        "  --time T          time limit, e.g. \"12 h\" (default 24 h)\n"
        "  --system NAME     slurm (default) or pbs\n"
        "  --option TEXT     another line for the batch system, e.g. \"--partition=long\" (may be given several "
        "times)\n"
        "  --launcher TEXT   default: srun --mpi=pmix, or mpirun -n N for PBS\n"
        "  --at-once N       points of a sweep at a time (default 32)\n"
        "  --dry-run         writes the script and submits nothing\n\n"
        "example:\n  vitromech submit inputs/demo/case.yaml --ranks 24 --time \"2 h\" --dry-run",
    .run = Run,
};
