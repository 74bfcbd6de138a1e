#include "outputs.h"

#include <string.h>

static PetscErrorCode Run(MPI_Comm comm, int argc, char **argv)
{
  VmWords words = {0};
  char path[PETSC_MAX_PATH_LEN], *text;
  size_t size;
  bool exists;
  VmReport report;
  VmNode *root = NULL;
  PetscFunctionBegin;
  PetscCall(VmArguments(comm, &vm_command_status, argc, argv, NULL, 1, 1, &words));
  snprintf(path, sizeof path, "%s/status.json", words.words[0]);
  PetscCall(VmFileExists(comm, path, &exists));
  if (!exists) PetscCall(VmRaise(comm, VM_ERR_INPUT, "%s has no status.json: nothing was run there", words.words[0]));
  PetscCall(VmFileBroadcast(comm, path, &text, &size));
  PetscCall(VmReportCreate(comm, path, &report));
  PetscCall(VmTreeParse(text, size, report, &root)); /* JSON is YAML */
  const PetscErrorCode code = VmReportFinish(report);
  for (int i = 0; !code && root && i < root->count; ++i) {
    if (root->kind == VM_NODE_MAPPING && root->items[i]->kind == VM_NODE_SCALAR) {
      PetscCall(VmLog(comm, "%-10s %s", root->keys[i], root->items[i]->text));
    }
  }
  PetscCall(VmReportDestroy(&report));
  PetscCall(VmTreeDestroy(&root));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

const VmCommand vm_command_status = {
    .name = "status",
    .usage = "status DIR",
    .summary = "progress and remaining time of a run",
    .help = "Reads status.json of an output directory; safe while the run goes on.\n\nexample:\n  vitromech status "
            "out/demo",
    .run = Run,
};
