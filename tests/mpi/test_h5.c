/* ranks: 1 2 3 4; timeout: 120; links: vm_io */
#include "vm_test.h"
#include <vitromech/h5.h>
#include <unistd.h>

static const VmMeta meta = {"GPa", "shear \xc2\xb5", "x,y,z"};

static const char *Scratch(const char *name)
{
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", VmTestScratch(), name);
  return path;
}

static int Rank(void)
{
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

/* Rank 0 writes bytes into a file; the others wait. */
static void MakeFile(const char *path, const void *bytes, size_t length)
{
  if (Rank() == 0) {
    FILE *stream = fopen(path, "wb");
    fwrite(bytes, 1, length, stream);
    fclose(stream);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static double FieldValue(int64_t voxel, int c) { return (double)voxel + 1e7 * c + 0.125; }

static PetscErrorCode TestField(const int64_t n[3], int ncomp)
{
  const char *path = Scratch("field.h5");
  VmGrid grid;
  VmH5 file;
  double *field, *back;
  int64_t dims[8], wrong = 0;
  int rank;

  PetscFunctionBegin;
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, n, 1.7, &grid));
  PetscCall(PetscMalloc1((size_t)(grid->np * ncomp), &field));
  for (int c = 0; c < ncomp; ++c) {
    for (int64_t i = 0; i < grid->np; ++i) field[c * grid->np + i] = FieldValue(VmGridGlobal(grid, i), c);
  }
  PetscCall(VmH5Open(PETSC_COMM_WORLD, path, VM_H5_CREATE, &file));
  PetscCall(VmH5WriteField(file, "/fields/000001/stress", grid, ncomp, field, meta));
  PetscCall(VmH5Close(&file));

  PetscCall(VmH5Open(PETSC_COMM_WORLD, path, VM_H5_READ, &file));
  PetscCall(VmH5Shape(file, "/fields/000001/stress", &rank, dims));
  VmExpectInt(rank, ncomp > 1 ? 4 : 3);
  for (int d = 0; d < 3; ++d) VmExpectInt(dims[d], n[d]);
  if (ncomp > 1) VmExpectInt(dims[3], ncomp);
  memset(field, 0, (size_t)(grid->np * ncomp) * sizeof *field);
  PetscCall(VmH5ReadField(file, "/fields/000001/stress", grid, ncomp, field));
  for (int c = 0; c < ncomp; ++c) {
    for (int64_t i = 0; i < grid->np; ++i) wrong += field[c * grid->np + i] != FieldValue(VmGridGlobal(grid, i), c);
  }
  PetscCall(PetscCalloc1((size_t)(grid->total * ncomp), &back));
  PetscCall(VmH5Read(file, "/fields/000001/stress", VM_F64, back));
  for (int64_t i = 0; i < grid->total * ncomp; ++i) wrong += back[i] != FieldValue(i / ncomp, (int)(i % ncomp));
  VmExpectInt(wrong, 0);
  VmExpectInt(VmH5ReadField(file, "/fields/000001/stress", grid, ncomp + 1, field), VM_ERR_INPUT);
  VmExpectInt(VmH5ReadField(file, "/fields/000001/missing", grid, ncomp, field), VM_ERR_INPUT);
  PetscCall(VmH5Close(&file));
  PetscCall(PetscFree(field));
  PetscCall(PetscFree(back));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestAttributes(void)
{
  const double reals[3] = {1.5, -2.25, 1e-300}, one = 0.1;
  const int64_t ints[2] = {INT64_C(9007199254740993), -4};
  VmH5 file;
  char *text;
  double values[3];
  int count;
  bool exists;

  PetscFunctionBegin;
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("attributes.h5"), VM_H5_CREATE, &file));
  PetscCall(VmH5Group(file, "/a/b/c"));
  PetscCall(VmH5Group(file, "/a/b/c"));
  PetscCall(VmH5AttrText(file, "/", "status", "running for a long time"));
  PetscCall(VmH5AttrText(file, "/", "status", "complete"));
  PetscCall(VmH5AttrText(file, "/a/b", "empty", ""));
  PetscCall(VmH5AttrReal(file, "/a/b/c", "cells", 3, reals));
  PetscCall(VmH5AttrReal(file, "/a/b/c", "one", 1, &one));
  PetscCall(VmH5AttrInt(file, "/a/b/c", "ints", 2, ints));
  PetscCall(VmH5Close(&file));

  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("attributes.h5"), VM_H5_UPDATE, &file));
  PetscCall(VmH5AttrReadText(file, "/", "status", &text));
  VmExpect(text && strcmp(text, "complete") == 0, "status is %s", text ? text : "absent");
  PetscCall(PetscFree(text));
  PetscCall(VmH5AttrReadText(file, "/a/b", "empty", &text));
  VmExpect(text && text[0] == '\0', "the empty text is %s", text ? text : "absent");
  PetscCall(PetscFree(text));
  PetscCall(VmH5AttrReadText(file, "/", "nothing", &text));
  VmExpect(!text, "a text that is not there");
  PetscCall(VmH5AttrReadReal(file, "/a/b/c", "cells", 3, &count, values));
  VmExpect(count == 3 && memcmp(values, reals, sizeof reals) == 0, "%d reals", count);
  PetscCall(VmH5AttrReadReal(file, "/a/b/c", "cells", 2, &count, values));
  VmExpectInt(count, 2);
  PetscCall(VmH5AttrReadReal(file, "/a/b/c", "one", 3, &count, values));
  VmExpect(count == 1 && values[0] == one, "%d reals", count);
  PetscCall(VmH5AttrReadReal(file, "/a/b/c", "ints", 3, &count, values));
  VmExpect(count == 2 && values[1] == -4.0, "%d integers", count);
  PetscCall(VmH5AttrReadReal(file, "/a/b/c", "nothing", 3, &count, values));
  VmExpectInt(count, 0);
  VmExpectInt(VmH5AttrReadText(file, "/no/such", "status", &text), VM_ERR_INPUT);
  PetscCall(VmH5Exists(file, "/a/b", &exists));
  VmExpect(exists, "/a/b");
  PetscCall(VmH5Exists(file, "a/b/c", &exists));
  VmExpect(exists, "a/b/c");
  PetscCall(VmH5Exists(file, "/a/x/c", &exists));
  VmExpect(!exists, "/a/x/c");
  PetscCall(VmH5Exists(file, "/", &exists));
  VmExpect(exists, "the root");
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestWhole(void)
{
  const VmType types[] = {VM_F64, VM_F32, VM_I64, VM_I32, VM_U8, VM_U16, VM_U32};
  const size_t bytes[] = {8, 4, 8, 4, 1, 2, 4};
  const int64_t dims[3] = {3, 1, 4}, none[2] = {0, 4};
  const double scalar = 42.5;
  uint8_t data[96], back[96];
  double value = 0.0;
  char *text;
  VmH5 file;

  PetscFunctionBegin;
  for (int i = 0; i < 96; ++i) data[i] = (uint8_t)(7 * i % 64); /* top bits clear: no NaN among the floats */
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("whole.h5"), VM_H5_CREATE, &file));
  for (size_t t = 0; t < sizeof types / sizeof *types; ++t) {
    VmExpectInt(VmTypeSize(types[t]), bytes[t]);
    VmExpectInt(H5Tget_size(VmTypeH5(types[t])), bytes[t]);
    PetscCall(VmH5Write(file, "/d", types[t], 3, dims, Rank() == 0 ? data : NULL, meta)); /* replaces the one before */
    memset(back, 0xff, sizeof back);
    PetscCall(VmH5Read(file, "/d", types[t], back));
    VmExpect(memcmp(back, data, 12 * bytes[t]) == 0, "type %zu", t);
  }
  PetscCall(VmH5AttrReadText(file, "/d", "long_name", &text));
  VmExpect(text && strcmp(text, meta.long_name) == 0, "long_name is %s", text ? text : "absent");
  PetscCall(PetscFree(text));

  PetscCall(VmH5Write(file, "/deep/down/scalar", VM_F64, 0, NULL, Rank() == 0 ? &scalar : NULL, meta));
  PetscCall(VmH5Read(file, "/deep/down/scalar", VM_F64, &value));
  VmExpect(value == scalar, "scalar %g", value);
  PetscCall(VmH5Write(file, "/none", VM_F64, 2, none, NULL, meta));
  PetscCall(VmH5Read(file, "/none", VM_F64, NULL));
  const char *const texts[] = {"a: \xc2\xb5\nb: 2\n", ""};
  for (int i = 0; i < 2; ++i) {
    PetscCall(VmH5WriteText(file, "/text", texts[i]));
    PetscCall(VmH5ReadText(file, "/text", &text));
    VmExpect(text && strcmp(text, texts[i]) == 0, "text is %s", text ? text : "absent");
    PetscCall(PetscFree(text));
  }
  VmExpectInt(VmH5ReadText(file, "/d", &text), VM_ERR_INPUT);
  VmExpectInt(VmH5Read(file, "/missing", VM_F64, &value), VM_ERR_INPUT);
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows in blocks of unequal length, one rank without any, read back with another distribution. */
static PetscErrorCode TestRows(void)
{
  enum { ROWS = 11, WIDTH = 3 };
  const int64_t dims[2] = {ROWS, WIDTH};
  int32_t data[ROWS * WIDTH], back[ROWS * WIDTH];
  VmH5 file;
  int size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (int i = 0; i < ROWS * WIDTH; ++i) data[i] = 100 + i;
  const int last = size - 1, rank = Rank(), share = size > 2 ? ROWS / (size - 1) : ROWS / size;
  const int64_t first = rank == last && size > 2 ? ROWS : rank * share;
  const int64_t end = size > 2 ? (rank == last       ? ROWS
                                  : rank == last - 1 ? ROWS
                                                     : first + share)
                               : (rank == last ? ROWS : first + share);
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("rows.h5"), VM_H5_CREATE, &file));
  PetscCall(VmH5WriteRows(file, "/rows", VM_I32, 2, dims, first, end - first, data + first * WIDTH, meta));
  memset(back, 0, sizeof back);
  PetscCall(VmH5ReadRows(file, "/rows", VM_I32, rank, 2, back));
  VmExpect(memcmp(back, data + rank * WIDTH, 2 * WIDTH * sizeof *back) == 0, "rows of rank %d", rank);
  double converted[WIDTH] = {0.0};
  PetscCall(VmH5ReadRows(file, "/rows", VM_F64, 10, rank == 0 ? 1 : 0, converted));
  if (rank == 0) VmExpect(converted[2] == (double)data[32], "converted %g", converted[2]);
  VmExpectInt(VmH5ReadRows(file, "/rows", VM_I32, 10, rank == last ? 2 : 1, back), VM_ERR_INPUT);
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestExtendible(void)
{
  enum { STEPS = 3000 };
  double strain[6], *back;
  int64_t dims[8];
  int rank;
  VmH5 file;

  PetscFunctionBegin;
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("extendible.h5"), VM_H5_CREATE, &file));
  PetscCall(VmH5RowsCreate(file, "/history/time", VM_F64, 0, meta));
  PetscCall(VmH5RowsCreate(file, "/history/strain", VM_F64, 6, meta));
  PetscCall(PetscMalloc1(STEPS, &back));
  for (int i = 0; i < STEPS; ++i) back[i] = i + 0.5;
  PetscCall(VmH5RowsAppend(file, "/history/time", VM_F64, STEPS - 1, back));
  PetscCall(VmH5RowsAppend(file, "/history/time", VM_F64, 1, back + STEPS - 1));
  PetscCall(VmH5RowsAppend(file, "/history/time", VM_F64, 0, NULL));
  for (int i = 0; i < 5; ++i) {
    for (int c = 0; c < 6; ++c) strain[c] = 10 * i + c;
    PetscCall(VmH5RowsAppend(file, "/history/strain", VM_F64, 1, strain));
  }
  PetscCall(VmH5Close(&file));

  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("extendible.h5"), VM_H5_UPDATE, &file));
  memset(back, 0, STEPS * sizeof *back);
  PetscCall(VmH5Read(file, "/history/time", VM_F64, back));
  int wrong = 0;
  for (int i = 0; i < STEPS; ++i) wrong += back[i] != i + 0.5;
  VmExpectInt(wrong, 0);
  PetscCall(VmH5RowsTruncate(file, "/history/strain", 2));
  for (int c = 0; c < 6; ++c) strain[c] = -c;
  PetscCall(VmH5RowsAppend(file, "/history/strain", VM_F64, 1, strain));
  PetscCall(VmH5Shape(file, "/history/strain", &rank, dims));
  VmExpect(rank == 2 && dims[0] == 3 && dims[1] == 6, "shape [%lld, %lld]", (long long)dims[0], (long long)dims[1]);
  PetscCall(VmH5Read(file, "/history/strain", VM_F64, back));
  VmExpect(back[6] == 10.0 && back[12] == 0.0 && back[17] == -5.0, "%g %g %g", back[6], back[12], back[17]);
  PetscCall(VmH5Close(&file));
  PetscCall(PetscFree(back));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each must be the documented outcome on every rank, and leave the library usable. */
static PetscErrorCode TestBadFiles(void)
{
  static char bytes[1 << 16];
  const int64_t dims[1] = {4096};
  static double zeros[4096];
  VmH5 file;
  size_t length = 0;

  PetscFunctionBegin;
  VmExpectInt(VmH5Open(PETSC_COMM_WORLD, Scratch("missing.h5"), VM_H5_READ, &file), VM_ERR_INPUT);
  VmExpect(!file, "a handle for nothing");
  VmExpectInt(VmH5Open(PETSC_COMM_WORLD, Scratch("missing.h5"), VM_H5_UPDATE, &file), VM_ERR_INPUT);
  VmExpectInt(VmH5Open(PETSC_COMM_WORLD, Scratch("no/such/directory.h5"), VM_H5_CREATE, &file), VM_ERR_FILE);
  VmExpectInt(VmH5Open(PETSC_COMM_WORLD, VmTestScratch(), VM_H5_READ, &file), VM_ERR_FILE);
  MakeFile(Scratch("empty.h5"), bytes, 0);
  VmExpectInt(VmH5Open(PETSC_COMM_WORLD, Scratch("empty.h5"), VM_H5_READ, &file), VM_ERR_FILE);
  MakeFile(Scratch("text.h5"), "this is not HDF5 at all\n", 24);
  VmExpectInt(VmH5Open(PETSC_COMM_WORLD, Scratch("text.h5"), VM_H5_UPDATE, &file), VM_ERR_FILE);

  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("good.h5"), VM_H5_CREATE, &file));
  PetscCall(VmH5Write(file, "/zeros", VM_F64, 1, dims, zeros, meta));
  PetscCall(VmH5Close(&file));
  if (Rank() == 0) {
    FILE *stream = fopen(Scratch("good.h5"), "rb");
    length = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    VmExpect(length > 32768 && length < sizeof bytes, "%zu bytes", length);
  }
  for (int part = 1; part <= 3; ++part) {
    MakeFile(Scratch("truncated.h5"), bytes, length * (size_t)part / 4);
    VmExpectInt(VmH5Open(PETSC_COMM_WORLD, Scratch("truncated.h5"), VM_H5_READ, &file), VM_ERR_FILE);
  }
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("good.h5"), VM_H5_READ, &file));
  VmExpectInt(VmH5Write(file, "/more", VM_F64, 1, dims, zeros, meta), VM_ERR_FILE);
  PetscCall(VmH5Close(&file));
  VmExpect(!file, "the handle after closing");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  const int64_t odd[3] = {5, 3, 4}, few[3] = {2, 6, 7}, large[3] = {9, 160, 180};

  PetscFunctionBegin;
  PetscCall(TestField(odd, 1));
  PetscCall(TestField(odd, 6));
  PetscCall(TestField(few, 3));
  PetscCall(TestField(large, 41)); /* more than one round of the transfer buffer */
  PetscCall(TestAttributes());
  PetscCall(TestWhole());
  PetscCall(TestRows());
  PetscCall(TestExtendible());
  PetscCall(TestBadFiles());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
