/* Reader of block files (.blo) of NanoMEGAS ASTAR: a header, a virtual image, then 8-bit patterns of equal size. */
#include "stack.h"
#include <endian.h>
#include <math.h>
#include <string.h>

enum { HEADER = 64, FRAME_HEADER = 6 }; /* of a frame: 0xaa 0x55, number of the frame */

static uint16_t Short(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }
static uint32_t Long(const uint8_t *at) { return Short(at) | (uint32_t)Short(at + 2) << 16; }

static double Real(const uint8_t *at)
{
  uint64_t word;
  double value;
  memcpy(&word, at, sizeof word);
  word = le64toh(word);
  memcpy(&value, &word, sizeof value);
  return isfinite(value) && value > 0.0 ? value : 0.0;
}

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  (void)path;
  return n >= 6 && memcmp(head, "IMGBLO", 6) == 0 ? 10 : 0;
}

static const char *Check(VmStack stack, const uint8_t *record, int64_t frame)
{
  (void)stack;
  if (record[0] != 0xaa || record[1] != 0x55) return "it does not begin with its mark";
  return Long(record + 2) == (uint32_t)frame ? NULL : "it has another number";
}

static PetscErrorCode Layout(VmStack stack, const VmCubeHints *hints, VmCubeInfo *info)
{
  uint8_t head[HEADER];
  size_t got;
  int64_t frames;

  PetscFunctionBegin;
  PetscCall(VmStackHead(stack, sizeof head, head, &got));
  if (got < sizeof head || (Short(head + 6) != 0x0102 && Short(head + 6) != 0x0103))
    VmThrow(stack->comm, VM_ERR_INPUT, "%s has no whole header of a block file", stack->path);
  const int64_t side = Short(head + 20), known[2] = {Short(head + 26), Short(head + 24)};
  if (side == 0 || known[0] == 0 || known[1] == 0 || Long(head + 12) < HEADER || Long(head + 12) >= stack->size)
    VmThrow(stack->comm, VM_ERR_INPUT, "the header of %s is damaged: %lldx%lld frames of %lld pixels at byte %lld",
            stack->path, (long long)known[0], (long long)known[1], (long long)side, (long long)Long(head + 12));
  info->det[0] = info->det[1] = side;
  stack->offset = (int64_t)Long(head + 12);
  stack->skip = FRAME_HEADER;
  stack->pixels = side * side;
  stack->stride = FRAME_HEADER + stack->pixels;
  stack->sample = (VmSample){'u', 1, false};
  stack->check = Check;
  PetscCall(VmStackDetector(stack, hints, info->det));
  PetscCall(VmStackCount(stack, &frames));
  PetscCall(VmStackScan(stack, hints, frames, known, info->scan));
  info->type = VM_U8;
  info->scan_pitch[0] = Real(head + 38);
  info->scan_pitch[1] = Real(head + 30);
  info->energy = 1e-3 * Long(head + 46);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmStackOpenAs(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_blo = {
    .name = "blo",
    .extensions = "blo",
    .doc = "block file of NanoMEGAS ASTAR, 8 bit; step of the scan and energy are read",
    .probe = Probe,
    .open = Open,
    .read = VmStackRead,
    .close = VmStackClose,
};
