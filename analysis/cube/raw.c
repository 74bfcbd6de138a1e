/* Reader of numbers without a header: shape and type come from the user, the size of the file must agree. */
#include "stack.h"
#include <string.h>
#include <strings.h>

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  const char *dot = strrchr(path, '.');
  (void)head;
  return n && dot && (strcasecmp(dot, ".raw") == 0 || strcasecmp(dot, ".bin") == 0) ? 1 : 0;
}

static PetscErrorCode Layout(VmStack stack, const VmCubeHints *hints, VmCubeInfo *info)
{
  const int64_t unknown[2] = {0, 0};
  int64_t frames;

  PetscFunctionBegin;
  if (!hints->det[0] || !hints->sample)
    VmThrow(stack->comm, VM_ERR_INPUT,
            "%s says nothing about itself: give the shapes of detector and scan, and the type of the numbers",
            stack->path);
  if (!VmSampleParse(hints->sample, &stack->sample))
    VmThrow(stack->comm, VM_ERR_INPUT,
            "\"%s\" is no type of numbers: one of uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, "
            "float64 is needed, with \"be\" after it for big-endian",
            hints->sample);
  if (hints->det[0] > stack->size / hints->det[1])
    VmThrow(stack->comm, VM_ERR_INPUT, "%s has %lld bytes: less than one frame of %lldx%lld pixels", stack->path,
            (long long)stack->size, (long long)hints->det[0], (long long)hints->det[1]);
  stack->pixels = hints->det[0] * hints->det[1];
  stack->stride = stack->pixels * stack->sample.bytes;
  PetscCall(VmStackCount(stack, &frames));
  PetscCall(VmStackScan(stack, hints, frames, unknown, info->scan));
  for (int d = 0; d < 2; ++d) info->det[d] = hints->det[d];
  info->type = VmSampleType(stack->sample);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmStackOpenAs(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_raw = {
    .name = "raw",
    .extensions = "raw bin",
    .doc = "numbers without a header; scan, detector and type are given by the user",
    .probe = Probe,
    .open = Open,
    .read = VmStackRead,
    .close = VmStackClose,
};
