"""Reads vitromech files: history, fields, statistics and comparisons. Needs h5py only; xarray where it is asked for.

    import vitromech
    run = vitromech.open("out/demo/result.h5")
    run.history["stress"][:, 5]                     # GPa, component xy
    run.fields(run.steps[-1])["plastic_strain"]     # [nx, ny, nz, 6]
    run.statistics["clusters"]["volume_fraction"]
    run.history.array("stress").sel(component="xy")  # xarray, with units
"""
import h5py
import numpy

COMPONENTS = ("xx", "yy", "zz", "yz", "xz", "xy")


def text(value):
    """An HDF5 string of any kind as str."""
    if isinstance(value, numpy.ndarray):
        value = value.reshape(-1)[0] if value.size else ""
    return value.decode("utf-8", "replace").rstrip("\0") if isinstance(value, bytes) else str(value)


class Group:
    """Datasets of one group, read when asked for; `units` and `attrs` beside them."""

    def __init__(self, group):
        self._group = group
        self.name = group.name.rsplit("/", 1)[-1]
        self.attrs = {key: text(v) if isinstance(v, (bytes, str, numpy.bytes_)) else v for key, v in group.attrs.items()}

    def __contains__(self, name):
        return name in self._group

    def __iter__(self):
        return iter(self._group)

    def __getitem__(self, name):
        item = self._group[name]
        if isinstance(item, h5py.Group):
            return Group(item)
        value = item[()]
        if item.dtype.kind == "S":
            return text(value) if item.shape == () else [text(v) for v in value]
        return value

    def get(self, name, default=None):
        return self[name] if name in self else default

    def attribute(self, name, key, default=""):
        """Attribute `key` (unit, long_name, axes, definition) of a dataset."""
        return text(self._group[name].attrs[key]) if name in self and key in self._group[name].attrs else default


    def array(self, name):
        """A dataset as xarray.DataArray: axes by name, with coordinates where the group holds them; attributes units and long_name."""
        import xarray

        def variable(name, axes):
            attrs = {"units": self.attribute(name, "unit"), "long_name": self.attribute(name, "long_name")}
            return xarray.Variable(axes, self[name], attrs)

        found = variable(name, self.attribute(name, "axes").split(","))
        coords = {axis: variable(axis, (axis,)) for axis in found.dims if axis in self and axis != name}
        if "row" in found.dims and "time" in self and name != "time":
            coords["time"] = variable("time", ("row",))
        if found.sizes.get("component") == len(COMPONENTS):
            coords["component"] = list(COMPONENTS)
        return xarray.DataArray(found, coords, name=name)


class File:
    """A result, analysis or cube file."""

    def __init__(self, path):
        self.path = path
        self.h5 = h5py.File(path, "r")

    def group(self, path):
        return Group(self.h5[path]) if path in self.h5 else None

    @property
    def history(self):
        """/history: one row per output."""
        return self.group("history")

    @property
    def steps(self):
        """Names of the written steps, in order."""
        return sorted(self.h5["fields"]) if "fields" in self.h5 else []

    def fields(self, step):
        """Fields of a step, [nx, ny, nz] or [nx, ny, nz, components]."""
        return Group(self.h5["fields"][step])

    @property
    def statistics(self):
        """Name -> Group of every statistic."""
        return {name: Group(group) for name, group in self.h5["statistics"].items()} if "statistics" in self.h5 else {}

    @property
    def comparisons(self):
        return {name: Group(group) for name, group in self.h5["comparison"].items()} if "comparison" in self.h5 else {}

    @property
    def conditions(self):
        group = self.group("conditions")
        return group.attrs if group else {}


def open(path):
    return File(path)
