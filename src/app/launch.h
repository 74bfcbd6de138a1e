/* L5. Starting other programs from this one. */
#ifndef VM_APP_LAUNCH_H
#define VM_APP_LAUNCH_H

extern char **environ;

/** Takes out of an environment what tells a process that it is a rank of our job: a child would take itself for one and
 * start MPI a second time. Not collective. */
void VmForgetMpi(char **environment);

/** What MPI need not do for a process that no launcher started: a daemon beside it, transports to other processes. Set
 * in the environment before MPI starts, unless the user says otherwise there, and taken out again after: programs that
 * this one starts are not alone. Not collective. */
void VmMpiAloneBegin(void);
void VmMpiAloneEnd(void);

#endif
