"""Figures of atoms: pair distribution functions, Voronoi polyhedra, bond order, non-affine displacements, clusters."""
import re

import numpy

import style
from figure import Figure
from figures_pattern import band
from read import estimate_of

PAIR = re.compile(r"[A-Z][a-z]?-[A-Z][a-z]?$")


def draw(sources):
    makers = (pair_distribution, polyhedra, bond_order, displacements, clusters)
    return [figure for figure in (maker(sources) for maker in makers) if figure]


def pair_distribution(sources):
    statistic = sources.find("rdf")
    if statistic is None:
        return None
    pairs = sorted(name for name in statistic if PAIR.match(name))
    r, k = 10.0 * statistic["r"], statistic["k"]
    shown = r <= 10.0
    figure, (left, right) = style.curves(2)
    columns = {"r [nm]": statistic["r"]}
    for number, name in enumerate(["total", *(pairs if len(pairs) > 1 else [])]):
        g = statistic[name]
        left.plot(r[shown], g[shown] + number, color=style.LINES[number % 6], label=name)
        columns.update({f"g {name}": g, f"error {name}": statistic[f"{name}_error"]})
    left.set(xlabel="r (Å)", ylabel="g(r), each shifted by 1")
    left.legend()
    columns["k [1/nm]"] = k
    for number, (name, label) in enumerate((("total", "number–number"), ("electrons", "electron-weighted"))):
        factor = statistic[f"structure_factor_{name}"]
        band(right, k, factor, statistic[f"structure_factor_{name}_error"], color=style.LINES[number], label=label)
        columns[f"S {name}"] = factor
    right.set(xlabel="k = q/2π (nm⁻¹)", ylabel="S(k)")
    right.legend()
    caption = (f"Pair distribution functions (left): first peak {estimate_of(statistic, 'first_peak')} nm, first minimum "
               f"{estimate_of(statistic, 'first_minimum')} nm, mean coordination number {estimate_of(statistic, 'coordination')}. "
               "Structure factors from them (right).")
    return Figure("pair_distribution", "Pair distribution functions", caption, figure, columns)


def polyhedra(sources):
    statistic = sources.find("voronoi")
    if statistic is None or not len(statistic["polyhedra_fraction"]):
        return None
    names = ["⟨" + ",".join(str(n) for n in index) + "⟩" for index in statistic["polyhedra"][:12]]
    fraction = statistic["polyhedra_fraction"][:12]
    volume = 1e3 * statistic["volume"]
    volume = volume[numpy.isfinite(volume)]
    figure, (bars, histogram) = style.curves(2, height=3.4)
    colours = [style.LINES[1] if name == "⟨0,0,12,0⟩" else style.LINES[0] for name in names]
    bars.barh(range(len(names)), 100 * fraction, color=colours)
    bars.set_yticks(range(len(names)), names, fontsize=8)
    bars.invert_yaxis()
    bars.set(xlabel="part of the polyhedra (%)")
    density, edges = numpy.histogram(volume, bins=60, density=True)
    histogram.stairs(density, edges, fill=True, color=style.LINES[0], alpha=0.7)
    histogram.set(xlabel="atomic volume (Å³)", ylabel="density (Å⁻³)")
    caption = (f"Most frequent Voronoi indices ⟨n₃,n₄,n₅,n₆⟩ (left; orange: full icosahedra, {estimate_of(statistic, 'icosahedra')} "
               "of all atoms) and the distribution of atomic volumes (right).")
    return Figure("polyhedra", "Voronoi polyhedra", caption, figure,
                  {"n3": statistic["polyhedra"][:, 0], "n4": statistic["polyhedra"][:, 1], "n5": statistic["polyhedra"][:, 2],
                   "n6": statistic["polyhedra"][:, 3], "fraction": statistic["polyhedra_fraction"],
                   "volume from [nm3]": 1e-3 * edges[:-1], "density [1/nm3]": 1e3 * density})


def bond_order(sources):
    statistic = sources.find("bond_order")
    if statistic is None:
        return None
    figure, (axis,) = style.curves(1)
    columns = {}
    for number, (name, label) in enumerate((("q6", "$q_6$"), ("q6_average", r"$\bar{q}_6$"))):
        values = statistic[name]
        density, edges = numpy.histogram(values[numpy.isfinite(values)], bins=80, range=(0.0, 0.8), density=True)
        axis.stairs(density, edges, color=style.LINES[number], label=label)
        columns.update({"from": edges[:-1], f"density {name}": density})
    for value, name in ((0.5745, "fcc"), (0.5107, "bcc"), (0.4848, "hcp")):
        axis.axvline(value, color=style.INK, linewidth=0.7, linestyle=":")
        axis.text(value, axis.get_ylim()[1], " " + name, fontsize=7.5, rotation=90, va="top")
    axis.set(xlabel="bond-orientational order", ylabel="density")
    axis.legend()
    caption = ("Distribution of the bond-orientational order of atoms; the averaged one tells order from disorder best. Dotted: q₆ of "
               f"perfect crystals. Largest averaged q₆: {float(statistic['largest_q6_average']):.3f}.")
    return Figure("bond_order", "Bond-orientational order", caption, figure, columns)


def displacements(sources):
    statistic = sources.find("d2min")
    if statistic is None:
        return None
    d2min, strain = statistic["d2min"], statistic["shear_strain"]
    d2min, strain = d2min[numpy.isfinite(d2min)], strain[numpy.isfinite(strain)]
    if not len(d2min) or d2min.max() <= 0:
        return None
    floor = max(0.9 * d2min.min(), 1e-6 * d2min.max())
    figure, (left, right) = style.curves(2)
    edges = numpy.geomspace(floor, d2min.max() * 1.01, 60)
    counts, _ = numpy.histogram(numpy.maximum(d2min, floor), edges)
    left.stairs(counts, 100 * edges, fill=True, color=style.LINES[0], alpha=0.7)
    left.set(xscale="log", xlabel="$D^2_{min}$ (Å²)", ylabel="atoms")
    density, strains = numpy.histogram(strain, bins=60, density=True)
    right.stairs(density, strains, fill=True, color=style.LINES[1], alpha=0.7)
    right.set(xlabel="local shear strain", ylabel="density")
    caption = (f"Non-affine displacement of the neighbourhood of each atom (left; mean {estimate_of(statistic, 'mean_d2min')} nm², "
               f"participation ratio {float(statistic['participation']):.3g}) and the von Mises invariant of the local strain (right).")
    return Figure("d2min", "Non-affine displacements", caption, figure,
                  {"D2min from [nm2]": edges[:-1], "atoms": counts, "strain from": strains[:-1], "density": density})


def clusters(sources):
    statistic = sources.find("mro_clusters")
    if statistic is None or not len(statistic["atoms"]):
        return None
    size = numpy.sort(statistic["atoms"])[::-1]
    figure, (axis,) = style.curves(1)
    axis.loglog(size, numpy.arange(1, len(size) + 1), "o", markersize=3, color=style.LINES[0])
    axis.set(xlabel="atoms of a cluster", ylabel="clusters at least that large")
    caption = (f"{len(size)} clusters of medium-range order hold {estimate_of(statistic, 'fraction')} of the atoms; mean diameter "
               f"{estimate_of(statistic, 'mean_diameter')} nm.")
    return Figure("mro_clusters", "Clusters of medium-range order", caption, figure, {"atoms": size})
