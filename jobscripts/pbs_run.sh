#!/bin/bash
#PBS -N @NAME@
#PBS -l select=@RANKS@:ncpus=1:mpiprocs=1
#PBS -l walltime=@TIME@
#PBS -j oe
#PBS -o @DIRECTORY@/
@OPTIONS@
# @TITLE@
#
# The program is told how long it may run: it saves a checkpoint before that and ends with status 85. The script then
# submits itself again, and that job goes on from the checkpoint, until the case is complete.
cd @CWD@ || exit 74

# What this cluster needs before a program can start; see jobscripts/modules.example.
if [ -r "${VITROMECH_MODULES:-$HOME/.vitromech_modules}" ]; then
  . "${VITROMECH_MODULES:-$HOME/.vitromech_modules}"
fi

@LAUNCH@ @PROGRAM@ run @CASE@ @SETTINGS@ --max-walltime "@SECONDS@ s"
status=$?

if [ "$status" -eq 85 ]; then
  qsub -W depend=afterany:"$PBS_JOBID" @SCRIPT@
fi
exit "$status"
