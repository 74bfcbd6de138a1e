#include "stack.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many of n bytes as there are; -1 on an error (errno). */
static int64_t ReadAt(int file, void *to, int64_t n, int64_t offset)
{
  int64_t done = 0;
  while (done < n) {
    const ssize_t got = pread(file, (char *)to + done, (size_t)(n - done), (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += got;
  }
  return done;
}

static PetscErrorCode OpenLocal(VmStack stack)
{
  struct stat status;

  stack->file = open(stack->path, O_RDONLY | O_CLOEXEC);
  if (stack->file < 0 || fstat(stack->file, &status) != 0)
    return VmRaiseLocal(VM_ERR_INPUT, "cannot read %s: %s", stack->path, strerror(errno));
  if (!S_ISREG(status.st_mode)) return VmRaiseLocal(VM_ERR_INPUT, "%s is not a regular file", stack->path);
  stack->size = (int64_t)status.st_size;
  if (stack->size == 0) return VmRaiseLocal(VM_ERR_INPUT, "%s is empty", stack->path);
  return PETSC_SUCCESS;
}

PetscErrorCode VmStackOpen(MPI_Comm comm, const char *path, VmStack *stack)
{
  VmStack s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->comm = comm;
  PetscCall(PetscStrallocpy(path, &s->path));
  const PetscErrorCode code = VmAgree(comm, OpenLocal(s));
  if (code) {
    PetscCall(VmStackClose((void **)&s));
    PetscFunctionReturn(code);
  }
  PetscCallMPI(MPI_Bcast(&s->size, 1, MPI_INT64_T, 0, comm));
  *stack = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStackOpenAs(MPI_Comm comm, const char *path, const VmCubeHints *hints,
                             PetscErrorCode (*layout)(VmStack, const VmCubeHints *, VmCubeInfo *), void **handle,
                             VmCubeInfo *info)
{
  VmStack stack;

  PetscFunctionBegin;
  *handle = NULL;
  PetscCall(VmStackOpen(comm, path, &stack));
  const PetscErrorCode code = layout(stack, hints, info);
  if (code) PetscCall(VmStackClose((void **)&stack));
  else *handle = stack;
  PetscFunctionReturn(code);
}

PetscErrorCode VmStackHead(VmStack stack, size_t n, void *head, size_t *got)
{
  int64_t count = 0;
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(stack->comm, &rank));
  if (rank == 0) count = ReadAt(stack->file, head, (int64_t)n, 0);
  PetscCallMPI(MPI_Bcast(&count, 1, MPI_INT64_T, 0, stack->comm));
  if (count < 0) VmThrow(stack->comm, VM_ERR_INPUT, "%s cannot be read", stack->path);
  PetscCallMPI(MPI_Bcast(head, (int)count, MPI_BYTE, 0, stack->comm));
  *got = (size_t)count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStackCount(VmStack stack, int64_t *frames)
{
  const int64_t bytes = stack->size - stack->offset, rest = bytes % stack->stride;

  PetscFunctionBegin;
  if (bytes < stack->stride || rest != 0)
    VmThrow(stack->comm, VM_ERR_INPUT,
            "%s has %lld bytes of frames of %lld bytes: %lld frames and %lld bytes; it is cut off or of another layout",
            stack->path, (long long)bytes, (long long)stack->stride, (long long)(bytes / stack->stride),
            (long long)rest);
  *frames = bytes / stack->stride;
  PetscCall(PetscMalloc1((size_t)stack->stride, &stack->record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "1x8, 2x4, 4x2, 8x1", or the squarest of them if they are many. */
static void Candidates(int64_t frames, char text[256])
{
  int64_t divisors[64];
  int count = 0;

  for (int64_t d = 1; d <= frames / d; ++d) {
    if (frames % d) continue;
    if (count == 64) memmove(divisors, divisors + 1, 63 * sizeof *divisors), --count;
    divisors[count++] = d;
  }
  const int first = PetscMax(0, count - 4);
  size_t used = (size_t)snprintf(text, 256, "%s", first ? "..., " : "");
  for (int i = first; i < count; ++i)
    used += (size_t)snprintf(text + used, 256 - used, "%s%lldx%lld", i > first ? ", " : "", (long long)divisors[i],
                             (long long)(frames / divisors[i]));
  for (int i = count - 1; i >= first; --i) {
    if (divisors[i] == frames / divisors[i]) continue;
    used += (size_t)snprintf(text + used, 256 - used, ", %lldx%lld", (long long)(frames / divisors[i]),
                             (long long)divisors[i]);
  }
  if (first) snprintf(text + used, 256 - used, ", ...");
}

static bool Fits(VmExtraFrames policy, int64_t frames, const int64_t scan[2], int64_t *stored)
{
  *stored = scan[1];
  if (scan[0] < 1 || scan[1] < 1 || scan[0] > frames / scan[1]) return false;
  if (policy == VM_EXTRA_DROP_TAIL) return true;
  if (policy == VM_EXTRA_SKIP_PER_LINE) {
    *stored = frames / scan[0];
    return frames % scan[0] == 0;
  }
  return scan[0] * scan[1] == frames;
}

PetscErrorCode VmStackScan(VmStack stack, const VmCubeHints *hints, int64_t frames, const int64_t known[2],
                           int64_t scan[2])
{
  const int64_t *wanted = hints->scan[0] ? hints->scan : known;
  char fitting[256];

  PetscFunctionBegin;
  Candidates(frames, fitting);
  if (wanted[0] == 0)
    VmThrow(stack->comm, VM_ERR_INPUT,
            "%s holds %lld frames and does not say how they were scanned: give the shape of the scan (%s)", stack->path,
            (long long)frames, fitting);
  if (!Fits(hints->extra_frames, frames, wanted, &stack->line[1]))
    VmThrow(stack->comm, VM_ERR_INPUT,
            "%s holds %lld frames, which are not those of a scan of %lldx%lld (whole scans: %s); frames that are too "
            "many are only left out when asked for",
            stack->path, (long long)frames, (long long)wanted[0], (long long)wanted[1], fitting);
  scan[0] = wanted[0];
  scan[1] = stack->line[0] = wanted[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStackDetector(VmStack stack, const VmCubeHints *hints, const int64_t det[2])
{
  PetscFunctionBegin;
  if (hints->det[0] && (hints->det[0] != det[0] || hints->det[1] != det[1]))
    VmThrow(stack->comm, VM_ERR_INPUT, "%s holds frames of %lldx%lld pixels, not of %lldx%lld", stack->path,
            (long long)det[0], (long long)det[1], (long long)hints->det[0], (long long)hints->det[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStackRead(void *handle, int64_t first, int64_t n, float *frames)
{
  VmStack s = handle;

  PetscFunctionBegin;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t frame = (first + i) / s->line[0] * s->line[1] + (first + i) % s->line[0];
    if (ReadAt(s->file, s->record, s->stride, s->offset + frame * s->stride) != s->stride)
      PetscFunctionReturn(VmRaiseLocal(VM_ERR_INPUT, "frame %lld of %s cannot be read", (long long)frame, s->path));
    const char *wrong = s->check ? s->check(s, s->record, frame) : NULL;
    if (wrong)
      PetscFunctionReturn(
          VmRaiseLocal(VM_ERR_INPUT, "frame %lld of %s is damaged: %s", (long long)frame, s->path, wrong));
    if (s->decode) s->decode(s, s->record + s->skip, frames + i * s->pixels);
    else VmSampleDecode(s->sample, s->record + s->skip, s->pixels, frames + i * s->pixels);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmStackClose(void **handle)
{
  VmStack s = *handle;

  PetscFunctionBegin;
  if (s->file >= 0) (void)close(s->file);
  PetscCall(PetscFree(s->context));
  PetscCall(PetscFree(s->record));
  PetscCall(PetscFree(s->path));
  PetscCall(PetscFree(s));
  *handle = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}
