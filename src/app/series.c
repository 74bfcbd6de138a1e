#include "series.h"

#include <vitromech/provenance.h>

#include <string.h>

/* All frames, as many in every file. */
static PetscErrorCode AllFrames(MPI_Comm comm, VmSeries *s)
{
  PetscFunctionBegin;
  s->first = 1;
  PetscCall(VmAtomsFrames(comm, s->files->words[0], &s->each));
  for (int i = 1; i < s->files->count; ++i) {
    int64_t frames;
    PetscCall(VmAtomsFrames(comm, s->files->words[i], &frames));
    if (frames == s->each) continue;
    VmThrow(comm, VM_ERR_INPUT, "--frames all: %s has %lld frames, %s has %lld; say which, e.g. --frames 1:%lld",
            s->files->words[0], (long long)s->each, s->files->words[i], (long long)frames,
            (long long)PetscMin(frames, s->each));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ParseFrames(MPI_Comm comm, const char *text, VmSeries *s)
{
  long long first, last, step = 1;
  int end = 0;
  PetscFunctionBegin;
  if (strcmp(text, "all") == 0) {
    PetscCall(AllFrames(comm, s));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  bool good = sscanf(text, "%lld:%lld%n", &first, &last, &end) == 2 && end > 0;
  if (good && text[end] == ':') {
    const int start = end;
    good = sscanf(text + start, ":%lld%n", &step, &end) == 1;
    end += start;
  }
  if (!good || text[end] || first < 1 || last < first || step < 1)
    VmThrow(comm, VM_ERR_INPUT,
            "--frames \"%s\": frames are FIRST:LAST or FIRST:LAST:STEP, counted from 1, e.g. 1:200, or all", text);
  s->first = first;
  s->step = step;
  s->each = (last - first) / step + 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One line for each file: its name and checksum. A missing file is told by its reader. */
static PetscErrorCode DescribeFiles(MPI_Comm comm, VmSeries *s)
{
  size_t size = 128;
  char hex[65];
  int rank;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int i = 0; i < s->files->count; ++i) size += strlen(s->files->words[i]) + 80;
  PetscCall(PetscCalloc1(size, &s->input));
  size_t at = (size_t)snprintf(s->input, size, "frames %lld + %lld x %lld\n", (long long)s->first, (long long)s->step,
                               (long long)s->each);
  for (int i = 0; i < s->files->count; ++i) {
    memset(hex, 0, sizeof hex);
    if (rank == 0) (void)VmSha256File(s->files->words[i], hex);
    PetscCallMPI(MPI_Bcast(hex, sizeof hex, MPI_CHAR, 0, comm));
    at += (size_t)snprintf(s->input + at, size - at, "%s %s\n", s->files->words[i], hex);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSeriesOpen(MPI_Comm comm, const VmWords *files, const char *frames, const VmAtomsHints *hints,
                            VmSeries *series)
{
  PetscFunctionBegin;
  *series = (VmSeries){.files = files, .each = 1, .step = 1, .hints = *hints};
  if (frames) PetscCall(ParseFrames(comm, frames, series));
  PetscCall(DescribeFiles(comm, series));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSeriesClose(VmSeries *series)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(series->input));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int64_t VmSeriesCount(const VmSeries *series) { return series->files->count * series->each; }

PetscErrorCode VmSeriesRead(void *context, MPI_Comm comm, int64_t frame, VmAtoms *atoms)
{
  const VmSeries *s = context;
  VmAtomsHints hints = s->hints;
  PetscFunctionBegin;
  if (s->first) hints.frame = s->first + frame % s->each * s->step;
  PetscCall(VmAtomsReadHinted(comm, s->files->words[frame / s->each], &hints, atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}
