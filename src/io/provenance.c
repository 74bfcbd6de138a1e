#include <vitromech/provenance.h>
#include <vitromech/schema.h>
#include "h5_private.h"
#include <fftw3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

typedef struct Entry_s {
  char *name, *text;
  struct Entry_s *next;
} Entry;

struct VmProvenance_s {
  MPI_Comm comm;
  int rank, size;
  uint64_t seed;
  char *command, *host, start[32];
  Entry *inputs, *files, *sources;
};

const char *VmVersion(void) { return "vitromech " VM_VERSION " (git " VM_GIT_HASH ")"; }

static void TimeNow(char text[32])
{
  const time_t now = time(NULL);
  struct tm utc;
  strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

/* The words of a command line, those with unusual characters in single quotes. */
static PetscErrorCode JoinCommand(int argc, char **argv, char **command)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,%@";
  size_t room = 1;
  char *to;

  PetscFunctionBegin;
  for (int i = 0; i < argc; ++i) room += 4 * strlen(argv[i]) + 3;
  PetscCall(PetscMalloc1(room, command));
  to = *command;
  for (int i = 0; i < argc; ++i) {
    const bool quote = argv[i][0] == '\0' || argv[i][strspn(argv[i], plain)] != '\0';
    if (i) *to++ = ' ';
    if (quote) *to++ = '\'';
    for (const char *from = argv[i]; *from; ++from) {
      if (*from == '\'') to += sprintf(to, "'\\''");
      else *to++ = *from;
    }
    if (quote) *to++ = '\'';
  }
  *to = '\0';
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Text of rank 0, on all ranks. */
static PetscErrorCode Share(MPI_Comm comm, size_t size, char *text)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(text, (int)size, MPI_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceCreate(MPI_Comm comm, int argc, char **argv, uint64_t seed, VmProvenance *provenance)
{
  VmProvenance p;
  char host[256] = "";

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->comm = comm;
  p->seed = seed;
  PetscCallMPI(MPI_Comm_rank(comm, &p->rank));
  PetscCallMPI(MPI_Comm_size(comm, &p->size));
  PetscCall(JoinCommand(argc, argv, &p->command));
  gethostname(host, sizeof host - 1);
  TimeNow(p->start);
  PetscCall(Share(comm, sizeof host, host));
  PetscCall(Share(comm, sizeof p->start, p->start));
  PetscCall(PetscStrallocpy(host, &p->host));
  *provenance = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeEntries(Entry *entry)
{
  PetscFunctionBegin;
  while (entry) {
    Entry *next = entry->next;
    PetscCall(PetscFree(entry->name));
    PetscCall(PetscFree(entry->text));
    PetscCall(PetscFree(entry));
    entry = next;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceDestroy(VmProvenance *provenance)
{
  PetscFunctionBegin;
  if (*provenance) {
    PetscCall(FreeEntries((*provenance)->inputs));
    PetscCall(FreeEntries((*provenance)->files));
    PetscCall(FreeEntries((*provenance)->sources));
    PetscCall(PetscFree((*provenance)->command));
    PetscCall(PetscFree((*provenance)->host));
    PetscCall(PetscFree(*provenance));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A later entry of the same name replaces the earlier one. */
static PetscErrorCode AddEntry(Entry **list, const char *name, const char *text)
{
  PetscFunctionBegin;
  while (*list && strcmp((*list)->name, name) != 0) list = &(*list)->next;
  if (*list) {
    PetscCall(PetscFree((*list)->text));
  } else {
    PetscCall(PetscNew(list));
    PetscCall(PetscStrallocpy(name, &(*list)->name));
  }
  PetscCall(PetscStrallocpy(text, &(*list)->text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceAddInput(VmProvenance provenance, const char *name, const char *text)
{
  PetscFunctionBegin;
  PetscCall(AddEntry(&provenance->inputs, name, text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceAddSource(VmProvenance provenance, const char *model, const char *source)
{
  PetscFunctionBegin;
  PetscCall(AddEntry(&provenance->sources, model, source));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceAddFile(VmProvenance provenance, const char *path)
{
  char hex[65] = "";

  PetscFunctionBegin;
  if (provenance->rank == 0 && !VmSha256File(path, hex)) hex[0] = '\0';
  PetscCall(Share(provenance->comm, sizeof hex, hex));
  if (!hex[0]) VmThrow(provenance->comm, VM_ERR_INPUT, "cannot read %s", path);
  PetscCall(AddEntry(&provenance->files, path, hex));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *VmProvenanceChecksum(VmProvenance provenance, const char *path)
{
  const Entry *entry = provenance->files;
  while (entry && strcmp(entry->name, path) != 0) entry = entry->next;
  return entry ? entry->text : NULL;
}

/* Moves an existing /provenance to /provenance/previous/<i>; the blocks before it come along. */
static PetscErrorCode MoveLocal(VmH5 file)
{
  static const char aside[] = "/provenance_aside", previous[] = VM_PATH_PROVENANCE "/previous";
  H5G_info_t info;
  htri_t chained;
  char target[64];
  hid_t group;

  PetscFunctionBegin;
  VmCallH5(H5Lmove(file->id, VM_PATH_PROVENANCE, file->id, aside, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(group = H5Gcreate2(file->id, VM_PATH_PROVENANCE, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  VmCallH5(H5Gclose(group));
  VmCallH5(chained = H5Lexists(file->id, "/provenance_aside/previous", H5P_DEFAULT));
  if (chained) {
    VmCallH5(H5Lmove(file->id, "/provenance_aside/previous", file->id, previous, H5P_DEFAULT, H5P_DEFAULT));
  } else {
    VmCallH5(group = H5Gcreate2(file->id, previous, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    VmCallH5(H5Gclose(group));
  }
  VmCallH5(H5Gget_info_by_name(file->id, previous, &info, H5P_DEFAULT));
  snprintf(target, sizeof target, "%s/%llu", previous, (unsigned long long)info.nlinks);
  VmCallH5(H5Lmove(file->id, aside, file->id, target, H5P_DEFAULT, H5P_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteLibraries(VmH5 file)
{
  char petsc[128], mpi[MPI_MAX_LIBRARY_VERSION_STRING], hdf5[32];
  int length;
  unsigned major, minor, release;

  PetscFunctionBegin;
  PetscCall(PetscGetVersion(petsc, sizeof petsc));
  PetscCallMPI(MPI_Get_library_version(mpi, &length));
  VmCallH5(H5get_libversion(&major, &minor, &release));
  snprintf(hdf5, sizeof hdf5, "%u.%u.%u", major, minor, release);
  const char *const libraries[][2] = {
      {"petsc", petsc}, {"mpi", mpi}, {"hdf5", hdf5}, {"fftw", fftw_version}, {"libyaml", yaml_get_version_string()}};
  PetscCall(VmH5Group(file, VM_PATH_PROVENANCE "/libraries"));
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; ++i) {
    PetscCall(VmH5AttrText(file, VM_PATH_PROVENANCE "/libraries", libraries[i][0], libraries[i][1]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteEntries(VmH5 file, const char *group, const Entry *entry)
{
  PetscFunctionBegin;
  PetscCall(VmH5Group(file, group));
  for (; entry; entry = entry->next) PetscCall(VmH5AttrText(file, group, entry->name, entry->text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Inputs are datasets: they may be longer than an attribute should be. */
static PetscErrorCode WriteInputs(VmH5 file, const Entry *entry)
{
  PetscFunctionBegin;
  PetscCall(VmH5Group(file, VM_PATH_PROVENANCE "/inputs"));
  for (; entry; entry = entry->next) {
    char path[4096];
    PetscCall(PetscSNPrintf(path, sizeof path, VM_PATH_PROVENANCE "/inputs/%s", entry->name));
    PetscCall(VmH5WriteText(file, path, entry->text));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceWrite(VmProvenance provenance, VmH5 file)
{
  const int64_t ranks = provenance->size;
  bool exists;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, VM_PATH_PROVENANCE, &exists));
  if (exists) PetscCall(VmAgree(file->comm, MoveLocal(file)));
  PetscCall(VmH5Group(file, VM_PATH_PROVENANCE));

  const char *const texts[][2] = {{"version", VM_VERSION},
                                  {"git_hash", VM_GIT_HASH},
                                  {"build_type", VM_BUILD_TYPE},
                                  {"compiler", COMPILER},
                                  {"command_line", provenance->command},
                                  {"host", provenance->host},
                                  {"start", provenance->start}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    PetscCall(VmH5AttrText(file, VM_PATH_PROVENANCE, texts[i][0], texts[i][1]));
  }
  PetscCall(VmH5AttrInt(file, VM_PATH_PROVENANCE, "ranks", 1, &ranks));
  PetscCall(VmH5AttrWrite(file, VM_PATH_PROVENANCE, "seed", H5T_NATIVE_UINT64, 0, &provenance->seed));
  PetscCall(WriteLibraries(file));
  PetscCall(WriteInputs(file, provenance->inputs));
  PetscCall(WriteEntries(file, VM_PATH_PROVENANCE "/files", provenance->files));
  PetscCall(WriteEntries(file, VM_PATH_PROVENANCE "/sources", provenance->sources));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmProvenanceEnd(VmProvenance provenance, VmH5 file)
{
  char end[32];

  PetscFunctionBegin;
  TimeNow(end);
  PetscCall(Share(provenance->comm, sizeof end, end));
  PetscCall(VmH5AttrText(file, VM_PATH_PROVENANCE, "end", end));
  PetscFunctionReturn(PETSC_SUCCESS);
}
