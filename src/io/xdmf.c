/* XDMF takes the fastest axis of a regular grid for X, and there is no way to name it Z. Our fields have z fastest, so
 * the grid is described as a structured mesh whose node positions are stored: right whatever the reader calls its axes.
 */
#include <vitromech/xdmf.h>
#include <vitromech/checkpoint.h>
#include <vitromech/schema.h>
#include <vitromech/tensor.h>
#include "h5_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char nodes_path[] = VM_PATH_GRID "/nodes";

typedef struct {
  VmH5 file;
  const char *h5_name;
  const int64_t *n;
  FILE *xml;
} Writer;

/* Rows of nodes [first, first+count) of the first axis, [count][n1+1][n2+1][3]. */
static void FillNodes(const int64_t n[3], double spacing, int64_t first, int64_t count, float *nodes)
{
  for (int64_t x = first; x < first + count; ++x) {
    for (int64_t y = 0; y <= n[1]; ++y) {
      for (int64_t z = 0; z <= n[2]; ++z, nodes += 3) {
        nodes[0] = (float)((double)x * spacing);
        nodes[1] = (float)((double)y * spacing);
        nodes[2] = (float)((double)z * spacing);
      }
    }
  }
}

static PetscErrorCode WriteNodes(VmH5 file, const int64_t n[3], double spacing)
{
  const int64_t dims[4] = {n[0] + 1, n[1] + 1, n[2] + 1, 3};
  const VmMeta meta = {"nm", "positions of the voxel corners", "x,y,z,component"};
  float *nodes;
  bool exists;
  int size;

  PetscFunctionBegin;
  PetscCall(VmH5Exists(file, nodes_path, &exists));
  if (exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_size(file->comm, &size));
  const int64_t block = (dims[0] + size - 1) / size, first = PetscMin(file->rank * block, dims[0]);
  const int64_t count = PetscMin(block, dims[0] - first);
  PetscCall(PetscMalloc1((size_t)(count * dims[1] * dims[2] * 3), &nodes));
  FillNodes(n, spacing, first, count, nodes);
  PetscCall(VmH5WriteRows(file, nodes_path, VM_F32, 4, dims, first, count, nodes, meta));
  PetscCall(PetscFree(nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteMesh(const Writer *writer)
{
  const long long x = writer->n[0] + 1, y = writer->n[1] + 1, z = writer->n[2] + 1;
  fprintf(writer->xml,
          "        <Topology TopologyType=\"3DSMesh\" Dimensions=\"%lld %lld %lld\"/>\n"
          "        <Geometry GeometryType=\"XYZ\">\n"
          "          <DataItem Dimensions=\"%lld %lld %lld 3\" NumberType=\"Float\" Precision=\"4\" "
          "Format=\"HDF\">%s:%s</DataItem>\n"
          "        </Geometry>\n",
          x, y, z, x, y, z, writer->h5_name, nodes_path);
}

static void WriteScalar(const Writer *writer, const char *path, const char *name)
{
  const long long x = writer->n[0], y = writer->n[1], z = writer->n[2];
  fprintf(writer->xml,
          "        <Attribute Name=\"%s\" AttributeType=\"Scalar\" Center=\"Cell\">\n"
          "          <DataItem Dimensions=\"%lld %lld %lld\" NumberType=\"Float\" Precision=\"8\" "
          "Format=\"HDF\">%s:%s</DataItem>\n"
          "        </Attribute>\n",
          name, x, y, z, writer->h5_name, path);
}

static void WriteVector(const Writer *writer, const char *path, const char *name)
{
  const long long x = writer->n[0], y = writer->n[1], z = writer->n[2];
  fprintf(writer->xml,
          "        <Attribute Name=\"%s\" AttributeType=\"Vector\" Center=\"Cell\">\n"
          "          <DataItem Dimensions=\"%lld %lld %lld 3\" NumberType=\"Float\" Precision=\"8\" "
          "Format=\"HDF\">%s:%s</DataItem>\n"
          "        </Attribute>\n",
          name, x, y, z, writer->h5_name, path);
}

static void WriteComponent(const Writer *writer, const char *path, const char *name, int component)
{
  const long long x = writer->n[0], y = writer->n[1], z = writer->n[2];
  fprintf(writer->xml,
          "        <Attribute Name=\"%s_%s\" AttributeType=\"Scalar\" Center=\"Cell\">\n"
          "          <DataItem ItemType=\"HyperSlab\" Dimensions=\"%lld %lld %lld\" Type=\"HyperSlab\">\n"
          "            <DataItem Dimensions=\"3 4\" Format=\"XML\">0 0 0 %d 1 1 1 1 %lld %lld %lld 1</DataItem>\n"
          "            <DataItem Dimensions=\"%lld %lld %lld 6\" NumberType=\"Float\" Precision=\"8\" "
          "Format=\"HDF\">%s:%s</DataItem>\n"
          "          </DataItem>\n"
          "        </Attribute>\n",
          name, vm_component_names[component], x, y, z, component, x, y, z, x, y, z, writer->h5_name, path);
}

static PetscErrorCode WriteFieldItem(const Writer *writer, const char *group, const char *name)
{
  int64_t dims[VM_H5_MAX_RANK];
  char path[512];
  int rank;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/%s", group, name));
  PetscCall(VmH5Shape(writer->file, path, &rank, dims));
  if (rank < 3 || memcmp(dims, writer->n, 3 * sizeof *dims) != 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (rank == 3) {
    WriteScalar(writer, path, name);
  } else if (rank == 4 && dims[3] == 3) {
    WriteVector(writer, path, name);
  } else if (rank == 4 && dims[3] == 6) {
    for (int c = 0; c < 6; ++c) WriteComponent(writer, path, name, c);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteStep(const Writer *writer, const char *step)
{
  char group[256];
  double time = 0.0;
  int count;
  VmH5Names fields;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(group, sizeof group, VM_PATH_FIELDS "/%s", step));
  PetscCall(VmH5AttrReadReal(writer->file, group, "time", 1, &count, &time));
  fprintf(writer->xml, "      <Grid Name=\"%s\" GridType=\"Uniform\">\n        <Time Value=\"%.17g\"/>\n", step, time);
  WriteMesh(writer);
  PetscCall(VmH5List(writer->file, group, &fields));
  for (int i = 0; i < fields.count; ++i) PetscCall(WriteFieldItem(writer, group, fields.name[i]));
  PetscCall(VmH5NamesFree(&fields));
  fprintf(writer->xml, "      </Grid>\n");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareSteps(const void *a, const void *b)
{
  const long long left = atoll(*(char *const *)a), right = atoll(*(char *const *)b);
  return (left > right) - (left < right);
}

PetscErrorCode VmXdmfWrite(VmH5 file, const char *h5_name, const char *xdmf_path, const int64_t n[3], double spacing)
{
  VmH5Names steps;
  char *text;
  size_t length;
  Writer writer = {.file = file, .h5_name = h5_name, .n = n};

  PetscFunctionBegin;
  PetscCall(VmH5Group(file, VM_PATH_FIELDS));
  PetscCall(WriteNodes(file, n, spacing));
  PetscCall(VmH5List(file, VM_PATH_FIELDS, &steps));
  if (steps.count) qsort(steps.name, (size_t)steps.count, sizeof *steps.name, CompareSteps);

  writer.xml = open_memstream(&text, &length);
  PetscCheck(writer.xml, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the text of %s", xdmf_path);
  fprintf(writer.xml, "<?xml version=\"1.0\" ?>\n<Xdmf Version=\"3.0\">\n  <Domain>\n"
                      "    <Grid Name=\"vitromech\" GridType=\"Collection\" CollectionType=\"Temporal\">\n");
  for (int i = 0; i < steps.count; ++i) PetscCall(WriteStep(&writer, steps.name[i]));
  fprintf(writer.xml, "    </Grid>\n  </Domain>\n</Xdmf>\n");
  fclose(writer.xml);
  PetscCall(VmH5NamesFree(&steps));

  const PetscErrorCode code = VmFileRenew(file->comm, xdmf_path, text);
  free(text);
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}
