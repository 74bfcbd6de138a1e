#!/usr/bin/env bash
# timeout: 60
# Includes point down only. A public header says its layer in its first line ("/* L2. ..."), in agreement with the sections of
# vitromech.h; a source file has the layer of its folder (docs/architecture.md). Simulation and analysis never meet below L5.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
cd "$VM_SOURCE_DIR" || exit 1

declare -A folder_layer=(
  [src/base]=0 [src/grid]=1 [src/io]=2 [analysis/cube]=2 [analysis/transform]=2
  [models/material]=3 [models/kinetics]=3 [models/disorder]=3 [models/loading]=3 [models/law]=3
  [analysis/atoms]=3 [analysis/atomstat]=3 [analysis/synth]=3 [analysis/stat]=3 [analysis/field]=3
  [src/mech]=4 [src/kmc]=4 [src/drive]=4 [analysis/compare]=4 [src/app]=5)
simulation="material kinetics disorder loading law mech equilibrium harmonic body kmc sim"
analysis="cube transform atoms atom_stat glass microscope scatter stat stat_result map analyze compare"

declare -A header_layer
for header in include/vitromech/*.h; do
  name=$(basename "$header" .h)
  [ "$name" = vitromech ] && continue
  layer=$(sed -nE '1s|^/\* L([0-5])\. .*|\1|p' "$header")
  expect "$header says its layer in its first line" test -n "$layer"
  header_layer[$name]=${layer:-9}
done

section=
while read -r line; do
  case $line in
  '/* L'[0-5]' */') section=${line:4:1} ;;
  '#include <vitromech/'*)
    name=${line#*<vitromech/}
    name=${name%.h>}
    expect "vitromech.h: $name stands in section L$section" test "${header_layer[$name]:-absent}" = "$section"
    ;;
  esac
done <include/vitromech/vitromech.h

contains() { [[ " $1 " == *" $2 "* ]]; }

# file, its layer, its side (simulation, analysis or none), an include
check_include() {
  local file=$1 layer=$2 side=$3 include=$4 name folder
  case $include in
  '<vitromech/'*)
    name=${include#<vitromech/}
    name=${name%.h>}
    if [ "$name" = vitromech ]; then
      expect "$file: only the program includes the umbrella" test "$layer" -eq 5
      return
    fi
    expect "$file (L$layer) includes $name.h (L${header_layer[$name]:-none})" test "${header_layer[$name]:-9}" -le "$layer"
    if [ "$side" = simulation ]; then
      expect "$file: simulation includes $name.h of analysis" eval "! contains '$analysis' $name"
    elif [ "$side" = analysis ]; then
      expect "$file: analysis includes $name.h of simulation" eval "! contains '$simulation' $name"
    fi
    ;;
  '"'*)
    folder=$(realpath --relative-to=. "$(dirname "$file")/$(dirname "${include//\"/}")")
    expect "$file includes $include, which is no private header below it" \
      test "${folder_layer[$folder]:-9}" -le "$layer" -a -e "$(dirname "$file")/${include//\"/}"
    ;;
  esac
}

side_of() { # side_of LAYER NAME-OR-FOLDER
  case $2 in
  models/* | src/mech | src/kmc | src/drive) echo simulation ;;
  analysis/*) echo analysis ;;
  *) if contains "$simulation" "$2"; then echo simulation; elif contains "$analysis" "$2"; then echo analysis; else echo none; fi ;;
  esac
}

includes() { sed -nE 's/^ *# *include +(<vitromech\/[^>]+>|"[^"]+").*/\1/p' "$1"; }

for name in "${!header_layer[@]}"; do
  side=$(side_of "${header_layer[$name]}" "$name")
  while read -r include; do
    check_include "include/vitromech/$name.h" "${header_layer[$name]}" "$side" "$include"
  done < <(includes "include/vitromech/$name.h")
done

files=0
while read -r file; do
  folder=$(dirname "$file")
  expect "$folder has a layer" test -n "${folder_layer[$folder]:-}"
  files=$((files + 1))
  while read -r include; do
    check_include "$file" "${folder_layer[$folder]:-0}" "$(side_of x "$folder")" "$include"
  done < <(includes "$file")
done < <(find src models analysis -name '*.[ch]' | sort)
expect "there are sources to look at" test "$files" -gt 50
echo "$files files, ${#header_layer[@]} public headers"
finish
