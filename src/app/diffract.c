#include "analyze_atoms.h"
#include "outputs.h"
#include "series.h"

/* Of a structure that every rank holds as a whole, each keeps its share. */
static PetscErrorCode KeepShare(MPI_Comm comm, VmAtoms *atoms)
{
  int rank, size;
  int64_t kept = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int64_t i = rank; i < atoms->n; i += size, ++kept) {
    atoms->x[kept] = atoms->x[i];
    atoms->y[kept] = atoms->y[i];
    atoms->z[kept] = atoms->z[i];
    atoms->id[kept] = atoms->id[i];
    atoms->species[kept] = atoms->species[i];
  }
  atoms->n = kept;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms of a file, or the glass of the case, deformed by its run. */
static PetscErrorCode GetAtoms(VmCaseFile file, const char *structure, const VmAtomsHints *hints, VmAtoms *atoms)
{
  char result[PETSC_MAX_PATH_LEN];
  bool exists = true;
  PetscFunctionBegin;
  if (structure) {
    PetscCall(VmAtomsReadHinted(file->comm, structure, hints, atoms));
    PetscCall(KeepShare(file->comm, atoms));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!file->params.glass) {
    VmThrow(file->comm, VM_ERR_INPUT, "%s: has no glass block; name the atoms with --atoms FILE.xyz", file->path);
  }
  VmCaseOutput(file, VM_FILE_RESULT, sizeof result, result);
  if (file->params.sim) PetscCall(VmFileExists(file->comm, result, &exists));
  if (!exists) {
    VmThrow(file->comm, VM_ERR_INPUT,
            "%s: there is no %s yet; run `vitromech run %s` first, or name the atoms with --atoms FILE.xyz", file->path,
            result, file->path);
  }
  PetscCall(VmGlassBuild(file->comm, file->params.glass, (uint64_t)file->params.seed, file->base,
                         file->params.sim ? result : NULL, atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is looked at: one structure, from a file or the case, or a series. */
typedef struct {
  VmWords files;
  const char *frames, *output;
  bool phonons; /* the frames are to be averaged */
  VmAtomsHints hints;
} Words;

static PetscErrorCode SimulateScan(VmCaseFile file, const Words *words, const char *output, VmProvenance provenance,
                                   VmProgress progress)
{
  VmAtoms atoms = {0};
  PetscFunctionBegin;
  PetscCall(GetAtoms(file, words->files.count ? words->files.words[0] : NULL, &words->hints, &atoms));
  PetscErrorCode code = VmSpecimenPrepare(file->comm, file->params.specimen, (uint64_t)file->params.seed, &atoms);
  if (!code) {
    PetscCall(VmSpecimenLog(file->comm, file->params.specimen, &atoms));
    code = VmDiffract(file->comm, file->params.microscope, 1, &atoms, (uint64_t)file->params.seed, output, provenance,
                      progress);
  }
  VmAtomsFree(&atoms);
  PetscFunctionReturn(code);
}

/* Every pattern the mean over the frames of a trajectory. */
static PetscErrorCode SimulateMean(VmCaseFile file, const Words *words, const char *output, VmProvenance provenance,
                                   VmProgress progress)
{
  const uint64_t seed = (uint64_t)file->params.seed;
  VmSeries series;
  VmAtoms *atoms;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  if (words->files.count == 0) VmThrow(file->comm, VM_ERR_INPUT, "--phonons needs a trajectory: --atoms FILE");
  PetscCall(VmSeriesOpen(file->comm, &words->files, words->frames, &words->hints, &series));
  const int64_t frames = VmSeriesCount(&series);
  PetscCall(PetscCalloc1((size_t)frames, &atoms));
  for (int64_t f = 0; f < frames && !code; ++f) {
    code = VmSeriesRead(&series, file->comm, f, &atoms[f]);
    if (!code) code = KeepShare(file->comm, &atoms[f]);
    if (!code) code = VmSpecimenPrepare(file->comm, file->params.specimen, seed, &atoms[f]);
    if (!code && f == 0) PetscCall(VmSpecimenLog(file->comm, file->params.specimen, atoms));
  }
  if (!code) code = VmDiffract(file->comm, file->params.microscope, frames, atoms, seed, output, provenance, progress);
  for (int64_t f = 0; f < frames; ++f) VmAtomsFree(&atoms[f]);
  PetscCall(PetscFree(atoms));
  PetscCall(VmSeriesClose(&series));
  PetscFunctionReturn(code);
}

typedef struct {
  VmSeries series;
  const VmSpecimenParams *specimen;
  uint64_t seed;
} Frames;

/* Every rank holds the whole of a frame, and prepares it as if it were alone. */
static PetscErrorCode ReadFrame(void *context, MPI_Comm comm, int64_t frame, VmAtoms *atoms)
{
  Frames *f = context;
  PetscFunctionBegin;
  PetscCall(VmSeriesRead(&f->series, comm, frame, atoms));
  PetscCall(VmSpecimenPrepare(PETSC_COMM_SELF, f->specimen, f->seed, atoms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the patterns come from, for a scan that is resumed. */
static PetscErrorCode DescribeFrames(const Frames *f, char **text)
{
  char *yaml = NULL;
  PetscFunctionBegin;
  if (f->specimen) PetscCall(VmParamsWriteYaml(&vm_specimen_table, f->specimen, &yaml));
  const size_t size = strlen(f->series.input) + (yaml ? strlen(yaml) : 0) + 1;
  PetscCall(PetscMalloc1(size, text));
  snprintf(*text, size, "%s%s", f->series.input, yaml ? yaml : "");
  PetscCall(PetscFree(yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SimulateSeries(VmCaseFile file, const Words *words, const char *output, VmProvenance provenance,
                                     VmProgress progress)
{
  Frames f = {.specimen = file->params.specimen, .seed = (uint64_t)file->params.seed};
  char *input;
  PetscFunctionBegin;
  if (words->files.count == 0) VmThrow(file->comm, VM_ERR_INPUT, "--frames needs the file that has them: --atoms FILE");
  PetscCall(VmSeriesOpen(file->comm, &words->files, words->frames, &words->hints, &f.series));
  PetscCall(DescribeFrames(&f, &input));
  const PetscErrorCode code = VmDiffractSeries(file->comm, file->params.microscope, VmSeriesCount(&f.series), ReadFrame,
                                               &f, input, f.seed, output, provenance, progress);
  PetscCall(PetscFree(input));
  PetscCall(VmSeriesClose(&f.series));
  PetscFunctionReturn(code);
}

static PetscErrorCode Simulate(VmCaseFile file, int argc, char **argv, const Words *words, const char *output)
{
  VmProvenance provenance;
  VmProgress progress;
  PetscErrorCode code;
  PetscFunctionBegin;
  PetscCall(VmCaseProvenance(file, argc, argv, &provenance));
  for (int i = 0; i < words->files.count; ++i) PetscCall(VmProvenanceAddFile(provenance, words->files.words[i]));
  PetscCall(VmProgressCreate(file->comm, "diffract", NULL, &progress));
  if (words->phonons) code = SimulateMean(file, words, output, provenance, progress);
  else if (words->frames || words->files.count > 1) code = SimulateSeries(file, words, output, provenance, progress);
  else code = SimulateScan(file, words, output, provenance, progress);
  PetscCall(VmProgressDestroy(&progress, code == VM_ERR_STOPPED ? "stopped" : code ? "failed" : "complete"));
  PetscCall(VmProvenanceDestroy(&provenance));
  if (code == VM_ERR_STOPPED) PetscCall(VmLog(file->comm, "stopped; the same command goes on from here"));
  PetscFunctionReturn(code);
}

static PetscErrorCode DiffractCase(VmCaseFile file, int argc, char **argv, const Words *words)
{
  const char *output = words->output;
  char path[PETSC_MAX_PATH_LEN];
  PetscFunctionBegin;
  if (!file->params.microscope) VmThrow(file->comm, VM_ERR_INPUT, "%s: has no microscope block", file->path);
  if (!output) {
    PetscCall(VmDirectoryCreate(file->comm, file->params.output.directory));
    VmCaseOutput(file, VM_FILE_CUBE, sizeof path, path);
    output = path;
  }
  PetscCall(Simulate(file, argc, argv, words, output));
  PetscCall(VmLog(file->comm, "cube in %s", output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords cases = {0}, overrides = {0};
  Words words = {.files = {0}};
  const char *types = NULL, *frame = NULL;
  VmCaseFile file;
  const VmOption options[] = {
      {.name = "--set", .values = &overrides},      {.name = "--atoms", .values = &words.files},
      {.name = "--frames", .value = &words.frames}, {.name = "--phonons", .flag = &words.phonons},
      {.name = "--types", .value = &types},         {.name = "--frame", .value = &frame},
      {.name = "--output", .value = &words.output}, {.name = NULL},
  };
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_diffract, argc, argv, options, 1, 1, &cases));
  PetscCall(VmAtomsHintsParse(comm, types, frame, &words.hints));
  PetscCall(VmStopInit(0.0));
  PetscCall(VmCaseRead(comm, cases.words[0], overrides.words, &file));
  const PetscErrorCode code = DiffractCase(file, argc, argv, &words);
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(code);
}

const VmCommand vm_command_diffract = {
    .name = "diffract",
    .usage = "diffract CASE [--set path=value ...] [--atoms FILE ...] [--types Cu,Zr] [--frame N] [--frames 1:200] "
             "[--phonons] [--output CUBE.h5]",
    .summary = "atoms to a 4D-STEM cube that py4DSTEM reads",
    .help =
        "Scans a focused probe over the atoms of a case, as its microscope block says, and writes one diffraction\n"
        "pattern for each position to an EMD 1.0 file (Rx, Ry, Qx, Qy). A scan that was stopped or killed has left\n"
        "CUBE.h5.part; the same command goes on with the lines that are missing in it.\n\n"
        "  --set path=value   overrides a value of the case, e.g. --set microscope.scan.points=\"[32, 32]\"\n"
        "  --atoms FILE       looks at these atoms (extended XYZ, LAMMPS data or dump; beam along z), turned and cut\n"
        "                     as the specimen block says;\n"
        "                     several, or with --frames: a series in time, a cube of frames x probes that the\n"
        "                     statistic `relaxation` reads (electron correlation microscopy)\n"
        "  --types Cu,Zr      elements of the atom types 1, 2 ... of a LAMMPS file that does not say them\n"
        "  --frame N          of a file with several, from 1; by default the last\n"
        "  --frames F:L[:S]   frames F, F + S ... L of each file of several frames, counted from 1; all: every one\n"
        "  --phonons          frozen phonons from a trajectory: every pattern is the mean over the frames of --atoms\n"
        "  --output CUBE.h5   where to write; by default cube.h5 in the output directory\n\n"
        "example:\n  mpirun -n 2 vitromech diffract inputs/demo/case.yaml --atoms foil.xyz --output cube.h5",
    .run = Run,
};
