#include "outputs.h"

/* The result to deform by: --result, else that of the case's own run, which must then be there. */
static PetscErrorCode FindResult(VmCaseFile file, const char *given, char path[PETSC_MAX_PATH_LEN], const char **result)
{
  bool exists;
  PetscFunctionBegin;
  *result = given;
  if (given || !file->params.sim || !VmGlassDeforms(file->params.glass)) PetscFunctionReturn(PETSC_SUCCESS);
  VmCaseOutput(file, VM_FILE_RESULT, PETSC_MAX_PATH_LEN, path);
  PetscCall(VmFileExists(file->comm, path, &exists));
  if (!exists) {
    PetscCall(
        VmRaise(file->comm, VM_ERR_INPUT,
                "%s: there is no %s yet; run `vitromech run %s` first, or build without it: --set glass.deform=false",
                file->path, path, file->path));
  }
  *result = path;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BuildAndWrite(VmCaseFile file, const char *given, const char *output)
{
  char result_path[PETSC_MAX_PATH_LEN], output_path[PETSC_MAX_PATH_LEN];
  const char *result;
  VmAtoms atoms = {0};
  PetscFunctionBegin;
  if (!file->params.glass) PetscCall(VmRaise(file->comm, VM_ERR_INPUT, "%s: has no glass block", file->path));
  PetscCall(FindResult(file, given, result_path, &result));
  if (!output) {
    PetscCall(VmDirectoryCreate(file->comm, file->params.output.directory));
    VmCaseOutput(file, VM_FILE_ATOMS, sizeof output_path, output_path);
    output = output_path;
  }
  PetscCall(VmGlassBuild(file->comm, file->params.glass, (uint64_t)file->params.seed, file->base, result, &atoms));
  const PetscErrorCode code = VmAtomsWrite(file->comm, output, file->params.name, &atoms);
  VmAtomsFree(&atoms);
  PetscCall(code);
  PetscCall(VmLog(file->comm, "atoms in %s", output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0}, overrides = {0};
  const char *output = NULL, *result = NULL;
  VmCaseFile file;
  const VmOption options[] = {
      {.name = "--set", .values = &overrides},
      {.name = "--output", .value = &output},
      {.name = "--result", .value = &result},
      {.name = NULL},
  };
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_glass, argc, argv, options, 1, 1, &words));
  PetscCall(VmCaseRead(comm, words.words[0], overrides.words, &file));
  const PetscErrorCode code = BuildAndWrite(file, result, output);
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(code);
}

const VmCommand vm_command_glass = {
    .name = "glass",
    .usage = "glass CASE [--set path=value ...] [--result FILE.h5] [--output FILE.xyz]",
    .summary = "builds atoms: tiles a glass, embeds ordered clusters, deforms by a mesoscale run",
    .help = "Builds the atoms of the glass block of a case and writes them as extended XYZ (Angstrom).\n"
            "A case with a mesoscale run is deformed by the last step of its result.\n\n"
            "  --set path=value   overrides a value of the case, e.g. --set glass.thickness=\"42 nm\"\n"
            "  --result FILE.h5   deforms by this result instead of the case's own\n"
            "  --output FILE.xyz  where to write; by default glass.xyz in the output directory\n\n"
            "example:\n  mpirun -n 2 vitromech glass inputs/demo/case.yaml --set glass.deform=false --output foil.xyz",
    .run = Run,
};
