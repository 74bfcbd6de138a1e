#!/bin/bash
# timeout: 300; labels: long
# A small case from the deformation to the report; every figure shows in headless Chromium, no address leaves the page.
. "$VM_SOURCE_DIR/tests/system/common.sh"
command -v chromium >/dev/null || { echo "skipped: chromium is not installed"; exit 77; }
/usr/bin/python3 -c "import h5py, matplotlib" || { echo "skipped: python3-h5py, python3-matplotlib are not installed"; exit 77; }

whole_case() {
  on_ranks 2 "$VITROMECH" run "$VM_SOURCE_DIR/inputs/demo/case.yaml" --no-report --set output.directory=out \
    --set "grid.cells=[8, 8, 8]" --set 'grid.spacing="1.46 nm"' --set "microscope.scan.points=[24, 24]" \
    --set 'glass.thickness="10 nm"' --set "loading.0.until.xy=0.03" >run.txt 2>&1 || { cat run.txt; return 1; }
}
draws() { on_ranks 2 "$VITROMECH" report out/result.h5 out/analysis.h5 out/cube.h5 --output page.html; }
has_figure() { grep -q "<figure id=\"$1\"" page.html; }
stays_inside() { # no script, no address but data: and the CSVs beside the page
  ! grep -qiE '<script|@import|url\(' page.html &&
    ! grep -oE '(src|href)="[^"]{0,40}' page.html | grep -vE '="(data:image/png;base64,|#|page_data/)'
}
tables_hold_data() {
  local csv
  for csv in $(grep -oE 'href="page_data/[^"]+' page.html | sed 's/href="//'); do
    [ "$(wc -l <"$csv")" -gt 1 ] || { echo "$csv is empty"; return 1; }
  done
}
browser() {
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir=browser --window-size=1300,12000 --screenshot=page.png \
    "file://$PWD/page.html" >chromium.txt 2>&1
  [ -s page.png ] || { cat chromium.txt; return 1; }
}
pictures_show() { # each picture has structure, and the browser drew a card for each
  /usr/bin/python3 - <<'PYTHON'
import base64, io, re, sys
import matplotlib.image
import numpy

page = open("page.html", encoding="utf-8").read()
figures = re.findall(r'<figure id="([^"]+)">.*?base64,([^"]+)"', page, re.DOTALL)
for name, data in figures:
    picture = matplotlib.image.imread(io.BytesIO(base64.b64decode(data)))[..., :3]
    if picture.std() < 0.02:
        sys.exit(f"figure {name} is blank")
shot = matplotlib.image.imread("page.png")[..., :3]
white = (shot > 0.995).all(axis=2).mean(axis=1)
if shot.shape[1] != 1300 or (white > 0.3).sum() < 300 * len(figures):
    sys.exit(f"the page drew {shot.shape}, {int((white > 0.3).sum())} rows of cards for {len(figures)} figures")
print(f"{len(figures)} figures drawn")
PYTHON
}

expect "the case runs" whole_case
expect "the report is drawn" draws
expect "a directory stands for its files" "$VITROMECH" report out --output directory.html >log_directory
expect "and gives a report" grep -q "Stress and strain" directory.html
mkdir empty
expect "of an empty one it says so" grep -q "empty holds no result.h5" <("$VITROMECH" report empty 2>&1)
[ "$failures" -eq 0 ] || finish
for figure in stress_strain events plastic_strain flow_units patterns radial_intensity variance v2d nfold_maps power_spectrum \
  region_sizes_scan region_sizes_run autocorrelation_scan autocorrelation_run; do
  expect "figure $figure" has_figure "$figure"
done
expect "the comparison with im2018" grep -q "<h3>im2018" page.html
expect "no address leaves the page" stays_inside
expect "every figure has its data" tables_hold_data
expect "chromium draws the page" browser
expect "every picture shows" pictures_show
finish
