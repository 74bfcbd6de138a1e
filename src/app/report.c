#include "report.h"

#include "launch.h"
#include "outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPT "analysis/report/report.py"
#define PYTHON "/usr/bin/python3"

static void Become(const char *script, int n, const char *const *files, const char *output, bool required)
{
  const char *argv[VM_MAX_WORDS + 8];
  int argc = 0;
  argv[argc++] = access(PYTHON, X_OK) == 0 ? PYTHON : "python3";
  argv[argc++] = script;
  if (!required) argv[argc++] = "--optional";
  argv[argc++] = "--output";
  argv[argc++] = output;
  argv[argc++] = "--";
  for (int i = 0; i < n && i < VM_MAX_WORDS; ++i) argv[argc++] = files[i];
  argv[argc] = NULL;
  VmForgetMpi(environ);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  execvp(argv[0], (char *const *)argv);
  fprintf(stderr,
          "vitromech: %s: cannot start %s for the report (%s); install the Debian packages python3, "
          "python3-h5py, python3-matplotlib\n",
          required ? "error" : "warning", argv[0], strerror(errno));
  exit(required ? 1 : 0);
}

PetscErrorCode VmReportExec(int n, const char *const *files, const char *output_html, bool required)
{
  const char *directory = getenv("VITROMECH_SOURCE_DIR");
  char script[PETSC_MAX_PATH_LEN];
  bool exists;
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  snprintf(script, sizeof script, "%s/" SCRIPT, directory ? directory : VM_SOURCE_DIR);
  PetscCall(VmFileExists(PETSC_COMM_WORLD, script, &exists));
  if (!exists && !required) {
    PetscCall(VmWarn(PETSC_COMM_WORLD, "no report: the report program %s is not there", script));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!exists) {
    VmThrow(PETSC_COMM_WORLD, VM_ERR_FILE,
            "the report program %s is not there; set VITROMECH_SOURCE_DIR to the directory that holds analysis/report",
            script);
  }
  fflush(stdout);
  PetscCall(PetscFinalize());
  if (rank == 0) Become(script, n, files, output_html, required);
  exit(0);
}

/* report.html beside the first file. */
static void DefaultOutput(const char *file, size_t size, char *path)
{
  const char *slash = strrchr(file, '/');
  snprintf(path, size, "%.*s%s", slash ? (int)(slash - file) + 1 : 0, file, VM_FILE_REPORT);
}

/* Files that a word stands for: itself, or the result and the analysis in an output directory. At most `room`. */
static int FilesOf(const char *word, int room, char (*files)[PETSC_MAX_PATH_LEN])
{
  const char *const names[] = {VM_FILE_RESULT, VM_FILE_ANALYSIS};
  struct stat about;
  int count = 0;
  if (stat(word, &about) != 0 || !S_ISDIR(about.st_mode)) {
    snprintf(files[0], sizeof files[0], "%s", word);
    return 1;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names && count < room; ++i) {
    snprintf(files[count], sizeof files[count], "%s/%s", word, names[i]);
    if (access(files[count], F_OK) == 0) ++count;
  }
  return count;
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0};
  const char *output = NULL, *files[VM_MAX_WORDS];
  char path[PETSC_MAX_PATH_LEN], (*room)[PETSC_MAX_PATH_LEN];
  int count = 0;
  const VmOption options[] = {{.name = "--output", .value = &output}, {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_report, argc, argv, options, 1, VM_MAX_WORDS, &words));
  for (int i = 0; i < words.count; ++i) {
    bool exists;
    PetscCall(VmFileExists(comm, words.words[i], &exists));
    if (!exists) VmThrow(comm, VM_ERR_INPUT, "%s does not exist", words.words[i]);
  }
  PetscCall(PetscMalloc1(VM_MAX_WORDS, &room));
  for (int i = 0; i < words.count && count < VM_MAX_WORDS; ++i) {
    const int found = FilesOf(words.words[i], VM_MAX_WORDS - count, room + count);
    if (!found) VmThrow(comm, VM_ERR_INPUT, "%s holds no %s", words.words[i], VM_FILE_RESULT);
    count += found;
  }
  for (int i = 0; i < count; ++i) files[i] = room[i];
  DefaultOutput(files[0], sizeof path, path);
  PetscCall(VmReportExec(count, files, output ? output : path, true));
  PetscCall(PetscFree(room)); /* where another program takes over, nothing comes back */
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_report = {
    .name = "report",
    .usage = "report RESULT... [--output FILE.html]",
    .summary = "one self-contained HTML file with figures, and the data of each as CSV",
    .help = "Draws what the files hold: history and fields of a run, patterns, curves, maps and the comparison.\n"
            "Needs the Debian packages python3-h5py and python3-matplotlib.\n\n"
            "  RESULT           result.h5 of a run, analysis.h5, and the cube (for a single pattern), in any order; a\n"
            "                   directory stands for its result.h5 and analysis.h5\n"
            "  --output FILE    default: report.html beside the first file; the data go to report_data/ beside it\n\n"
            "example:\n  vitromech report out/demo/result.h5 out/demo/analysis.h5 out/demo/cube.h5",
    .run = Run,
};
