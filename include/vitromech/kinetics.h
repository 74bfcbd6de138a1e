/* L3. Kinetics of shear transformation zones: catalogue of modes, barriers and their memory (physics.md B2, B3, B5). */
#ifndef VITROMECH_KINETICS_H
#define VITROMECH_KINETICS_H

#include <vitromech/params.h>
#include <vitromech/rng.h>

/* How a barrier falls with the work of the stress. */
typedef struct {
  VmPluginHead head;
  /**
   * Remaining barrier of n modes, and how fast it falls with work. Where positive it must be a convex, falling function
   * of work and not fall with `barrier`: the event finders bound it by its tangent. Where the barrier is gone, `left`
   * is minus the work beyond that point, and the slope 1.
   *
   * \param[in]  per_stress work per resolved shear stress, saddle Omega gamma_0 [eV/GPa]
   * \param[in]  barrier    [n] barrier without stress [eV]
   * \param[in]  work       [n] saddle fraction * Omega * sig : eps of the mode [eV]
   * \param[out] left       [n] barrier left [eV]; zero or less: no barrier
   * \param[out] slope      [n] -d left/d work, not below zero
   * Not collective.
   */
  void (*evaluate)(const void *params, double per_stress, int64_t n, const double *barrier, const double *work,
                   double *left, double *slope);
  /** Work at which each of n barriers is gone [eV]. Not collective. */
  void (*vanishing)(const void *params, double per_stress, int64_t n, const double *barrier, double *work);
  bool linear; /* the slope is always 1 */
} VmBarrierOps;

extern const VmPluginKind vm_barrier_kind; /* selector "law" */

/* A state variable of each voxel that events and rest change, and that changes the rates of its modes. */
typedef struct {
  VmPluginHead head;
  const char *quantity; /* what the state is: long name of its column and field */
  bool of_flow_units;   /* the law itself says how flow units differ: their barrier ratio is then 1 */
  /** State at the start. Not collective. */
  double (*start)(const void *params, bool flow_unit);
  /** State after an event that shears the voxel by `shear` (engineering) at a temperature [K]. Not collective. */
  double (*transform)(const void *params, double state, double shear, double temperature);
  /** State after a rest dt [s] at a temperature [K]; monotone in dt. Not collective. */
  double (*age)(const void *params, double state, double dt, double temperature);
  /** Highest state that rest at a temperature [K], however long, can bring a state to. Where that is above the state,
   * the factor must not depend on the state. Not collective. */
  double (*highest)(const void *params, double state, double temperature);
  /** Rates are nu_0 weight exp(-left/kT) with the barrier without stress times `factor`, both positive. The higher the
   * state, the higher the weight and the lower the factor. Not collective. */
  void (*effect)(const void *params, double state, double *factor, double *weight);
  /** Whether rest changes nothing at temperatures near zero, so that states are changed by events alone; NULL: the law
   * has no effect there, as it weighs rates and leaves barriers alone. Not collective. */
  bool (*athermal)(const void *params);
} VmMemoryOps;

extern const VmPluginKind vm_memory_kind; /* selector "law" */

typedef enum { VM_PER_VOXEL, VM_PER_MODE } VmPer;

typedef struct {
  double permanent, decaying; /* fractions p and d of the barrier; negative: hardening */
  double time;                /* tau_d [s] */
} VmSoftening;

/* Barrier of a zone as an inclusion that shears and dilates in an elastic matrix. */
typedef struct {
  double shear, poisson; /* of the glass: mu [GPa], nu */
  double dilatancy;      /* beta, volume strain over shear strain */
  double resistance;     /* tau_0/mu, ideal shear resistance between atoms */
} VmArgon;

/* Common keys of every barrier law. */
typedef struct {
  double mean, spread; /* eV; mean NAN: from argon */
  VmArgon *argon;      /* NULL: from mean */
  int per;             /* VmPer */
  double friction;     /* of the mean stress in what a barrier feels */
} VmBarrierCommon;

/* The law `stz`: parameters of kinetics. */
typedef struct {
  int64_t modes;
  double attempt_frequency; /* 1/s */
  double volume;            /* Omega [nm^3] */
  double strain;            /* gamma_0, engineering */
  double saddle;            /* fraction of the strain at the saddle point */
  VmPlugin barrier;
  VmSoftening softening;
  VmPlugin memory; /* head NULL: none */
} VmStz;

extern const VmPluginKind vm_kinetics_kind; /* selector "law" */

/** Mode of a catalogue: the traceless shear strain (gamma_0/2)(n x m + m x n) of the zone itself, n and m uniformly
 * random orthonormal; a new catalogue comes with each `generation` of the voxel (number of its past events). Components
 * in the order of tensor.h. Not collective. Source: physics.md B2. */
void VmStzMode(const VmStz *stz, uint64_t seed, int64_t voxel, int64_t generation, int mode, double eps[6]);

/** Work per resolved shear stress, saddle Omega gamma_0 [eV/GPa]. Not collective. */
double VmStzWorkPerStress(const VmStz *stz);

/** Work of a stress [GPa] on the dilatation of a zone at its saddle point [eV], the same for all modes: friction saddle
 * Omega gamma_0 tr(sig)/3. Not collective. Source: physics.md B3. */
double VmStzPressureWork(const VmStz *stz, const double sig[6]);

/** Mean barrier without stress [eV]: as given, or
 * {(7-5 nu)/[30(1-nu)] + 2(1+nu)/[9(1-nu)] beta^2 + (tau_0/mu)/(2 gamma_0)} mu gamma_0^2 Omega. Not collective.
 * Source: Argon, Acta Metall. 27 (1979) 47; Homer & Schuh, Acta Mater. 57 (2009) 2823, Eq. 1. */
double VmStzMeanBarrier(const VmStz *stz);

/** Barrier Q r + dQ [eV] of a mode before memory and stress: dQ Gaussian, drawn again until the barrier is positive,
 * once per voxel and generation or once per mode. Not collective. Source: physics.md B5. */
double VmStzBarrier(const VmStz *stz, uint64_t seed, int64_t voxel, int64_t generation, int mode, double ratio);

/** Memory factor 1 - p - d exp(-(t - t_i)/tau_d) of a voxel that transformed last at age s ago (no event yet: 1).
 * Not collective. */
double VmStzMemory(const VmStz *stz, bool transformed, double age);

#endif
