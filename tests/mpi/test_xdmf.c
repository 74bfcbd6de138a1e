/* ranks: 1 2 3 4; timeout: 60; links: vm_io */
/* The sidecar is read back as a reader of XDMF reads it (the few elements it has), on fields without any symmetry: the
 * value found at the position of a voxel must be the value of that voxel. */
#include "vm_test.h"
#include <vitromech/tensor.h>
#include <vitromech/xdmf.h>

static const double spacing = 1.5;
static const int64_t cells[3] = {5, 3, 4};

static const char *Scratch(const char *name)
{
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", VmTestScratch(), name);
  return path;
}

/* A value that names its voxel, component and step. */
static double Value(int step, const int64_t cell[3], int c)
{
  return 1e4 * step + 1e3 * c + (double)(cell[0] + 10 * cell[1] + 100 * cell[2]);
}

static PetscErrorCode WriteField(VmH5 file, VmGrid grid, int step, const char *name, int ncomp)
{
  const VmMeta meta = {"GPa", name, "x,y,z,component"};
  char path[256];
  double *field;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(grid->np * ncomp), &field));
  for (int64_t i = 0; i < grid->np; ++i) {
    const int64_t g = VmGridGlobal(grid, i), cell[3] = {g / grid->plane, g / grid->n[2] % grid->n[1], g % grid->n[2]};
    for (int c = 0; c < ncomp; ++c) field[c * grid->np + i] = Value(step, cell, c);
  }
  snprintf(path, sizeof path, "/fields/%d/%s", step, name);
  PetscCall(VmH5WriteField(file, path, grid, ncomp, field, meta));
  PetscCall(PetscFree(field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteSteps(VmH5 file, VmGrid grid, int first, int last)
{
  PetscFunctionBegin;
  for (int step = first; step <= last; ++step) {
    char group[64];
    const double time = 0.5 * step;
    PetscCall(WriteField(file, grid, step, "flow_unit", 1));
    PetscCall(WriteField(file, grid, step, "displacement", 3));
    PetscCall(WriteField(file, grid, step, "stress", 6));
    snprintf(group, sizeof group, "/fields/%d", step);
    PetscCall(VmH5AttrReal(file, group, "time", 1, &time));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Text of an attribute of the element that begins at `element`, in a static buffer. */
static const char *XmlAttribute(const char *element, const char *name)
{
  static char value[4][256];
  static int turn;
  char *buffer = value[turn = (turn + 1) % 4], key[64];
  const char *end = strchr(element, '>');
  snprintf(key, sizeof key, " %s=\"", name);
  const char *at = strstr(element, key);
  buffer[0] = '\0';
  if (at && at < end) snprintf(buffer, 256, "%.*s", (int)strcspn(at + strlen(key), "\""), at + strlen(key));
  return buffer;
}

/* The dataset a DataItem of format HDF names, without the name of the file. */
static void HdfPath(const char *item, char path[256])
{
  const char *text = strchr(item, '>') + 1, *colon = strchr(text, ':');
  VmExpect(strncmp(text, "result.h5:", 10) == 0, "the file is not named in %.40s", text);
  snprintf(path, 256, "%.*s", (int)strcspn(colon + 1, "<"), colon + 1);
}

/* Centre of cell (i,j,k) of a structured mesh, by the nodes in the order of its topology: axis 0 slowest. */
static void CellOfPosition(const float *nodes, int64_t i, int64_t j, int64_t k, int64_t cell[3])
{
  for (int d = 0; d < 3; ++d) {
    double centre = 0.0;
    for (int corner = 0; corner < 8; ++corner) {
      const int64_t a = i + (corner & 1), b = j + (corner >> 1 & 1), c = k + (corner >> 2);
      centre += nodes[((a * (cells[1] + 1) + b) * (cells[2] + 1) + c) * 3 + d] / 8.0;
    }
    cell[d] = (int64_t)floor(centre / spacing);
    VmExpectNear(centre, ((double)cell[d] + 0.5) * spacing, 1e-5);
  }
}

/* All values of one Attribute element against those of the voxels at their positions. */
static PetscErrorCode CheckAttribute(VmH5 file, const char *element, int step, const char *name, const float *nodes)
{
  const char *item = strstr(element, "<DataItem");
  const bool slab = strcmp(XmlAttribute(item, "ItemType"), "HyperSlab") == 0;
  const int ncomp = strcmp(XmlAttribute(element, "AttributeType"), "Vector") == 0 ? 3 : 1;
  int first = 0, width = ncomp;
  char path[256];
  double *data;

  PetscFunctionBegin;
  VmExpect(strcmp(XmlAttribute(element, "Center"), "Cell") == 0, "%s is not cell data", name);
  if (slab) {
    int select[12];
    const int n[3] = {(int)cells[0], (int)cells[1], (int)cells[2]};
    item = strstr(item + 1, "<DataItem");
    const int found =
        sscanf(strchr(item, '>') + 1, "%d %d %d %d %d %d %d %d %d %d %d %d", select, select + 1, select + 2, select + 3,
               select + 4, select + 5, select + 6, select + 7, select + 8, select + 9, select + 10, select + 11);
    const int wanted[12] = {0, 0, 0, select[3], 1, 1, 1, 1, n[0], n[1], n[2], 1};
    VmExpect(found == 12 && memcmp(select, wanted, sizeof select) == 0, "hyperslab of %s", name);
    first = select[3];
    width = 6;
    item = strstr(item + 1, "<DataItem");
    const char *suffix = strrchr(name, '_') + 1;
    VmExpect(strcmp(suffix, vm_component_names[first]) == 0, "%s is component %d", name, first);
  }
  HdfPath(item, path);
  PetscCall(PetscMalloc1((size_t)(cells[0] * cells[1] * cells[2] * width), &data));
  PetscCall(VmH5Read(file, path, VM_F64, data));
  for (int64_t v = 0; v < cells[0] * cells[1] * cells[2]; ++v) {
    int64_t cell[3];
    CellOfPosition(nodes, v / (cells[1] * cells[2]), v / cells[2] % cells[1], v % cells[2], cell);
    for (int c = first; c < first + ncomp; ++c) {
      const double wanted = Value(step, cell, c);
      VmExpect(data[v * width + c] == wanted, "%s at (%lld,%lld,%lld): %g, wanted %g", name, (long long)cell[0],
               (long long)cell[1], (long long)cell[2], data[v * width + c], wanted);
    }
  }
  PetscCall(PetscFree(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One <Grid GridType="Uniform">: mesh, time, and nine attributes (1 + one vector + 6). */
static PetscErrorCode CheckStep(VmH5 file, const char *grid, int step)
{
  const char *end = strstr(grid, "</Grid>"), *at;
  const char *topology = strstr(grid, "<Topology"), *geometry = strstr(grid, "<Geometry");
  const char *dimensions = XmlAttribute(topology, "Dimensions");
  char path[256];
  float *nodes;
  int attributes = 0;

  PetscFunctionBegin;
  VmExpectNear(atof(XmlAttribute(strstr(grid, "<Time"), "Value")), 0.5 * step, 0.0);
  VmExpect(strcmp(XmlAttribute(topology, "TopologyType"), "3DSMesh") == 0 && strcmp(dimensions, "6 4 5") == 0,
           "topology of %s nodes", dimensions);
  VmExpect(strcmp(XmlAttribute(geometry, "GeometryType"), "XYZ") == 0, "geometry");
  HdfPath(strstr(geometry, "<DataItem"), path);
  PetscCall(PetscMalloc1(6 * 4 * 5 * 3, &nodes));
  PetscCall(VmH5Read(file, path, VM_F32, nodes));
  for (at = grid; (at = strstr(at, "<Attribute")) && at < end; ++at, ++attributes) {
    PetscCall(CheckAttribute(file, at, step, XmlAttribute(at, "Name"), nodes));
  }
  VmExpectInt(attributes, 8);
  PetscCall(PetscFree(nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSidecar(VmH5 file, const char *path, int steps)
{
  static char text[1 << 18];
  int step = 0;

  PetscFunctionBegin;
  FILE *stream = fopen(path, "r");
  VmExpect(stream, "%s is not there", path);
  if (!stream) PetscFunctionReturn(PETSC_SUCCESS);
  text[fread(text, 1, sizeof text - 1, stream)] = '\0';
  fclose(stream);
  for (const char *at = text; (at = strstr(at, "GridType=\"Uniform\"")); ++at) PetscCall(CheckStep(file, at, ++step));
  VmExpectInt(step, steps);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  char path[4096];
  VmGrid grid;
  VmH5 file;

  PetscFunctionBegin;
  snprintf(path, sizeof path, "%s", Scratch("result.xdmf"));
  PetscCall(VmGridCreate(PETSC_COMM_WORLD, cells, spacing, &grid));
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("result.h5"), VM_H5_CREATE, &file));
  PetscCall(VmXdmfWrite(file, "result.h5", path, cells, spacing));
  PetscCall(CheckSidecar(file, path, 0));
  PetscCall(WriteSteps(file, grid, 1, 2));
  PetscCall(VmXdmfWrite(file, "result.h5", path, cells, spacing));
  PetscCall(CheckSidecar(file, path, 2));
  PetscCall(WriteSteps(file, grid, 3, 11)); /* 10 comes after 2, not after 1 */
  PetscCall(VmXdmfWrite(file, "result.h5", path, cells, spacing));
  PetscCall(CheckSidecar(file, path, 11));
  PetscCall(VmH5Close(&file));
  PetscCall(VmGridDestroy(&grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
