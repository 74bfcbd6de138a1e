#include "sim_private.h"
#include <vitromech/timer.h>
#include <string.h>
#include <unistd.h>

const VmEngineOps *VmSimEngine(const VmSimParams *params)
{
  return params->kinetics.head ? &vm_kinetics_engine : &vm_field_engine;
}

PetscErrorCode VmSimEstimate(MPI_Comm comm, const VmSimParams *params, const VmOutputParams *output)
{
  const int64_t *n = params->grid.cells, total = n[0] * n[1] * n[2];
  const double a = params->grid.spacing;
  int size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int64_t planes = (n[0] + size - 1) / size;
  double per_step = 0.0;
  for (int i = 0; i < output->fields.count; ++i) {
    const char *name = ((char **)output->fields.items)[i];
    const bool tensor =
        !strcmp(name, VM_FIELD_PLASTIC_STRAIN) || !strcmp(name, VM_FIELD_STRESS) || !strcmp(name, VM_FIELD_STRAIN);
    per_step += 8.0 * (double)total * (tensor ? 6 : (!strcmp(name, VM_FIELD_DISPLACEMENT) ? 3 : 1));
  }
  PetscCall(VmLog(comm, "grid           %lld x %lld x %lld voxels of %g nm: %.4g x %.4g x %.4g nm", (long long)n[0],
                  (long long)n[1], (long long)n[2], a, (double)n[0] * a, (double)n[1] * a, (double)n[2] * a));
  PetscCall(VmLog(comm, "ranks          %d, %lld planes at most on each%s", size, (long long)planes,
                  size > n[0] ? " (more ranks than planes: some stay idle)" : ""));
  PetscCall(VmLog(comm, "disk           %.1f MB per field output, twice that at a checkpoint", per_step * 1e-6));
  PetscCall(VmSimEngine(params)->estimate(comm, params));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimCreate(MPI_Comm comm, const VmSimParams *params, const VmOutputParams *output, const char *base,
                           uint64_t seed, double temperature, VmSim *out)
{
  VmSim sim;
  PetscFunctionBegin;
  PetscCall(PetscNew(&sim));
  sim->comm = comm, sim->params = params, sim->output = output, sim->seed = seed;
  PetscCall(PetscStrallocpy(base, &sim->base));
  sim->now.temperature = temperature;
  sim->ops = VmSimEngine(params);
  PetscCall(VmSimOutputCreate(sim));
  *out = sim;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimDestroy(VmSim *sim)
{
  PetscFunctionBegin;
  if (!*sim) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmSimOutputDestroy(*sim));
  if ((*sim)->engine) PetscCall((*sim)->ops->destroy(*sim));
  PetscCall(PetscFree((*sim)->flow_unit));
  PetscCall(PetscFree((*sim)->base));
  PetscCall(VmGridDestroy(&(*sim)->grid));
  PetscCall(PetscFree(*sim));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lays the flow units and says where the generator percolates. */
static PetscErrorCode LayFlowUnits(VmSim sim)
{
  const VmPlugin *plugin = &sim->params->flow_units;
  const VmDisorderOps *ops = (const VmDisorderOps *)plugin->head;
  const VmFlowUnitCommon *common = plugin->common;
  double sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)sim->grid->np, &sim->flow_unit));
  if (!ops) PetscFunctionReturn(PETSC_SUCCESS);
  const VmRngKey key = {.seed = sim->seed, .stream = VM_STREAM_DISORDER};
  PetscCall(ops->generate(sim->grid, plugin->params, sim->base, common->fraction, common->correlation_length, key,
                          sim->flow_unit));
  PetscCall(VmSumField(sim->grid, sim->flow_unit, &sum));
  sim->flow_unit_fraction = sum / (double)sim->grid->total;
  if (ops->file) {
    PetscCall(
        VmLog(sim->comm, "flow units     fraction %.4f, from %s", sim->flow_unit_fraction, ops->file(plugin->params)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmLog(sim->comm, "flow units     fraction %.4f, correlation length %g nm (%s percolates at %.3f)",
                  sim->flow_unit_fraction, common->correlation_length, ops->head.name,
                  ops->threshold(common->correlation_length, sim->grid->spacing)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimSetUp(VmSim sim, VmProvenance provenance, bool resume)
{
  bool found = false;
  char more[128];
  PetscFunctionBegin;
  PetscCall(VmDirectoryCreate(sim->comm, sim->output->directory));
  PetscCall(VmGridCreate(sim->comm, sim->params->grid.cells, sim->params->grid.spacing, &sim->grid));
  PetscCall(LayFlowUnits(sim));
  PetscCall(sim->ops->create(sim));
  if (resume) PetscCall(VmSimCheckpointLoad(sim, &found));
  PetscCall(VmSimOutputOpen(sim, provenance, found));
  sim->checkpoint_clock = VmTime();
  sim->ops->progress(sim, sizeof more, more);
  if (found) PetscCall(VmLog(sim->comm, "resumed        at time %g s, %s", sim->now.time, more));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimAdvance(VmSim sim, VmProgress progress, VmSimOutcome *outcome)
{
  bool stop;
  PetscFunctionBegin;
  const PetscErrorCode code = VmProgrammeRun(sim, progress, &stop);
  if (code == VM_ERR_DIVERGED) PetscCall(VmH5AttrText(sim->file, "/", "status", VM_STATUS_FAILED));
  PetscCall(code);
  *outcome = stop ? VM_SIM_STOPPED : VM_SIM_COMPLETE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSimFinish(VmSim sim, VmSimOutcome outcome)
{
  PetscFunctionBegin;
  if (outcome == VM_SIM_COMPLETE && sim->ops->finish) PetscCall(sim->ops->finish(sim));
  PetscCall(
      VmH5AttrText(sim->file, "/", "status", outcome == VM_SIM_COMPLETE ? VM_STATUS_COMPLETE : VM_STATUS_STOPPED));
  PetscCall(VmH5Close(&sim->file));
  if (outcome == VM_SIM_COMPLETE) PetscCall(VmFileSync(sim->comm, sim->result_path));
  if (outcome == VM_SIM_COMPLETE && sim->grid->rank == 0) {
    /* the result is whole: what a restart needed can go */
    (void)unlink(sim->checkpoint_path);
    (void)unlink(sim->safe_path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
