"""What a drawing function returns: a picture, its caption and the numbers in it."""
from dataclasses import dataclass, field


@dataclass
class Figure:
    name: str                 # of the CSV
    title: str
    caption: str
    picture: object           # matplotlib figure
    columns: dict = field(default_factory=dict)  # heading with unit -> 1-D array; shorter ones are padded


def map_columns(named_maps, extent, unit):
    """Columns of maps of one shape, with the coordinates of their pixels ('px' if extent is None)."""
    import numpy

    shape = next(iter(named_maps.values())).shape
    left, right, bottom, top = extent if extent else (0, shape[0], 0, shape[1])
    step = ((right - left) / shape[0], (top - bottom) / shape[1])
    x, y = numpy.meshgrid(left + step[0] * (0.5 + numpy.arange(shape[0])), bottom + step[1] * (0.5 + numpy.arange(shape[1])),
                          indexing="ij")
    unit = unit if extent else "px"
    return {f"x [{unit}]": x.ravel(), f"y [{unit}]": y.ravel(), **{name: numpy.ravel(m) for name, m in named_maps.items()}}
