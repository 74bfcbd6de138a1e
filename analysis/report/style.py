"""One look for all figures: fonts, colours, maps with scale bars."""
import base64
import io
import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.patheffects
import matplotlib.pyplot as plt
import numpy
from matplotlib.colors import ListedColormap

MAP = "viridis"
PATTERN = "inferno"
PIXELS_PER_INCH = 108  # on the page: text of all figures has one size
INK = "#1d2733"
LINES = ("#1f6f8b", "#d1603d", "#5b8c5a", "#7a5c99", "#b8892b", "#4a4e69")
TWO_PHASES = ListedColormap(["#eef1f4", "#1f6f8b"])

matplotlib.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": 9.5, "axes.titlesize": 10, "axes.labelsize": 9.5,
    "axes.edgecolor": INK, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "axes.grid": True, "grid.color": "#e3e7ec",
    "grid.linewidth": 0.7, "axes.axisbelow": True, "lines.linewidth": 1.6, "legend.frameon": False, "legend.fontsize": 8.5,
    "axes.prop_cycle": matplotlib.cycler(color=LINES), "figure.dpi": 100, "savefig.dpi": 170,
    "figure.constrained_layout.use": True, "image.interpolation": "nearest", "mathtext.fontset": "dejavusans",
    "svg.hashsalt": "vitromech",
})


def curves(columns=1, width=None, height=3.1):
    """Axes for curves, side by side."""
    figure, axes = plt.subplots(1, columns, figsize=(width or (5.6 if columns == 1 else 4.3 * columns), height), squeeze=False)
    return figure, axes[0]


def grid(rows, columns, width, height):
    """Axes [rows][columns]."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False)


def panels(count, columns, size=2.75):
    """Axes for maps; unused ones are removed."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(size * 1.22 * columns, size * 1.08 * rows), squeeze=False)
    for axis in axes.flat[count:]:
        axis.remove()
    return figure, list(axes.flat[:count])


def nice(length):
    """1, 2 or 5 times a power of ten, at most `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step for step in (power, 2 * power, 5 * power) if step <= length * (1 + 1e-9))


def scale_bar(axis, extent, unit, colour="white"):
    """A bar of about a quarter of the width, in the lower left corner."""
    left, right, bottom, top = extent
    width, height = abs(right - left), abs(top - bottom)
    length = nice(0.3 * width)
    x, y = min(left, right) + 0.06 * width, min(bottom, top) + 0.07 * height
    outline = "black" if colour == "white" else "white"
    axis.plot([x, x + length], [y, y], color=outline, linewidth=4.4, solid_capstyle="butt", alpha=0.55)
    axis.plot([x, x + length], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
    label = axis.text(x + length / 2, y + 0.025 * height, f"{length:g} {unit}", color=colour, ha="center", va="bottom",
                      fontsize=8.5, fontweight="bold")
    label.set_path_effects([matplotlib.patheffects.withStroke(linewidth=2, foreground=outline, alpha=0.55)])


def image(axis, data, extent, unit, title="", colour_map=MAP, limits=None, bar=True, bar_label="", bar_colour="white"):
    """A map whose first index runs to the right and second upwards; `extent` in `unit`, None: pixels."""
    data = numpy.asarray(data, dtype=float)
    known = extent is not None
    extent = extent if known else (0, data.shape[0], 0, data.shape[1])
    low, high = limits if limits else (numpy.nanmin(data), numpy.nanmax(data))
    shown = axis.imshow(data.T, origin="lower", extent=extent, cmap=colour_map, vmin=low, vmax=high, aspect="equal")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.set_title(title)
    scale_bar(axis, extent, unit if known else "px", bar_colour)
    axis.set_xlim(extent[:2])
    axis.set_ylim(extent[2:])
    if bar:
        colour_bar = axis.figure.colorbar(shown, ax=axis, fraction=0.046, pad=0.02, label=bar_label)
        colour_bar.outline.set_visible(False)
        colour_bar.ax.grid(False)
        colour_bar.ax.ticklabel_format(scilimits=(-2, 3), useMathText=True)
    return shown


def data_uri(figure):
    """PNG of a figure as a data URI, and its width on the page in px; closes it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    width = round(PIXELS_PER_INCH * figure.get_figwidth())
    plt.close(figure)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii"), width
