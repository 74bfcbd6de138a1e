/* L3. Loading programmes: what is prescribed to the mean strain and stress, piecewise linear in time (physics.md B7).
 */
#ifndef VITROMECH_LOADING_H
#define VITROMECH_LOADING_H

#include <vitromech/params.h>
#include <vitromech/tensor.h>

/* A stretch of a stage in which every component is either strain- or stress-controlled, linear in time. */
typedef struct {
  bool stress_controlled[6]; /* else the strain is */
  double level[6];           /* stress at the start of the segment [GPa]; unused for strain control */
  double rate[6];            /* strain rate [1/s] or stress rate [GPa/s] */
  double duration;           /* s; INFINITY: until the stage ends, or until temperature_to is reached */
  double temperature_rate;   /* K/s; on the way to temperature_to only its size counts */
  double temperature_to;     /* K, at which the segment ends; NAN: none */
} VmSegment;

/* Strain or stress of a component; the other is NAN. */
typedef struct {
  double strain, stress;
} VmTarget;

/* Points from `from` to `to`, both included; one point: `from`. */
typedef struct {
  double from, to;
  int64_t points;
} VmPointsParams;

/* A sweep of steady oscillation. */
typedef struct {
  VmTarget *amplitude[6];       /* one component; the others are NULL */
  VmPointsParams frequencies;   /* Hz, at equal ratios */
  VmPointsParams *temperatures; /* K, equally spaced; NULL: the present one */
  bool stiffness, fields;       /* also the whole effective stiffness; also fields at the largest loss */
  char *fit;                    /* law fitted to the spectrum or master curve; NULL: none */
} VmHarmonicParams;

typedef struct {
  VmPluginHead head;
  /**
   * Segment number `index` (0, 1, ...) of a stage. A strain-controlled component goes on from its present strain.
   *
   * \param[in]  params, common of the stage's plug-in
   * \param[in]  stress         [6] mean stress as the segment starts [GPa]
   * \param[out] segment
   * \return false if there is no such segment: the stage is over. Not collective.
   */
  bool (*segment)(const void *params, const void *common, int index, const double stress[6], VmSegment *segment);
  /** What is wrong with the common keys for this programme, or NULL. Not collective. */
  const char *(*complaint)(const void *params, const void *common);
  /** Period [s] of a programme that goes round a loop; the member is NULL if it does not. Not collective. */
  double (*period)(const void *params);
  /** What a programme of steady oscillation sweeps instead of going in time; the member is NULL for all others. Not
   * collective. */
  const VmHarmonicParams *(*harmonic)(const void *params);
  bool heats; /* segments have a temperature_to */
  /** Name of the law that is fitted to the stress of the stage against time, or NULL; the member may be NULL. Not
   * collective.
   */
  const char *(*fit)(const void *params);
} VmLoadingOps;

extern const VmPluginKind vm_loading_kind; /* selector "programme" */

/* What a component of `control` prescribes; NAN where not given. */
typedef struct {
  double strain_rate, stress, stress_rate;
} VmControlParams;

/* Heating or cooling at a constant rate. */
typedef struct {
  double rate; /* K/s; only its size counts if `to` is given */
  double to;   /* K, NAN: no end */
} VmTemperatureParams;

/* Common keys of every stage. */
typedef struct {
  VmControlParams *control[6]; /* NULL: the component holds its strain */
  struct {
    double strain[6]; /* NAN: no limit */
    int64_t events;   /* 0: no limit */
  } until;
  double duration;                  /* s, NAN: no limit */
  VmTemperatureParams *temperature; /* NULL: constant */
} VmStageParams;

extern const VmTable vm_stage_table;

#endif
