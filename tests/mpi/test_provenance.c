/* ranks: 1 2 3 4; timeout: 60; links: vm_io */
#include "vm_test.h"
#include <vitromech/checkpoint.h>
#include <vitromech/provenance.h>

static const char *Scratch(const char *name)
{
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", VmTestScratch(), name);
  return path;
}

static PetscErrorCode ExpectAttribute(VmH5 file, const char *object, const char *name, const char *wanted)
{
  char *text;

  PetscFunctionBegin;
  PetscCall(VmH5AttrReadText(file, object, name, &text));
  VmExpect(text && strcmp(text, wanted) == 0, "%s of %s is %s", name, object, text ? text : "absent");
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Digests of FIPS 180-2, appendix B. */
static PetscErrorCode TestDigest(void)
{
  char hex[65] = "";

  PetscFunctionBegin;
  PetscCall(VmFileReplace(PETSC_COMM_WORLD, Scratch("abc"), "abc"));
  VmExpect(VmSha256File(Scratch("abc"), hex), "the file cannot be read");
  VmExpect(strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0, "digest %s", hex);
  PetscCall(VmFileReplace(PETSC_COMM_WORLD, Scratch("empty"), ""));
  VmExpect(VmSha256File(Scratch("empty"), hex), "the file cannot be read");
  VmExpect(strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == 0, "digest %s", hex);
  VmExpect(!VmSha256File(Scratch("missing"), hex) && !VmSha256File(VmTestScratch(), hex), "a digest of nothing");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A million letters, many blocks. */
static PetscErrorCode TestLongDigest(void)
{
  char *text, hex[65] = "";

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(1000001, &text));
  memset(text, 'a', 1000000);
  text[1000000] = '\0';
  PetscCall(VmFileReplace(PETSC_COMM_WORLD, Scratch("million"), text));
  PetscCall(PetscFree(text));
  VmExpect(VmSha256File(Scratch("million"), hex), "the file cannot be read");
  VmExpect(strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0, "digest %s", hex);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteOnce(VmH5 file, uint64_t seed, const char *input)
{
  char *argv[] = {"vitromech", "run", "my case.yaml", "--set", "name='x'", NULL};
  VmProvenance provenance;

  PetscFunctionBegin;
  PetscCall(VmProvenanceCreate(PETSC_COMM_WORLD, 5, argv, seed, &provenance));
  PetscCall(VmProvenanceAddInput(provenance, "case.yaml", "replaced"));
  PetscCall(VmProvenanceAddInput(provenance, "case.yaml", input));
  PetscCall(VmProvenanceAddFile(provenance, Scratch("abc")));
  PetscCall(VmProvenanceAddSource(provenance, "stz", "a paper"));
  VmExpectInt(VmProvenanceAddFile(provenance, Scratch("missing")), VM_ERR_INPUT);
  PetscCall(VmProvenanceWrite(provenance, file));
  PetscCall(VmProvenanceEnd(provenance, file));
  PetscCall(VmProvenanceDestroy(&provenance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectBlock(VmH5 file, const char *block, double seed, const char *input)
{
  char path[256], *text;
  double value = -1.0, ranks = -1.0;
  int size, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(VmH5AttrReadReal(file, block, "seed", 1, &count, &value));
  VmExpectNear(value, seed, 0.0);
  PetscCall(VmH5AttrReadReal(file, block, "ranks", 1, &count, &ranks));
  VmExpectNear(ranks, size, 0.0);
  PetscCall(ExpectAttribute(file, block, "command_line", "vitromech run 'my case.yaml' --set 'name='\\''x'\\'''"));
  snprintf(path, sizeof path, "%s/inputs/case.yaml", block);
  PetscCall(VmH5ReadText(file, path, &text));
  VmExpect(strcmp(text, input) == 0, "input %s", text);
  PetscCall(PetscFree(text));
  snprintf(path, sizeof path, "%s/files", block);
  PetscCall(
      ExpectAttribute(file, path, Scratch("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  snprintf(path, sizeof path, "%s/sources", block);
  PetscCall(ExpectAttribute(file, path, "stz", "a paper"));

  static const char *const present[] = {"version", "git_hash", "build_type", "compiler", "host", "start", "end"};
  for (size_t i = 0; i < sizeof present / sizeof *present; ++i) {
    PetscCall(VmH5AttrReadText(file, block, present[i], &text));
    VmExpect(text, "%s has no %s", block, present[i]);
    if (i >= 5 && text) VmExpect(strlen(text) == 20 && text[10] == 'T' && text[19] == 'Z', "time %s", text);
    PetscCall(PetscFree(text));
  }
  static const char *const libraries[] = {"petsc", "mpi", "hdf5", "fftw", "libyaml"};
  snprintf(path, sizeof path, "%s/libraries", block);
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; ++i) {
    PetscCall(VmH5AttrReadText(file, path, libraries[i], &text));
    VmExpect(text && text[0], "no version of %s", libraries[i]);
    PetscCall(PetscFree(text));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Three blocks: the newest in place, the others in order under previous/. */
static PetscErrorCode TestBlocks(void)
{
  VmH5 file;
  bool exists;

  PetscFunctionBegin;
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("provenance.h5"), VM_H5_CREATE, &file));
  PetscCall(WriteOnce(file, 7, "a: 1\n"));
  PetscCall(VmH5Exists(file, "/provenance/previous", &exists));
  VmExpect(!exists, "previous blocks of a first run");
  PetscCall(VmH5Close(&file));
  for (int i = 0; i < 2; ++i) {
    PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("provenance.h5"), VM_H5_UPDATE, &file));
    PetscCall(WriteOnce(file, UINT64_C(1) << (62 + i), i ? "a: 3\n" : "a: 2\n"));
    PetscCall(VmH5Close(&file));
  }
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("provenance.h5"), VM_H5_READ, &file));
  PetscCall(ExpectBlock(file, "/provenance", 0x1p63, "a: 3\n"));
  PetscCall(ExpectBlock(file, "/provenance/previous/0", 7.0, "a: 1\n"));
  PetscCall(ExpectBlock(file, "/provenance/previous/1", 0x1p62, "a: 2\n"));
  PetscCall(VmH5Exists(file, "/provenance/previous/1/previous", &exists));
  VmExpect(!exists, "a chain of previous blocks");
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestDigest());
  PetscCall(TestLongDigest());
  PetscCall(TestBlocks());
  VmExpect(strncmp(VmVersion(), "vitromech ", 10) == 0 && strstr(VmVersion(), "(git "), "version %s", VmVersion());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
