#include "outputs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Templates are the directories of inputs/ that hold a case.yaml; the files a template refers to by a path beginning
 * with ../ are copied beside the new case and renamed in it. */
#define TEMPLATES VM_SOURCE_DIR "/inputs"

static void TemplateFile(const char *name, const char *file, size_t size, char *path)
{
  snprintf(path, size, "%s/%s/%s", TEMPLATES, name, file);
}

/* The first comment line of a template says what it shows. */
static void TemplateSummary(const char *path, char summary[256])
{
  FILE *f = fopen(path, "r");
  summary[0] = '\0';
  if (!f) return;
  if (!fgets(summary, 256, f) || summary[0] != '#') summary[0] = '\0';
  fclose(f);
  summary[strcspn(summary, "\n")] = '\0';
  memmove(summary, summary + strspn(summary, "# "), strlen(summary + strspn(summary, "# ")) + 1);
}

static int IsTemplate(const struct dirent *entry)
{
  char path[PETSC_MAX_PATH_LEN];
  TemplateFile(entry->d_name, "case.yaml", sizeof path, path);
  return entry->d_name[0] != '.' && access(path, R_OK) == 0;
}

static void ListTemplates(void)
{
  struct dirent **entries;
  const int count = scandir(TEMPLATES, &entries, IsTemplate, alphasort);
  for (int i = 0; i < count; ++i) {
    char path[PETSC_MAX_PATH_LEN], summary[256];
    TemplateFile(entries[i]->d_name, "case.yaml", sizeof path, path);
    TemplateSummary(path, summary);
    printf("  %-12s %s\n", entries[i]->d_name, summary);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
  else printf("  none: %s is not there\n", TEMPLATES);
}

static bool EndsPath(char c) { return !c || isspace((unsigned char)c) || strchr("\"',}]", c); }

/* Copies the referenced file at *text ("../glasses/x.xyz.gz") and writes its bare name; false if it cannot be copied.
 */
static bool CopyReference(const char *name, const char *directory, const char **text, FILE *out)
{
  char reference[PETSC_MAX_PATH_LEN], from[2 * PETSC_MAX_PATH_LEN], to[2 * PETSC_MAX_PATH_LEN];
  size_t length = 0;
  while (!EndsPath((*text)[length]) && length + 1 < sizeof reference) ++length;
  memcpy(reference, *text, length);
  reference[length] = '\0';
  *text += length;
  TemplateFile(name, reference, sizeof from, from);
  const char *bare = strrchr(reference, '/') + 1;
  snprintf(to, sizeof to, "%s/%s", directory, bare);
  fputs(bare, out);
  return VmFileCopy(from, to);
}

static PetscErrorCode CopyTemplate(const char *name, const char *text, const char *directory)
{
  char path[PETSC_MAX_PATH_LEN];
  snprintf(path, sizeof path, "%s/case.yaml", directory);
  FILE *out = fopen(path, "wx");
  if (!out && errno == EEXIST) return VmRaiseLocal(VM_ERR_INPUT, "%s exists; it is never overwritten", path);
  if (!out) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s: %s", path, strerror(errno));
  bool ok = true;
  for (const char *t = text; *t;) {
    const bool starts = t == text || EndsPath(t[-1]);
    if (starts && strncmp(t, "../", 3) == 0) ok &= CopyReference(name, directory, &t, out);
    else fputc(*t++, out);
  }
  ok &= !ferror(out);
  ok &= fclose(out) == 0;
  return ok ? PETSC_SUCCESS : VmRaiseLocal(VM_ERR_FILE, "cannot write all files to %s: %s", directory, strerror(errno));
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmWords words = {0};
  bool list = false;
  char path[PETSC_MAX_PATH_LEN], *text;
  size_t size;
  PetscErrorCode code = PETSC_SUCCESS;
  const VmOption options[] = {{.name = "--list", .flag = &list}, {.name = NULL}};
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_init, argc, argv, options, 0, 2, &words));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (list) {
    if (rank == 0) ListTemplates();
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (words.count == 0) PetscCall(VmRaise(comm, VM_ERR_INPUT, "which template? vitromech init --list names them"));
  const char *name = words.words[0], *directory = words.count > 1 ? words.words[1] : name;
  if (strchr(name, '/'))
    PetscCall(VmRaise(comm, VM_ERR_INPUT, "\"%s\" is no template; vitromech init --list names them", name));
  TemplateFile(name, "case.yaml", sizeof path, path);
  int found = rank == 0 && access(path, R_OK) == 0;
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, comm));
  if (!found) PetscCall(VmRaise(comm, VM_ERR_INPUT, "\"%s\" is no template; vitromech init --list names them", name));
  PetscCall(VmFileBroadcast(comm, path, &text, &size));
  PetscCall(VmDirectoryCreate(comm, directory));
  if (rank == 0) code = CopyTemplate(name, text, directory);
  PetscCall(PetscFree(text));
  PetscCall(VmAgree(comm, code));
  PetscCall(VmLog(comm, "wrote %s/case.yaml; next: vitromech check %s/case.yaml", directory, directory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_init = {
    .name = "init",
    .usage = "init TEMPLATE [DIR] | init --list",
    .summary = "writes a commented case to start from",
    .help = "Copies a template and the files it needs into DIR (default: the name of the template).\n\n"
            "example:\n  vitromech init demo mycase",
    .run = Run,
};
