#include "analyze_atoms.h"
#include "hints.h"
#include "outputs.h"
#include "recognise.h"

#include <math.h>
#include <string.h>

static bool ReadText(hid_t object, const char *name, char text[256])
{
  text[0] = '\0';
  if (H5Aexists(object, name) <= 0) return false;
  const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    char *value = NULL;
    if (H5Aread(attribute, type, &value) >= 0 && value) snprintf(text, 256, "%s", value);
    H5free_memory(value);
  } else if (H5Tget_class(type) == H5T_STRING && H5Tget_size(type) < 256) {
    memset(text, 0, 256);
    if (H5Aread(attribute, type, text) < 0) text[0] = '\0';
  }
  H5Tclose(type);
  H5Aclose(attribute);
  return text[0] != '\0';
}

static const char *TypeName(hid_t type, char name[32])
{
  const int bits = (int)H5Tget_size(type) * 8;
  switch (H5Tget_class(type)) {
  case H5T_FLOAT:
    snprintf(name, 32, "float%d", bits);
    break;
  case H5T_INTEGER:
    snprintf(name, 32, "%sint%d", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits);
    break;
  case H5T_STRING:
    snprintf(name, 32, "text");
    break;
  default:
    snprintf(name, 32, "other");
    break;
  }
  return name;
}

static void PrintShape(hid_t dataset, char shape[128])
{
  hsize_t dims[H5S_MAX_RANK];
  const hid_t space = H5Dget_space(dataset);
  const int rank = H5Sget_simple_extent_dims(space, dims, NULL);
  size_t length = 0;
  for (int i = 0; i < rank && length < 120; ++i) {
    length += (size_t)snprintf(shape + length, 128 - length, "%s%llu", i ? " x " : "", (unsigned long long)dims[i]);
  }
  if (rank <= 0) snprintf(shape, 128, "scalar");
  H5Sclose(space);
}

static herr_t PrintDataset(hid_t file, const char *name, const H5O_info_t *object, void *context)
{
  (void)context;
  if (object->type != H5O_TYPE_DATASET) return 0;
  char shape[128], type_name[32], unit[256], long_name[256];
  const hid_t dataset = H5Dopen(file, name, H5P_DEFAULT);
  if (dataset < 0) return -1;
  const hid_t type = H5Dget_type(dataset);
  PrintShape(dataset, shape);
  const bool has_unit = ReadText(dataset, "unit", unit) || ReadText(dataset, "units", unit);
  ReadText(dataset, "long_name", long_name);
  printf("  /%-40s %-22s %-8s %s%s%s %s\n", name, shape, TypeName(type, type_name), has_unit ? "[" : "", unit,
         has_unit ? "]" : "", long_name);
  H5Tclose(type);
  H5Dclose(dataset);
  return 0;
}

/* On one rank, with the serial driver. */
static PetscErrorCode PrintHdf5(const char *path)
{
  static const char *const attributes[] = {"format", "status", "analysis"};
  char text[256];
  const hid_t file = VmH5Trial(path) ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
  if (file < 0) return VmRaiseLocal(VM_ERR_FILE, "%s is damaged: HDF5 cannot open it", path);
  printf("%s: HDF5\n", path);
  for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; ++i) {
    if (ReadText(file, attributes[i], text)) printf("  %s: %s\n", attributes[i], text);
  }
  const herr_t result = H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, PrintDataset, NULL);
  H5Fclose(file);
  return result < 0 ? VmRaiseLocal(VM_ERR_FILE, "%s is damaged: not all objects can be read", path) : PETSC_SUCCESS;
}

static PetscErrorCode PrintCube(MPI_Comm comm, const char *path, const VmCubeHints *hints)
{
  /* in the order of VmType */
  static const char *const types[] = {"float64", "float32", "int64", "int32", "uint8", "uint16", "uint32"};
  VmCube cube;
  PetscFunctionBegin;
  PetscCall(VmCubeOpen(comm, path, hints, &cube));
  const VmCubeInfo *i = VmCubeGetInfo(cube);
  PetscCall(VmLog(comm, "%s: 4D-STEM cube, %s", path, types[i->type]));
  PetscCall(VmLog(comm, "  scan %lld x %lld, pitch %g x %g nm", (long long)i->scan[0], (long long)i->scan[1],
                  i->scan_pitch[0], i->scan_pitch[1]));
  PetscCall(VmLog(comm, "  detector %lld x %lld pixels, pitch %g x %g 1/nm", (long long)i->det[0], (long long)i->det[1],
                  i->det_pitch[0], i->det_pitch[1]));
  PetscCall(VmLog(comm, "  direct beam at pixel %g, %g; %g keV; %g counts per electron (0 or nan: not known)",
                  i->centre[0], i->centre[1], i->energy, i->gain));
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All atoms are on every rank after VmAtomsRead. */
static PetscErrorCode PrintAtoms(MPI_Comm comm, const char *path, const VmAtomsHints *hints)
{
  VmAtoms atoms = {0};
  int64_t count[VM_MAX_SPECIES] = {0};
  PetscFunctionBegin;
  PetscCall(VmAtomsReadHinted(comm, path, hints, &atoms));
  for (int64_t i = 0; i < atoms.n; ++i) ++count[atoms.species[i]];
  PetscCall(VmLog(comm, "%s: %lld atoms", path, (long long)atoms.n));
  for (int s = 0; s < atoms.nspecies; ++s) {
    PetscCall(VmLog(comm, "  %-2s %lld (%.2f at.%%)", VmElementSymbol(atoms.number[s]), (long long)count[s],
                    100.0 * (double)count[s] / (double)atoms.n));
  }
  for (int i = 0; i < 3; ++i) {
    PetscCall(VmLog(comm, "  cell vector %d: %g %g %g nm%s", i + 1, atoms.cell[i][0], atoms.cell[i][1],
                    atoms.cell[i][2], atoms.periodic[i] ? ", periodic" : ""));
  }
  VmAtomsFree(&atoms);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  int rank;
  VmContent content;
  VmWords words = {0};
  VmHintWords hint_words = {0};
  VmCubeHints hints = {0};
  VmAtomsHints atom_hints = {0};
  const char *types = NULL, *frame = NULL;
  const VmOption options[] = {VM_HINT_OPTIONS(hint_words),
                              {.name = "--types", .value = &types},
                              {.name = "--frame", .value = &frame},
                              {.name = NULL}};
  bool is_cube;
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_info, argc, argv, options, 1, 1, &words));
  PetscCall(VmHintsParse(comm, &hint_words, &hints));
  PetscCall(VmAtomsHintsParse(comm, types, frame, &atom_hints));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  const char *path = words.words[0];
  PetscCall(VmContentRecognise(comm, path, hints.format, &content, &is_cube));
  if (content == VM_CONTENT_ABSENT) PetscCall(VmRaise(comm, VM_ERR_INPUT, "cannot read %s", path));
  if (content == VM_CONTENT_HDF5) PetscCall(VmAgree(comm, rank == 0 ? PrintHdf5(path) : PETSC_SUCCESS));
  if (is_cube) PetscCall(PrintCube(comm, path, &hints));
  if (!is_cube && content != VM_CONTENT_HDF5) PetscCall(PrintAtoms(comm, path, &atom_hints));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmCommand vm_command_info = {
    .name = "info",
    .usage = "info FILE [--scan AxB] [--detector AxB] [--format NAME] [--type TYPE] [--extra-frames WHAT] "
             "[--pitch K] ... [--types Cu,Zr] [--frame N]",
    .summary = "what is in a file: HDF5 results, 4D-STEM cubes, atoms",
    .help = "HDF5: format, status, every dataset with shape and unit. Cubes: shape and calibration. Atom files: "
            "number of\n"
            "atoms, composition, cell.\n\n" VM_HINT_HELP
            "  --types Cu,Zr        elements of the atom types 1, 2 ... of a LAMMPS file that does not say them\n"
            "  --frame N            of a file of atoms with several, from 1; by default the last\n\n"
            "example:\n  vitromech info out/demo/result.h5",
    .run = Run,
};
