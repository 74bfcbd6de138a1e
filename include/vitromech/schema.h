/* L2. Names inside vitromech files: where simulation and analysis meet. See docs/files.md. */
#ifndef VITROMECH_SCHEMA_H
#define VITROMECH_SCHEMA_H

#define VM_FORMAT "vitromech" /* attribute "format" of the root */
#define VM_FORMAT_VERSION 1   /* attribute "format_version" */

/* attribute "status" of the root */
#define VM_STATUS_RUNNING "running"
#define VM_STATUS_COMPLETE "complete"
#define VM_STATUS_STOPPED "stopped"
#define VM_STATUS_FAILED "failed" /* the solver did not converge */

/* result.h5 of a run */
#define VM_PATH_GRID "/grid"             /* attributes cells [3], spacing [nm], length [3] */
#define VM_PATH_HISTORY "/history"       /* time, strain [n,6], stress [n,6], ... */
#define VM_PATH_EVENTS "/events"         /* time [n], voxel [n], mode [n], stage [n], strain [n,6] */
#define VM_PATH_FIELDS "/fields"         /* <step>/<name>; attributes step, time, mean_strain [6] on the group */
#define VM_PATH_STATISTICS "/statistics" /* <statistic>/<name>, of simulation and of analysis files alike */
#define VM_PATH_CYCLES VM_PATH_STATISTICS "/cycles" /* one row for each cycle of cyclic stages */
#define VM_PATH_PROVENANCE "/provenance"

/* names of fields */
#define VM_FIELD_PLASTIC_STRAIN "plastic_strain" /* [nx,ny,nz,6] */
#define VM_FIELD_STRESS "stress"                 /* [nx,ny,nz,6] GPa */
#define VM_FIELD_FLOW_UNIT "flow_unit"           /* [nx,ny,nz] 0 or 1 */
#define VM_FIELD_DISPLACEMENT "displacement"     /* [nx,ny,nz,3] nm, periodic part, at voxel centres */
#define VM_FIELD_BARRIER "barrier"               /* [nx,ny,nz] eV, lowest of the voxel */
#define VM_FIELD_EVENTS "event_count"            /* [nx,ny,nz] */
#define VM_FIELD_STRAIN "strain"                 /* [nx,ny,nz,6] */
#define VM_FIELD_SHEAR_MODULUS "shear_modulus"   /* [nx,ny,nz] GPa, of an instantaneous step */
#define VM_FIELD_BULK_MODULUS "bulk_modulus"     /* [nx,ny,nz] GPa */
#define VM_FIELD_VISCOSITY "viscosity"           /* [nx,ny,nz] GPa s, parameter of the law */
#define VM_FIELD_EXPANSION "thermal_expansion"   /* [nx,ny,nz] 1/K */
#define VM_FIELD_GROWN_FRACTION "grown_fraction" /* [nx,ny,nz] of flow units, since the start */
#define VM_FIELD_MEMORY_STATE "memory_state"     /* [nx,ny,nz] of the memory law */

#endif
