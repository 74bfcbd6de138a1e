#!/usr/bin/env bash
# timeout: 120
# Two analyses beside each other: residuals of curves on other points, place of the Kolmogorov-Smirnov distance of lists and
# maps, the same on three ranks; the report draws them.
. "$VM_SOURCE_DIR/tests/system/common.sh" || exit 1
/usr/bin/python3 -c "import h5py, numpy" 2>/dev/null || { echo "skipped: no python3-h5py"; exit 77; }

plant() { # plants curves and values whose distances are known
  /usr/bin/python3 - <<'PYTHON'
import h5py, numpy

def write(path, k, shift, diameters, maps):
    with h5py.File(path, "w") as f:
        def put(name, values, axes, unit="1"):
            f[f"statistics/{name}"] = values
            f[f"statistics/{name}"].attrs.update(axes=axes, unit=unit)
        put("fem/k", k, "k", "1/nm")
        put("fem/omega", 2.0 * k + shift, "k")
        put("fem/omega_error", numpy.full(k.size, 0.3), "k")
        put("regions/diameter", diameters, "cluster", "nm")
        put("nfold/total", maps, "scan0,scan1")

steps = numpy.arange(40.0)
write("a.h5", numpy.linspace(1, 5, 41), 0.75, steps, steps.reshape(5, 8))
write("b.h5", numpy.linspace(1, 4.5, 29), 0.0, numpy.append(steps[:10], steps[:30]), steps.reshape(8, 5))
PYTHON
}

distances_are_right() {
  /usr/bin/python3 - "$1" <<'PYTHON'
import sys, h5py, numpy

with h5py.File(sys.argv[1]) as f:
    assert f.attrs["status"] == b"complete" or f.attrs["status"] == "complete"
    curve = f["overlay/curves/fem/omega"]
    x, residual = curve["x"][:], curve["residual"][:]
    inside = x <= 4.5 + 1e-9
    # 0.75 over the combined error; between its points B has at most the error of a point, and none beyond its end
    assert numpy.isnan(residual[~inside]).all() and not inside.all()
    assert numpy.allclose(residual[inside], 0.75 / numpy.hypot(0.3, 0.3), rtol=1e-9), residual
    assert numpy.allclose(curve.attrs["chi_square"], 0.75**2 / 0.18, rtol=1e-9)
    assert "k" not in f["overlay/curves/fem"]
    lists = f["overlay/distributions/regions/diameter"]
    # up to 9: 10 of 40 in A, 20 of 40 in B; afterwards the gap stays until 29 closes it
    assert numpy.allclose(lists.attrs["at_place"], [0.25, 0.5]) and lists.attrs["place"] == 9
    assert numpy.isclose(lists.attrs["kolmogorov_smirnov"][0], 0.25)
    total = f["overlay/distributions/nfold/total"].attrs
    assert total["kolmogorov_smirnov"][0] == 0 and numpy.ptp(total["at_place"]) == 0
PYTHON
}
draws() {
  /usr/bin/python3 -c "import matplotlib" 2>/dev/null || return 0
  "$VITROMECH" report pair.h5 --output page.html >report.txt 2>&1 || { cat report.txt; return 1; }
  for figure in overlay_fem overlay_values_regions overlay_values_nfold; do
    grep -q "<figure id=\"$figure\"" page.html || return 1
  done
  head -1 page_data/overlay_fem.csv | grep -q "residual"
}

expect "two analyses" plant
expect "comparison" "$VITROMECH" compare a.h5 b.h5 --output pair.h5
expect "residuals and distances" distances_are_right pair.h5
expect "the same on three ranks" on_ranks 3 "$VITROMECH" compare a.h5 b.h5 --output pair3.h5
expect "the same numbers" distances_are_right pair3.h5
expect "figures" draws
finish
