/* L5. Starting other programs from this one. */
#ifndef VM_APP_LAUNCH_H
#define VM_APP_LAUNCH_H

extern char **environ;

/** Takes out of an environment what tells a process that it is a rank of our job: a child would take itself for one and
 * start MPI a second time. Not collective. */
void VmForgetMpi(char **environment);

#endif
