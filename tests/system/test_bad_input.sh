#!/usr/bin/env bash
# timeout: 180
# Broken cases: each ends with exit 2, one line per problem with line and column, and leaves nothing behind.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1

small_case 6 0.002 >good.yaml
cat >glass.yaml <<'YAML'
schema: 1
name: glass
glass: {structure: tile.xyz}
output: {directory: out}
YAML

# Runs a broken case: exit 2, the message, and no output directory.
refuse() { # refuse NAME FILE PATTERN [WORDS...]
  local name=$1 file=$2 pattern=$3 status
  shift 3
  timeout 60 "$VITROMECH" run "$file" "$@" >"$name.out" 2>"$name.err"
  status=$?
  cases=$((cases + 1))
  expect "$name: exit 2, not $status: $(head -c 300 "$name.err")" test "$status" -eq 2
  expect "$name: message \"$pattern\": $(head -c 300 "$name.err")" grep -qE -- "$pattern" "$name.err"
  expect "$name: no traceback" sh -c "! grep -q 'PETSC ERROR' $name.err"
  expect "$name: nothing is left" test ! -e out
  rm -rf out
}
cases=0

# A case with one line changed: the problem must be shown at that line, or at LINE.
broken() { # broken NAME SED-SCRIPT PATTERN [LINE]
  local line
  sed -E "$2" good.yaml >"$1.yaml"
  line=$(diff good.yaml "$1.yaml" | sed -nE '1s/^([0-9,]+)[acd]([0-9]+).*/\2/p')
  expect "$1: the case is changed" test -n "$line"
  line=${4:-$line}
  refuse "$1" "$1.yaml" "$3"
  expect "$1: position $1.yaml:$line: $(head -c 300 "$1.err")" grep -qE "^$1.yaml:$line:[0-9]+: " "$1.err"
}

broken unknown_key 's/cells:/cels:/' 'did you mean "?cells'
broken unknown_block 's/^material:/materail:/' 'did you mean "?material'
broken wrong_unit 's/1.703 nm/1.703 GPa/' 'GPa'
broken no_unit 's/1.703 nm/1.703/' 'unit|nm'
broken not_a_number 's/31.3 GPa/nan GPa/' 'nan'
broken infinite 's/31.3 GPa/inf GPa/' 'inf'
broken trailing 's/modes: 20/modes: 20x/' '20x'
broken fraction_of_a_mode 's/modes: 20/modes: 2.5/' '2\.5'
broken negative_modulus 's/31.3 GPa/-31.3 GPa/' '-31\.3'
broken zero_cells 's/cells: \[6, 6, 6\]/cells: [6, 0, 6]/' 'cells|0'
broken huge_grid 's/cells: \[6, 6, 6\]/cells: [65536, 65536, 65536]/' '65536'
broken two_cells 's/cells: \[6, 6, 6\]/cells: [6, 6]/' 'cells'
broken duplicate_key 's/^seed: 7/seed: 7\nseed: 8/' 'seed'
broken tab_indentation 's/^  law: stz/\tlaw: stz/' 'tab|indent|token'
broken unclosed 's/^seed: 7/seed: [7/' 'expected' 4
broken anchor 's/^seed: 7/seed: \&a 7/' 'anchor'
broken unknown_plugin 's/law: stz/law: stzz/' 'did you mean "?stz'
broken unknown_programme 's/programme: creep/programme: crep/' 'did you mean "?creep'
broken no_programme 's/programme: relaxation, //' 'programme'
broken missing_key 's/, bulk_modulus: 101.2 GPa//' 'bulk_modulus'
broken wrong_schema 's/^schema: 1/schema: 2/' 'schema'
broken fraction_above_one 's/fraction: 0.2/fraction: 1.2/' '1\.2'
broken zone_too_large 's/stz_volume: 1.6 nm\^3/stz_volume: 16 nm^3/' 'stz_volume' 9
broken viscous_material 's/^material: .*/material: {law: zener, relaxed_shear_modulus: 24 GPa, flow_unit_shear_modulus: 8 GPa, viscosity: 1.5 GPa s, bulk_modulus: 100 GPa}/' 'zener is not purely elastic'
broken until_without_rate 's/until: \{xy: /until: {xz: /' 'until'
broken no_end 's/programme: relaxation, duration: 10 s/programme: relaxation/' 'duration|until'
broken rate_and_stress 's/strain_rate: 5e-5 1\/s\}\}/strain_rate: 5e-5 1\/s, stress: 1 GPa}}/' 'strain_rate'
broken rateless 's/\{xy: \{strain_rate: 5e-5 1\/s\}\}/{xy: {stress: 1 GPa}}/' 'strain_rate'
broken list_for_mapping 's/^material: .*/material: [1, 2]/' 'material'
broken mapping_for_list 's/^seed: 7/seed: {a: 7}/' 'seed|single value'
broken unknown_field 's/checkpoint_every: 0.2 s/fields: [plastic_strian]/' 'plastic_strain'
broken cube_without_microscope '$s/$/\nanalysis: [{statistic: fem}]/' 'microscope'
broken flat_multislice '$s/$/\nmicroscope: {method: multislice, ewald: false}/' 'ewald: false.*kinematic'
broken multislice_without_beam '$s/$/\nmicroscope: {method: multislice, direct_beam: false}/' 'direct_beam: false.*kinematic'

grep -v '^schema' good.yaml >no_schema.yaml
refuse no_schema no_schema.yaml 'schema'
: >empty.yaml
refuse empty empty.yaml 'empty|schema'
refuse missing_case absent.yaml 'absent.yaml'
refuse bad_set_path good.yaml 'did you mean' --set grid.cellz=3
refuse bad_set_index good.yaml 'loading' --set 'loading.7.duration=1 s'
refuse set_without_value good.yaml '--set|=' --set grid.cells
refuse resume_of_nothing good.yaml 'nothing to resume' --resume
refuse bad_walltime good.yaml 'max-walltime' --max-walltime 5
refuse unknown_option good.yaml 'did you mean' --sett a=b
refuse missing_structure glass.yaml 'glass.yaml:3:[0-9]+: .*tile.xyz'

printf '4\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\nZr 1 2 3\n' >tile.xyz
refuse truncated_structure glass.yaml 'tile.xyz'
printf '2\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\nZr 1 2 nan\n' >tile.xyz
refuse nan_in_structure glass.yaml 'tile.xyz:4'

printf '1\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\n' >tile.xyz
sed 's/tile.xyz/tile.xyz, tiling: layers, thickness: 2 nm, size: [0.5 nm, 0.5 nm, 0.5 nm]/' glass.yaml >thick.yaml
refuse foil_thicker_than_its_box thick.yaml 'glass.thickness'
printf '1\nLattice="77 0 0 0 77 0 0 0 77" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0 0 0\n' >tile.xyz
(cat good.yaml && grep '^glass' glass.yaml | sed 's/tile.xyz/tile.xyz, tiling: layers/') >unfitting.yaml
refuse tiles_that_do_not_fit unfitting.yaml 'off the wanted'

# All problems at once, in order of their lines.
sed -E 's/cells:/cels:/; s/1e-3 s/1e-3 m/; s/stz_volume/stz_volumes/' good.yaml >many.yaml
refuse many many.yaml 'cels'
expect "many: a line for each problem" test "$(grep -cE '^many.yaml:[0-9]+:[0-9]+: ' many.err)" -ge 3
expect "many: in order" sh -c "cut -d: -f2 many.err | sort -nc"

# A directory with results of another input is left as it is.
"$VITROMECH" run good.yaml >good.log 2>&1
expect "good case" test $? -eq 0
find out -type f -exec md5sum {} + | sort >before
"$VITROMECH" run good.yaml --set seed=8 >other.log 2>other.err
expect "other input: exit 2" test $? -eq 2
expect "other input: names the key" grep -q 'seed is 7' other.err
find out -type f -exec md5sum {} + | sort >after
expect "other input: nothing is changed" cmp before after
rm -rf out

# More ranks than planes is no error.
expect "more ranks than planes" on_ranks 8 "$VITROMECH" run good.yaml >ranks.log

expect "at least 30 broken cases" test "$cases" -ge 30
echo "$cases broken cases"
finish
