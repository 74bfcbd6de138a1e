/* Reader of one numpy array (.npy): [scan0][scan1][det0][det1], [frames][det0][det1] or one pattern. */
#include "stack.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 4096, MAX_RANK = 4 };

static int Probe(const uint8_t *head, size_t n, const char *path)
{
  (void)path;
  return n >= 6 && memcmp(head, "\223NUMPY", 6) == 0 ? 10 : 0;
}

/* The text after 'key': in the header. */
static const char *Value(const char *header, const char *key)
{
  char quoted[32];
  snprintf(quoted, sizeof quoted, "'%s':", key);
  const char *at = strstr(header, quoted);
  if (!at) return NULL;
  at += strlen(quoted);
  return at + strspn(at, " ");
}

/* '<u2' and its like. */
static bool ParseSample(const char *text, VmSample *sample)
{
  static const char *const known[] = {"b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"};
  if (!text || (*text != '\'' && *text != '"') || !strchr("<>|", text[1]) || text[1] == '\0') return false;
  for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
    if (strncmp(text + 2, known[i], 2) != 0 || text[4] != *text) continue;
    *sample = (VmSample){text[2] == 'b' ? 'u' : text[2], text[3] - '0', text[1] == '>'};
    return true;
  }
  return false;
}

/* Number of axes, 0 if the text is not a shape of 2 to 4 positive numbers. */
static int ParseShape(const char *text, int64_t dims[MAX_RANK])
{
  int rank = 0;
  if (!text || *text++ != '(') return 0;
  while (rank < MAX_RANK) {
    char *end;
    text += strspn(text, " ");
    if (!isdigit((unsigned char)*text)) return 0;
    dims[rank] = strtoll(text, &end, 10);
    if (dims[rank++] < 1) return 0;
    text = end + (*end == ',') + strspn(end + (*end == ','), " ");
    if (*text == ')') return rank >= 2 ? rank : 0;
    if (*end != ',') return 0;
  }
  return 0;
}

/* The header as text, NULL if it is not whole; *offset is where the numbers begin. */
static char *HeaderText(uint8_t head[HEAD + 1], size_t got, int64_t *offset)
{
  if (got < 12 || head[6] < 1 || head[6] > 3) return NULL;
  const size_t start = head[6] == 1 ? 10 : 12;
  const size_t length =
      head[8] | (size_t)head[9] << 8 | (start == 12 ? (size_t)head[10] << 16 | (size_t)head[11] << 24 : 0);
  if (length > HEAD || start + length > got) return NULL;
  head[start + length] = '\0';
  *offset = (int64_t)(start + length);
  return (char *)head + start;
}

static PetscErrorCode Layout(VmStack stack, const VmCubeHints *hints, VmCubeInfo *info)
{
  uint8_t head[HEAD + 1];
  size_t got;
  int64_t frames, dims[MAX_RANK], known[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(VmStackHead(stack, HEAD, head, &got));
  const char *header = HeaderText(head, got, &stack->offset);
  if (!header) VmThrow(stack->comm, VM_ERR_INPUT, "%s has no whole header of a numpy array", stack->path);
  if (!ParseSample(Value(header, "descr"), &stack->sample))
    VmThrow(stack->comm, VM_ERR_INPUT, "%s: the array is not of real or whole numbers that can be read", stack->path);
  const char *order = Value(header, "fortran_order");
  if (!order || strncmp(order, "False", 5) != 0)
    VmThrow(stack->comm, VM_ERR_INPUT, "%s: the array is in Fortran order, which is not read", stack->path);
  const int rank = ParseShape(Value(header, "shape"), dims);
  if (rank == 0) VmThrow(stack->comm, VM_ERR_INPUT, "%s: the array has not 2 to 4 axes with points", stack->path);

  for (int d = 0; d < 2; ++d) info->det[d] = dims[rank - 2 + d];
  if (info->det[0] > stack->size / info->det[1])
    VmThrow(stack->comm, VM_ERR_INPUT, "%s is cut off: it does not hold one frame of its shape", stack->path);
  stack->pixels = info->det[0] * info->det[1];
  stack->stride = stack->pixels * stack->sample.bytes;
  PetscCall(VmStackDetector(stack, hints, info->det));
  PetscCall(VmStackCount(stack, &frames));
  known[0] = rank == 4 ? dims[0] : 1;
  known[1] = rank == 4 ? dims[1] : rank == 3 ? dims[0] : 1;
  if (known[0] > frames / known[1] || known[0] * known[1] != frames)
    VmThrow(stack->comm, VM_ERR_INPUT, "%s holds %lld frames, its header says %lldx%lld", stack->path,
            (long long)frames, (long long)known[0], (long long)known[1]);
  PetscCall(VmStackScan(stack, hints, frames, known, info->scan));
  info->type = VmSampleType(stack->sample);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(MPI_Comm comm, const char *path, const VmCubeHints *hints, void **handle, VmCubeInfo *info)
{
  PetscFunctionBegin;
  PetscCall(VmStackOpenAs(comm, path, hints, Layout, handle, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCubeFormat vm_cube_format_npy = {
    .name = "npy",
    .extensions = "npy",
    .doc = "numpy array of 2 to 4 axes in C order, whole or real numbers",
    .probe = Probe,
    .open = Open,
    .read = VmStackRead,
    .close = VmStackClose,
};
