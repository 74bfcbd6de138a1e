/* L0. Messages, progress with ETA, status.json, stop requests. */
#ifndef VITROMECH_LOG_H
#define VITROMECH_LOG_H

#include <vitromech/base.h>

/** Prints one line to stdout on rank 0 of comm (flushed). Not collective (other ranks return at once). */
PetscErrorCode VmLog(MPI_Comm comm, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Prints "vitromech: warning: ..." to stderr on rank 0 of comm. Not collective. */
PetscErrorCode VmWarn(MPI_Comm comm, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Progress of anything longer than a few seconds: one line every few seconds with fraction done and ETA, plain when
 * stdout is not a terminal; status.json in `directory` (NULL: none) is replaced atomically at the same moments. */
typedef struct VmProgress_s *VmProgress;

/** what: e.g. "run", "diffract". Collective on comm; output comes from rank 0. */
PetscErrorCode VmProgressCreate(MPI_Comm comm, const char *what, const char *directory, VmProgress *progress);

/** fraction in [0,1]; the rest is a printf message such as "step 120  strain 0.031". Cheap when nothing is due
 * (one clock read). Not collective. */
PetscErrorCode VmProgressUpdate(VmProgress progress, double fraction, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Writes the last status ("complete", "stopped", "failed") and frees. Collective. */
PetscErrorCode VmProgressDestroy(VmProgress *progress, const char *status);

/** Catches USR1, USR2, TERM, INT; a second signal stops at once. max_walltime in s (0: take SLURM_JOB_END_TIME if
 * present, else none). Call once. Not collective. */
PetscErrorCode VmStopInit(double max_walltime);

/** True on all ranks as soon as any rank was asked to stop or the wall time is nearly over. Collective. */
PetscErrorCode VmStopRequested(MPI_Comm comm, bool *stop);

/** This rank's own view of VmStopRequested, to be combined with other data in a caller's own reduction.
 * Not collective. */
bool VmStopRequestedLocal(void);

#endif
