/* Small cubes of every format with known content, made byte by byte as the formats are documented. */
#ifndef VM_TEST_CUBE_FILES_H
#define VM_TEST_CUBE_FILES_H

#include "vm_test.h"
#include <vitromech/cube.h>

enum { FILE_SCAN0 = 2, FILE_SCAN1 = 3, FILE_FRAMES = 6 };

/* A count below 2^bits that differs between neighbours and frames. */
static inline int64_t FileCount(int bits, int64_t frame, int64_t y, int64_t x)
{
  const uint64_t mixed = (uint64_t)(frame * 1000003 + y * 7919 + x * 104729 + 17) * UINT64_C(0x9e3779b97f4a7c15);
  return (int64_t)(mixed >> (64 - bits));
}

static inline FILE *FileCreate(const char *path)
{
  FILE *file = fopen(path, "wb");
  if (!file) {
    fprintf(stderr, "cannot write %s\n", path);
    MPI_Abort(PETSC_COMM_WORLD, 1);
  }
  return file;
}

static inline void PutBig(FILE *file, int bytes, uint64_t value)
{
  for (int i = bytes - 1; i >= 0; --i) fputc((int)(value >> (8 * i) & 0xff), file);
}

static inline void PutLittle(FILE *file, int bytes, uint64_t value)
{
  for (int i = 0; i < bytes; ++i) fputc((int)(value >> (8 * i) & 0xff), file);
}

static inline void PutFloat(FILE *file, float value)
{
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  PutLittle(file, 4, word);
}

static inline void PutDouble(FILE *file, double value)
{
  uint64_t word;
  memcpy(&word, &value, sizeof word);
  PutLittle(file, 8, word);
}

static inline void PutPadding(FILE *file, long until)
{
  while (ftell(file) < until) fputc(0, file);
}

/* [2][3][5][4] uint16 of 12 bit. */
static inline void WriteRaw(const char *path, bool big)
{
  FILE *file = FileCreate(path);
  for (int f = 0; f < FILE_FRAMES; ++f)
    for (int p = 0; p < 20; ++p) {
      const uint64_t value = (uint64_t)FileCount(12, f, p / 4, p % 4);
      if (big) PutBig(file, 2, value);
      else PutLittle(file, 2, value);
    }
  fclose(file);
}

/* The same with the header of numpy. */
static inline void WriteNpy(const char *path)
{
  FILE *file = FileCreate(path);
  fwrite("\223NUMPY\1\0", 1, 8, file);
  PutLittle(file, 2, 118);
  fprintf(file, "%-117s\n", "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3, 5, 4), }");
  for (int f = 0; f < FILE_FRAMES; ++f)
    for (int p = 0; p < 20; ++p) PutLittle(file, 2, (uint64_t)FileCount(12, f, p / 4, p % 4));
  fclose(file);
}

/* 128x128 counts of 16 bit plus a quarter, and a footer that is none of them. */
static inline void WriteEmpad(const char *path)
{
  FILE *file = FileCreate(path);
  for (int f = 0; f < FILE_FRAMES; ++f)
    for (int p = 0; p < 130 * 128; ++p)
      PutFloat(file, p < 128 * 128 ? (float)FileCount(16, f, p / 128, p % 128) + 0.25F : -1e30F);
  fclose(file);
}

static inline void WriteEmpadXml(const char *path, const char *raw, int columns, int rows)
{
  FILE *file = FileCreate(path);
  fprintf(file,
          "<root name=\"a\"><raw_file filename=\"%s\"/><scan_parameters mode=\"search\"><scan_resolution_y>7"
          "</scan_resolution_y><scan_resolution_x>9</scan_resolution_x></scan_parameters><scan_parameters "
          "mode=\"acquire\"><scan_resolution_y>%d</scan_resolution_y><scan_resolution_x>%d</scan_resolution_x>"
          "</scan_parameters><iom_measurements><high_voltage>300000.0</high_voltage></iom_measurements></root>",
          raw, rows, columns);
  fclose(file);
}

/* 16x16 patterns of 8 bit, steps of 2.5 (x) and 1.5 nm (y), 200 kV. */
static inline void WriteBlo(const char *path)
{
  FILE *file = FileCreate(path);
  fwrite("IMGBLO\2\1", 1, 8, file);
  PutLittle(file, 4, 256);
  PutLittle(file, 4, 272);
  PutLittle(file, 4, 0);
  PutLittle(file, 2, 16);
  PutLittle(file, 2, 0);
  PutLittle(file, 2, FILE_SCAN1);
  PutLittle(file, 2, FILE_SCAN0);
  PutLittle(file, 2, 0);
  PutDouble(file, 2.5);
  PutDouble(file, 1.5);
  PutLittle(file, 4, 200000);
  PutPadding(file, 272);
  for (int f = 0; f < FILE_FRAMES; ++f) {
    PutLittle(file, 2, 0x55aa);
    PutLittle(file, 4, (uint64_t)f);
    for (int p = 0; p < 256; ++p) fputc((int)FileCount(8, f, p / 16, p % 16), file);
  }
  fclose(file);
}

typedef struct {
  const char *type; /* "U08" ... "R64" */
  int depth, chips, width, height, frames;
} MibFile;

/* Words of 64 bit: bytes of the last pixel first. */
static inline void PutMibRow(FILE *file, int depth, const int64_t row[256])
{
  if (depth == 1) {
    for (int word = 0; word < 4; ++word) {
      uint64_t bits = 0;
      for (int i = 0; i < 64; ++i) bits |= (uint64_t)row[64 * word + i] << i;
      PutBig(file, 8, bits);
    }
    return;
  }
  const int bytes = depth == 6 ? 1 : 2, group = 8 / bytes;
  for (int first = 0; first < 256; first += group)
    for (int i = group - 1; i >= 0; --i) PutBig(file, bytes, (uint64_t)row[first + i]);
}

/* Row y of a chip of a picture of n x n chips, in the order the chip sends it. */
static inline void PutMibChip(FILE *file, const MibFile *mib, int frame, int chip, int y, int shift)
{
  const int bits = mib->depth, side = mib->chips == 4 ? 512 : 256;
  int64_t row[256];
  for (int x = 0; x < 256; ++x) {
    const int column = chip % 2 * 256 + (chip < 2 ? x : 255 - x), line = chip < 2 ? y : side - 1 - y;
    const int64_t value = FileCount(bits, frame, line, column);
    row[x] = bits == 24 ? (value >> shift & 0xfff) : value;
  }
  PutMibRow(file, bits == 24 ? 12 : bits, row);
}

static inline void PutMibFrame(FILE *file, const MibFile *mib, int frame)
{
  if (mib->type[0] == 'U') {
    const int bits = atoi(mib->type + 1);
    for (int p = 0; p < mib->width * mib->height; ++p)
      PutBig(file, bits / 8, (uint64_t)FileCount(bits, frame, p / mib->width, p % mib->width));
    return;
  }
  for (int shift = mib->depth == 24 ? 12 : 0; shift >= 0; shift -= 12)
    for (int y = 0; y < 256; ++y)
      for (int chip = mib->chips - 1; chip >= 0; --chip) PutMibChip(file, mib, frame, chip, y, shift);
}

static inline void WriteMib(const char *path, const MibFile *mib)
{
  const int header = mib->chips == 1 ? 384 : 768;
  FILE *file = FileCreate(path);
  for (int f = 0; f < mib->frames; ++f) {
    const long begin = ftell(file);
    fprintf(file, "MQ1,%06d,%05d,%02d,%04d,%04d,%s,   %s,01,2021-05-07 18:51:10,0.1,0,3RX,MQ1A,2021,100ns,%d,", f + 1,
            header, mib->chips, mib->width, mib->height, mib->type, mib->chips == 1 ? "1x1" : "2x2", mib->depth);
    PutPadding(file, begin + header);
    PutMibFrame(file, mib, f);
  }
  fclose(file);
}

static inline void WriteHdr(const char *path, int frames, int per_trigger)
{
  FILE *file = FileCreate(path);
  fprintf(file, "HDR,\t\nFrames in Acquisition (Number):\t%d\nFrames per Trigger (Number):\t%d\nEnd\t", frames,
          per_trigger);
  fclose(file);
}

/* Errors of this file's own HDF5 calls show up as a file that cannot be read. */
static inline void PutText(hid_t object, const char *name, const char *text)
{
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, strlen(text) + 1);
  const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, text);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

static inline void PutNumber(hid_t object, const char *name, double value)
{
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);
  H5Aclose(attribute);
  H5Sclose(space);
}

/* [2][3][5][4] of 12 bit. */
static inline void PutCube(hid_t group, const char *name, hid_t type)
{
  const hsize_t dims[4] = {FILE_SCAN0, FILE_SCAN1, 5, 4};
  int values[FILE_FRAMES * 20];
  for (int i = 0; i < FILE_FRAMES * 20; ++i) values[i] = (int)FileCount(12, i / 20, i % 20 / 4, i % 4);
  const hid_t space = H5Screate_simple(4, dims, NULL);
  const hid_t data = H5Dcreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(data, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(data);
  H5Sclose(space);
}

static inline void WriteHspy(const char *path)
{
  static const struct {
    double scale, offset;
    const char *units;
  } axes[4] = {{1.5, 0, "nm"}, {25, 0, "A"}, {0.02, -0.04, "1 / nm"}, {0.002, -0.003, "$A^{-1}$"}};
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  PutText(file, "file_format", "HyperSpy");
  const hid_t signal = H5Gcreate2(file, "/Experiments/glass", links, H5P_DEFAULT, H5P_DEFAULT);
  PutCube(signal, "data", H5T_STD_U16LE);
  for (int i = 0; i < 4; ++i) {
    char name[16];
    snprintf(name, sizeof name, "axis-%d", i);
    const hid_t axis = H5Gcreate2(signal, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    PutNumber(axis, "scale", axes[i].scale);
    PutNumber(axis, "offset", axes[i].offset);
    PutNumber(axis, "navigate", i < 2);
    PutText(axis, "units", axes[i].units);
    H5Gclose(axis);
  }
  const hid_t tem = H5Gcreate2(signal, "metadata/Acquisition_instrument/TEM", links, H5P_DEFAULT, H5P_DEFAULT);
  PutNumber(tem, "beam_energy", 200);
  H5Gclose(tem);
  H5Gclose(signal);
  H5Pclose(links);
  H5Fclose(file);
}

static inline void WritePrismatic(const char *path)
{
  static const double axes[4][2] = {{0, 0.5}, {0, 0.25}, {-0.4, 0.2}, {-0.3, 0.1}};
  static const hsize_t lengths[4] = {FILE_SCAN0, FILE_SCAN1, 5, 4};
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t cube =
      H5Gcreate2(file, "/4DSTEM_simulation/data/datacubes/CBED_array_depth0000", links, H5P_DEFAULT, H5P_DEFAULT);
  PutCube(cube, "datacube", H5T_IEEE_F32LE);
  for (int i = 0; i < 4; ++i) {
    double points[5];
    char name[8];
    for (int j = 0; j < 5; ++j) points[j] = axes[i][0] + j * axes[i][1];
    snprintf(name, sizeof name, "dim%d", i + 1);
    const hid_t space = H5Screate_simple(1, &lengths[i], NULL);
    const hid_t axis = H5Dcreate2(cube, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(axis, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, points);
    PutText(axis, "units", i < 2 ? "[n_m]" : "[n_m^-1]");
    H5Dclose(axis);
    H5Sclose(space);
  }
  const hid_t parameters = H5Gcreate2(file, "/4DSTEM_simulation/metadata/metadata_0/original/simulation_parameters",
                                      links, H5P_DEFAULT, H5P_DEFAULT);
  PutNumber(parameters, "E", 100);
  H5Gclose(parameters);
  H5Gclose(cube);
  H5Pclose(links);
  H5Fclose(file);
}

/* By the writer of the program. */
static inline PetscErrorCode WriteEmd(const char *path)
{
  const VmCubeInfo info = {.scan = {FILE_SCAN0, FILE_SCAN1},
                           .det = {5, 4},
                           .type = VM_U16,
                           .scan_pitch = {1.5, 1.5},
                           .det_pitch = {0.2, 0.2},
                           .centre = {2.0, 1.5},
                           .energy = 300.0};
  VmCubeWriter writer;
  float frames[FILE_FRAMES * 20];
  PetscFunctionBegin;
  for (int i = 0; i < FILE_FRAMES * 20; ++i) frames[i] = (float)FileCount(12, i / 20, i % 20 / 4, i % 4);
  PetscCall(VmCubeWriterCreate(PETSC_COMM_SELF, path, &info, &writer));
  PetscCall(VmCubeWriterPut(writer, 0, FILE_FRAMES, frames));
  PetscCall(VmCubeWriterClose(&writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
