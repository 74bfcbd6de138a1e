"""Draws overview.png of the README from the files of the demo:

    /usr/bin/python3 docs/figures/overview.py out/demo
"""
import pathlib
import sys

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis" / "report"))
import style  # noqa: E402
import vitromech  # noqa: E402


def main(directory):
    run, scan = (vitromech.open(f"{directory}/{name}.h5") for name in ("result", "analysis"))
    figure, axes = style.plt.subplots(1, 4, figsize=(13.2, 3.2), gridspec_kw={"width_ratios": [1.25, 1, 1, 1]})
    strain, stress = run.history["strain"], run.history["stress"]
    axes[0].plot(200 * strain[:, 5], stress[:, 5])
    axes[0].set(xlabel="shear strain (%)", ylabel="shear stress (GPa)", title="a glass is deformed …")

    with h5py.File(f"{directory}/result.h5") as file:
        length = file["grid"].attrs["length"]
    plastic = run.fields(run.steps[-1])["plastic_strain"]
    plane = plastic[:, :, plastic.shape[2] // 2]
    weight = numpy.array([1, 1, 1, 2, 2, 2])
    equivalent = 100 * numpy.sqrt(2 / 3 * (plane**2 * weight).sum(axis=-1))
    show(axes[1], equivalent, (0, length[0], 0, length[1]), "nm", style.MAP, "plastic strain in a plane")

    with h5py.File(f"{directory}/cube.h5") as file:
        data = next(item for item in find(file) if item.ndim == 4)
        pattern = data[data.shape[0] // 2, data.shape[1] // 2]
    half = 0.08 * pattern.shape[0]
    show(axes[2], numpy.log10(numpy.maximum(pattern, 1)), (-half, half, -half, half), "nm⁻¹", style.PATTERN, "… seen through the microscope …",
         vmax=2.4)

    v2d = scan.statistics["v2d"]["map"]
    edge = 0.32 * v2d.shape[0]
    show(axes[3], v2d, (0, edge, 0, edge), "nm", style.MAP, "… and measured (V₂D)")
    figure.savefig(ROOT / "docs" / "figures" / "overview.png", dpi=110)


def find(group):
    """All datasets below a group."""
    found = []
    group.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return found


def show(axis, values, extent, unit, colours, title, vmax=None):
    axis.imshow(values.T, origin="lower", extent=extent, cmap=colours, vmax=vmax or numpy.percentile(values, 99.7))
    style.scale_bar(axis, extent, unit)
    axis.set(title=title, xticks=[], yticks=[])
    axis.grid(False)


main(sys.argv[1])
