#include "case.h"

#include "case_files.h"
#include <vitromech/stat.h>

#include <string.h>

#define ROW(member) offsetof(VmCase, member)

static const char *EntryName(const VmPlugin *entry)
{
  const VmStatisticCommon *common = entry->common;
  return common->name ? common->name : entry->head->name;
}

/* Whether a map statistic's `of` is a field of the run, or <entry>/<map> of a statistic of the cube. */
static bool OfIsKnown(const VmCase *c, const char *of)
{
  const char *slash = strchr(of, '/');
  const size_t length = slash ? (size_t)(slash - of) : strlen(of);
  for (int i = 0; !slash && c->sim && i < c->output.fields.count; ++i) {
    if (strcmp(((char *const *)c->output.fields.items)[i], of) == 0) return true;
  }
  for (int i = 0; slash && i < c->analysis.count; ++i) {
    const VmPlugin *entry = (const VmPlugin *)c->analysis.items + i;
    const char *name = EntryName(entry);
    if (VmStatisticReadsCube(entry->head) && strlen(name) == length && strncmp(name, of, length) == 0) return true;
  }
  return false;
}

static PetscErrorCode CheckAnalysis(const VmCase *c, const VmNode *list, VmReport report)
{
  const VmPlugin *entries = c->analysis.items;
  PetscFunctionBegin;
  for (int i = 0; i < c->analysis.count; ++i) {
    const VmNode *where = list && i < list->count ? list->items[i] : list;
    const VmStatisticCommon *common = entries[i].common;
    if (VmStatisticReadsCube(entries[i].head)) {
      if (c->microscope) continue;
      PetscCall(VmReportAdd(report, where,
                            "statistic %s reads a diffraction cube, but the case has no microscope block",
                            entries[i].head->name));
    } else if (VmStatisticReadsAtoms(entries[i].head)) {
      if (c->glass) continue;
      PetscCall(VmReportAdd(report, where,
                            "statistic %s reads atoms, but the case has no glass block that builds or reads them",
                            entries[i].head->name));
    } else if (!OfIsKnown(c, common->of)) {
      PetscCall(
          VmReportAdd(report, where,
                      "of: \"%s\" is neither a field of the run (output.fields) nor <statistic>/<map> of a statistic "
                      "of the cube in this list",
                      common->of));
    }
    for (int j = 0; j < i; ++j) {
      if (strcmp(EntryName(entries + i), EntryName(entries + j)) != 0) continue;
      PetscCall(VmReportAdd(report, where, "two statistics are called %s; give one of them a name of its own",
                            EntryName(entries + i)));
      break;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckBlocks(const void *params, const VmNode *node, VmReport report)
{
  const VmCase *c = params;
  PetscFunctionBegin;
  if (!c->sim && !c->glass && !c->specimen) {
    PetscCall(
        VmReportAdd(report, node, "nothing to do: neither a mesoscale run (grid, material, ...) nor a glass block"));
  }
  if (c->microscope && !c->glass && !c->specimen) {
    PetscCall(VmReportAdd(
        report, VmTreeGet(node, "microscope"),
        "microscope needs a glass block, or a specimen block for the atoms that diffract --atoms names: there are "
        "no atoms to look at"));
  }
  if (c->compare && !(c->microscope && c->analysis.count)) {
    PetscCall(VmReportAdd(report, VmTreeGet(node, "compare"),
                          "compare needs a microscope block and an analysis: there is nothing to compare"));
  }
  if (c->sim) PetscCall(VmSimCheckOutput(c->sim, &c->output, VmTreeGet(node, "output"), report));
  PetscCall(CheckAnalysis(c, VmTreeGet(node, "analysis"), report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const VmParam case_rows[] = {
    {.key = "schema",
     .type = VM_INT,
     .offset = ROW(schema),
     .min = 1,
     .max = 1,
     .doc = "version of the input language: 1"},
    {.key = "name",
     .type = VM_STRING,
     .offset = ROW(name),
     .default_text = "unnamed",
     .doc = "title of the case, shown in the report"},
    {.key = "seed",
     .type = VM_INT,
     .offset = ROW(seed),
     .default_text = "1",
     .min = 0,
     .max = 9007199254740992.0,
     .doc = "seed of all random numbers: flow units, barriers, events, placement of clusters, counting noise"},
    {.key = "temperature",
     .type = VM_REAL,
     .offset = ROW(temperature),
     .unit = "K",
     .default_text = "300 K",
     .min = 1.0,
     .max = 5000.0,
     .doc = "temperature at the start"},
    {.type = VM_INCLUDE, .offset = ROW(sim), .default_text = "none", .subtable = &vm_sim_table, .doc = "mesoscale run"},
    {.key = "output",
     .type = VM_BLOCK,
     .offset = ROW(output),
     .subtable = &vm_output_table,
     .doc = "where results go, and how often"},
    {.key = "glass",
     .type = VM_OPTIONAL,
     .offset = ROW(glass),
     .default_text = "none",
     .subtable = &vm_glass_table,
     .doc = "atoms of the glass, deformed by the mesoscale run if there is one"},
    {.key = "specimen",
     .type = VM_OPTIONAL,
     .offset = ROW(specimen),
     .default_text = "none",
     .subtable = &vm_specimen_table,
     .doc = "how the atoms of the glass, or of diffract --atoms FILE, stand in the microscope"},
    {.key = "microscope",
     .type = VM_OPTIONAL,
     .offset = ROW(microscope),
     .default_text = "none",
     .subtable = &vm_microscope_table,
     .doc = "4D-STEM of the glass: diffraction cube"},
    {.key = "analysis",
     .type = VM_PLUGINS,
     .offset = ROW(analysis),
     .default_text = "none",
     .plugin = &vm_statistic_kind,
     .subtable = &vm_statistic_common_table,
     .doc = "statistics of the fields of the run and of the cube"},
    {.key = "compare",
     .type = VM_OPTIONAL,
     .offset = ROW(compare),
     .default_text = "none",
     .subtable = &vm_compare_table,
     .doc = "published and measured values to compare with"},
    {.key = "petsc",
     .type = VM_STRING,
     .offset = ROW(petsc),
     .default_text = "none",
     .doc =
         "options for PETSc as on its command line, e.g. \"-ksp_rtol 1e-8\"; options after -- on the command line win"},
    {0},
};

const VmTable vm_case_table = {.name = "case",
                               .doc = "A case: what is deformed, looked at, measured and compared.",
                               .size = sizeof(VmCase),
                               .rows = case_rows,
                               .check = CheckBlocks};

static PetscErrorCode SetPath(VmCaseFile file, const char *path)
{
  const char *slash = strrchr(path, '/');
  const size_t length = slash ? (size_t)(slash - path) + 1 : 0;
  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(path, &file->path));
  PetscCall(PetscMalloc1(length + 1, &file->base));
  memcpy(file->base, path, length);
  file->base[length] = '\0';
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds all problems of the input to the report; the files it refers to are looked at only if the rest is right. */
static PetscErrorCode ReadChecked(VmCaseFile file, size_t size, const char *const *overrides, bool look,
                                  VmReport report)
{
  VmNode *root = NULL;
  PetscFunctionBegin;
  PetscCall(VmTreeParse(file->text, size, report, &root));
  if (root && VmReportCount(report) == 0) {
    for (const char *const *o = overrides; o && *o; ++o) PetscCall(VmTreeSet(root, *o, report));
    PetscCall(VmParamsRead(&vm_case_table, root, report, &file->params));
    if (look && VmReportCount(report) == 0) PetscCall(VmCaseCheckFiles(file, root, report));
  }
  PetscCall(VmTreeDestroy(&root));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Options already in the database (from the command line) keep their values. */
static PetscErrorCode InsertPetscOptions(const char *text)
{
  char *given;
  PetscFunctionBegin;
  if (!text) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscOptionsGetAll(NULL, &given));
  PetscCall(PetscOptionsInsertString(NULL, text));
  PetscCall(PetscOptionsInsertString(NULL, given));
  PetscCall(PetscFree(given));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Reads and checks the input; `look`: also the files it refers to. */
static PetscErrorCode Read(MPI_Comm comm, const char *path, const char *const *overrides, bool look, VmCaseFile *out)
{
  VmCaseFile file;
  VmReport report;
  size_t size;
  PetscErrorCode problems;
  PetscFunctionBegin;
  PetscCall(PetscNew(&file));
  file->comm = comm;
  PetscCall(SetPath(file, path));
  PetscCall(VmFileBroadcast(comm, path, &file->text, &size));
  PetscCall(VmReportCreate(comm, path, &report));
  PetscCall(ReadChecked(file, size, overrides, look, report));
  problems = VmReportFinish(report);
  PetscCall(VmReportDestroy(&report));
  if (!problems && look) problems = VmCaseReadFiles(file);
  if (problems) PetscCall(VmCaseDestroy(&file));
  PetscCall(problems);
  PetscCall(VmParamsWriteYaml(&vm_case_table, &file->params, &file->used_yaml));
  *out = file;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCaseRead(MPI_Comm comm, const char *path, const char *const *overrides, VmCaseFile *file)
{
  PetscFunctionBegin;
  PetscCall(Read(comm, path, overrides, true, file));
  PetscCall(InsertPetscOptions((*file)->params.petsc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCaseReadInput(MPI_Comm comm, const char *path, const char *const *overrides, char **used_yaml)
{
  VmCaseFile file;
  PetscFunctionBegin;
  PetscCall(Read(comm, path, overrides, false, &file));
  *used_yaml = file->used_yaml;
  file->used_yaml = NULL;
  PetscCall(VmCaseDestroy(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmCaseDestroy(VmCaseFile *file)
{
  PetscFunctionBegin;
  if (!*file) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmParamsFree(&vm_case_table, &(*file)->params));
  PetscCall(PetscFree((*file)->path));
  PetscCall(PetscFree((*file)->base));
  PetscCall(PetscFree((*file)->text));
  PetscCall(PetscFree((*file)->used_yaml));
  PetscCall(PetscFree(*file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmCaseOutput(VmCaseFile file, const char *name, size_t size, char *path)
{
  snprintf(path, size, "%s/%s", file->params.output.directory, name);
}
