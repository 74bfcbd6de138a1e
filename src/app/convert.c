#include "hints.h"

#include <vitromech/conditions.h>
#include <string.h>
#include <sys/stat.h>

static const int64_t batch_bytes = (int64_t)1 << 26; /* of a rank, as float */

static PetscErrorCode RefuseSameFile(MPI_Comm comm, const char *in, const char *out)
{
  struct stat a, b;
  int rank, same = 0;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) same = stat(in, &a) == 0 && stat(out, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  PetscCallMPI(MPI_Bcast(&same, 1, MPI_INT, 0, comm));
  if (same) VmThrow(comm, VM_ERR_INPUT, "%s and %s are the same file", in, out);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A name that says otherwise would mislead every reader that goes by it. */
static PetscErrorCode RefuseOtherFormats(MPI_Comm comm, const char *out)
{
  PetscFunctionBegin;
  if (!VmCubeWritten(out))
    VmThrow(comm, VM_ERR_INPUT,
            "%s: cubes are written as EMD or for HyperSpy; let the name end with .h5, .hdf5, .emd or .hspy", out);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The type of files we write that holds the values: counts stay counts, everything else is float32. */
static VmType OutputType(VmType type)
{
  if (type == VM_U8 || type == VM_U16) return VM_U16;
  return type == VM_U32 ? VM_U32 : VM_F32;
}

/* Every rank copies a run of frames of its own, a batch at a time. */
static PetscErrorCode CopyFrames(MPI_Comm comm, VmCube cube, VmCubeWriter writer)
{
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  const int64_t frames = info->scan[0] * info->scan[1], points = info->det[0] * info->det[1];
  const int64_t batch = PetscMax(1, batch_bytes / (4 * points));
  int rank, size;
  float *data;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int64_t share = (frames + size - 1) / size, first = PetscMin(frames, rank * share);
  const int64_t mine = PetscMin(share, frames - first);
  PetscCall(PetscMalloc1((size_t)(PetscMin(batch, share) * points), &data));
  for (int64_t done = 0; done < share && !code; done += batch) {
    const int64_t from = PetscMin(done, mine), n = PetscMin(batch, mine - from);
    code = VmAgree(comm, n ? VmCubeRead(cube, first + from, n, data) : PETSC_SUCCESS);
    if (!code) code = VmCubeWriterPut(writer, first + from, n, data);
  }
  PetscCall(PetscFree(data));
  PetscFunctionReturn(code);
}

static PetscErrorCode Write(MPI_Comm comm, int argc, char **argv, const char *in, VmCube cube, VmCubeWriter writer)
{
  const VmCubeInfo *info = VmCubeGetInfo(cube);
  const VmH5 file = VmCubeWriterFile(writer);
  VmProvenance provenance;
  PetscFunctionBegin;
  PetscCall(VmProvenanceCreate(comm, argc, argv, 0, &provenance));
  PetscCall(VmProvenanceAddFile(provenance, in));
  PetscCall(VmProvenanceWrite(provenance, file));
  PetscCall(VmConditionsCarry(comm, in, info->scan, info->scan_pitch, info->energy, file));
  const PetscErrorCode code = CopyFrames(comm, cube, writer);
  if (!code) PetscCall(VmProvenanceEnd(provenance, file));
  PetscCall(VmProvenanceDestroy(&provenance));
  PetscFunctionReturn(code);
}

static PetscErrorCode Convert(MPI_Comm comm, int argc, char **argv, const char *in, const char *out, VmCube cube)
{
  VmCubeInfo info = *VmCubeGetInfo(cube);
  VmCubeWriter writer;
  PetscFunctionBegin;
  info.type = OutputType(info.type);
  PetscCall(VmCubeWriterCreate(comm, out, &info, &writer));
  const PetscErrorCode code = Write(comm, argc, argv, in, cube, writer);
  if (code) {
    PetscCall(VmCubeWriterAbort(&writer));
    PetscFunctionReturn(code);
  }
  PetscCall(VmCubeWriterClose(&writer));
  PetscCall(VmLog(comm, "%s: %lld x %lld probes, %lld x %lld pixels, written to %s", in, (long long)info.scan[0],
                  (long long)info.scan[1], (long long)info.det[0], (long long)info.det[1], out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0};
  VmHintWords hint_words = {0};
  VmCubeHints hints = {0};
  const VmOption options[] = {VM_HINT_OPTIONS(hint_words), {.name = NULL}};
  VmCube cube;
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_convert, argc, argv, options, 2, 2, &words));
  PetscCall(VmHintsParse(comm, &hint_words, &hints));
  PetscCall(RefuseOtherFormats(comm, words.words[1]));
  PetscCall(RefuseSameFile(comm, words.words[0], words.words[1]));
  PetscCall(VmCubeOpen(comm, words.words[0], &hints, &cube));
  const PetscErrorCode code = Convert(comm, argc, argv, words.words[0], words.words[1], cube);
  PetscCall(VmCubeClose(&cube));
  PetscFunctionReturn(code);
}

const VmCommand vm_command_convert = {
    .name = "convert",
    .usage = "convert CUBE OUT.h5|OUT.hspy [--scan AxB] [--detector AxB] [--format NAME] [--type TYPE]\n"
             "         [--extra-frames WHAT] [--pitch K] [--scan-pitch LENGTH] [--gain G] [--centre A,B]",
    .summary = "4D-STEM cube of any format to EMD (py4DSTEM) or HyperSpy",
    .help = "Copies a 4D-STEM cube (any format of `vitromech list cube`) with its calibration to EMD 1.0, or to\n"
            "HyperSpy's format if the name ends with .hspy. Counts of 8 and 16 bit become uint16, those of\n"
            "32 bit uint32 (exact up to 2^24), all other numbers float32.\n\n" VM_HINT_HELP
            "\nexample:\n  mpirun -n 2 vitromech convert scan.mib cube.h5 --scan 64x64 --pitch \"0.1 1/nm\"",
    .run = Run,
};
