"""Draws which_glass.png of docs/tutorials/which_glass.md from the files of its commands:

    /usr/bin/python3 docs/figures/which_glass.py out/which_glass
"""
import pathlib
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis" / "report"))
import style  # noqa: E402
import vitromech  # noqa: E402


def main(directory):
    measured = vitromech.open(f"{directory}/measured.h5").statistics
    table = vitromech.open(f"{directory}/sweep/table.h5")
    posterior = vitromech.open(f"{directory}/inference.h5").group("inference/parameters/flow_units.fraction")
    fraction = table.group("parameters")["flow_units.fraction"]
    curves = table.group("statistics/radial_intensity")["intensity"]
    k, ours = measured["radial_intensity"]["k"], measured["radial_intensity"]["intensity"]
    inside = (k > 3) & (k < 5.6)
    mean = curves.mean(axis=0)

    figure, axes = style.plt.subplots(1, 3, figsize=(12.6, 3.3), gridspec_kw={"width_ratios": [1, 1.3, 1.3]})
    total = measured["nfold"]["total"]
    axes[0].imshow(total.T, origin="lower", cmap=style.MAP)
    axes[0].set(title="a map of the measurement\n(n-fold power)", xticks=[], yticks=[])
    axes[0].grid(False)

    colours = style.plt.get_cmap(style.MAP)((fraction - fraction.min()) / numpy.ptp(fraction))
    for curve, colour in zip(curves, colours):
        axes[1].plot(k[inside], (curve / mean - 1)[inside], color=colour, linewidth=1)
    axes[1].plot(k[inside], (ours / mean - 1)[inside], color=style.LINES[1], linewidth=2.2, label="measured")
    axes[1].plot([], [], color=colours[0], label=f"simulated, {fraction.min():.2g}")
    axes[1].plot([], [], color=colours[-1], label=f"simulated, {fraction.max():.2g}")
    axes[1].set(xlabel="k (nm⁻¹)", ylabel="I(k) over the mean of all, less 1", title="its curves beside those of glasses")
    axes[1].legend()

    value, probability, quantile = posterior["value"], posterior["probability"], posterior["quantile"]
    density = probability / (value[1] - value[0])
    axes[2].plot(value, density, color=style.LINES[0])
    held = (value >= quantile[0]) & (value <= quantile[4])
    axes[2].fill_between(value, density, where=held, color=style.LINES[0], alpha=0.25, linewidth=0)
    axes[2].axvline(0.27, color=style.LINES[1], linewidth=1.6, label="truth")
    axes[2].set(xlabel="fraction of flow units", ylabel="probability density", ylim=(0, 1.3 * density.max()),
                title=f"which glass: {quantile[2]:.3f}, 95 %: {quantile[0]:.3f} … {quantile[4]:.3f}")
    axes[2].legend(loc="upper left", bbox_to_anchor=(0, 0.98))
    figure.savefig(ROOT / "docs" / "figures" / "which_glass.png", dpi=110)


main(sys.argv[1])
