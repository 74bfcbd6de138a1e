/* A row of the history of a run with `kinetics`. */
#include "kinetics_private.h"
#include "localisation.h"

const VmColumn vm_kinetics_columns[] = {
    VM_COMMON_COLUMNS,
    {"events", 1, "1", "shear transformations so far"},
    {"plastic_strain", 6, "1", "mean strain that the events leave without load, tensor components"},
    {"rate", 1, "1/s",
     "total rate of events at the last renewal (finder thinned, and where rates change between events: a bound)"},
    {"flow_unit_fraction", 1, "1", "volume fraction of flow units; with memory flow_units its present mean state"},
    {"participation_ratio", 1, "1",
     "(sum p)^2/(N sum p^2) of the equivalent plastic strain p: 1 if it is uniform, 1/N if one voxel bears it all"},
    {"memory_state", 1, "1", "mean state of the memory law: see the field memory_state; 0: no such law"},
    {"viscosity", 1, "GPa s", "sig:r/(2 r:r), r the rate of plastic_strain since the last row; 0: it has not changed"},
    {"persistence", 1, "1",
     "correlation over the voxels of the events of the last two intervals between rows that had any; 0: none yet"},
    {"correlation_length", 1, "nm", "at which the autocorrelation of p falls to 1/e; 0: not within half of the box"},
    {"band_share", 1, "1", "of the variance of p that averages over the planes of the band keep: 1 for layers"},
    {"band_width", 1, "nm", "(sum q)^2/(sum q^2) of the profile q of these averages less its minimum"},
    {"band_normal_x", 1, "1", "normal of the planes whose averages of p vary most: the shear band"},
    {"band_normal_y", 1, "1", "normal of the shear band"},
    {"band_normal_z", 1, "1", "normal of the shear band"},
    {"active_fraction", 1, "1", "volume fraction of the voxels that have had an event"},
    {"active_cluster", 1, "1", "volume fraction of the largest cluster of such voxels (neighbours share a face)"},
    {"active_percolation", 1, "1", "axes of the box around which a cluster of such voxels meets itself"},
    {"flow_unit_cluster", 1, "1",
     "volume fraction of the largest cluster of flow units (memory flow_units: of voxels of state 1/2 and above)"},
    {"flow_unit_percolation", 1, "1", "axes of the box around which a cluster of flow units meets itself"},
    {NULL, 0, NULL, NULL}};

static bool UnitsChange(VmSim sim)
{
  const VmStz *stz = sim->params->kinetics.params;
  const VmMemoryOps *memory = (const VmMemoryOps *)stz->memory.head;
  return memory && memory->of_flow_units;
}

static PetscErrorCode ConnectUnits(VmSim sim, const double *unit, VmConnected *connected)
{
  uint8_t *mark;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &mark));
  for (int64_t i = 0; i < sim->grid->np; ++i) mark[i] = unit[i] >= 0.5;
  PetscCall(VmConnect(sim->grid, mark, connected));
  PetscCall(PetscFree(mark));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKineticsRowCreate(VmSim sim)
{
  VmKineticsEngine *k = VmKinetics(sim);
  PetscFunctionBegin;
  PetscCall(VmIntervalsCreate(sim->grid, &k->intervals));
  PetscCall(VmFftCreate(sim->grid, 1, &k->fft));
  if (!UnitsChange(sim)) PetscCall(ConnectUnits(sim, sim->flow_unit, &k->flow_units));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKineticsRowDestroy(VmSim sim)
{
  VmKineticsEngine *k = VmKinetics(sim);
  PetscFunctionBegin;
  PetscCall(VmIntervalsDestroy(&k->intervals));
  PetscCall(VmFftDestroy(&k->fft));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Localise(VmSim sim, VmLocalisation *localisation)
{
  const VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  const int64_t np = sim->grid->np;
  double *p;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)np, &p));
  for (int64_t i = 0; i < np; ++i) {
    double strain[6];
    for (int c = 0; c < 6; ++c) strain[c] = state->eigenstrain[c * np + i];
    p[i] = VmEquivalentStrain(strain);
  }
  PetscCall(VmLocalise(VmKinetics(sim)->fft, p, localisation));
  PetscCall(PetscFree(p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ConnectActive(VmSim sim, VmConnected *connected)
{
  const VmKmcState *state = VmKmcGetState(VmKineticsKmc(sim));
  uint8_t *mark;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &mark));
  for (int64_t i = 0; i < sim->grid->np; ++i) mark[i] = state->generation[i] > 0;
  PetscCall(VmConnect(sim->grid, mark, connected));
  PetscCall(PetscFree(mark));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmKineticsRow(VmSim sim, double *values)
{
  VmKineticsEngine *k = VmKinetics(sim);
  const VmKmcState *state = VmKmcGetState(k->kmc);
  VmInstant now = {.time = state->mean.time, .events = state->generation};
  double *states, memory, persistence, viscosity;
  VmLocalisation band;
  VmConnected active;

  PetscFunctionBegin;
  for (int c = 0; c < 6; ++c) now.stress[c] = state->mean.stress[c], now.plastic_strain[c] = state->mean.eigenstrain[c];
  PetscCall(VmIntervalsEnd(k->intervals, &now, &persistence, &viscosity));
  PetscCall(Localise(sim, &band));
  PetscCall(ConnectActive(sim, &active));
  PetscCall(PetscMalloc1((size_t)sim->grid->np, &states));
  VmKmcMemoryField(k->kmc, states);
  PetscCall(VmSumField(sim->grid, states, &memory));
  memory /= (double)sim->grid->total;
  if (UnitsChange(sim)) PetscCall(ConnectUnits(sim, states, &k->flow_units));
  PetscCall(PetscFree(states));

  *values++ = (double)state->events;
  for (int c = 0; c < 6; ++c) *values++ = state->mean.eigenstrain[c];
  *values++ = VmKmcRate(k->kmc);
  *values++ = UnitsChange(sim) ? memory : sim->flow_unit_fraction;
  *values++ = band.participation, *values++ = memory;
  *values++ = viscosity, *values++ = persistence;
  *values++ = band.correlation_length, *values++ = band.share, *values++ = band.width;
  for (int d = 0; d < 3; ++d) *values++ = band.normal[d];
  *values++ = active.fraction, *values++ = active.largest, *values++ = active.axes;
  *values++ = k->flow_units.largest, *values++ = k->flow_units.axes;
  PetscFunctionReturn(PETSC_SUCCESS);
}
