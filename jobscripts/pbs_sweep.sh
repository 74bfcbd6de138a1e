#!/bin/bash
#PBS -N @NAME@
#PBS -J 0-@LAST@%@AT_ONCE@
#PBS -l select=@RANKS@:ncpus=1:mpiprocs=1
#PBS -l walltime=@TIME@
#PBS -j oe
#PBS -o @DIRECTORY@/
@OPTIONS@
# @TITLE@
#
# One task of the array is one point of the sweep. A point that is complete ends at once; one that runs out of time saves a
# checkpoint and ends with status 85: submit the script again when the array is through.
cd @CWD@ || exit 74

# What this cluster needs before a program can start; see jobscripts/modules.example.
if [ -r "${VITROMECH_MODULES:-$HOME/.vitromech_modules}" ]; then
  . "${VITROMECH_MODULES:-$HOME/.vitromech_modules}"
fi

@LAUNCH@ @PROGRAM@ sweep @CASE@ --point "$PBS_ARRAY_INDEX" --max-walltime "@SECONDS@ s"
