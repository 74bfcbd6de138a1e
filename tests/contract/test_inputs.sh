#!/usr/bin/env bash
# timeout: 240
# Every case of inputs/ is valid, and so is every point of every plan (recipes for files of the user need these files).
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

for input in "$VM_SOURCE_DIR"/inputs/*/*.yaml; do
  if grep -q '^parameters:' "$input"; then
    expect "$input is a plan" "$VITROMECH" sweep "$input" --list >/dev/null
  elif grep -Eq '^(grid|glass|microscope):' "$input"; then
    expect "$input is a case" "$VITROMECH" check "$input" >/dev/null
  fi
done
expect "there are cases of each folder ($checks)" test "$checks" -gt 25
finish
