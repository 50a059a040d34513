"""Pictures of 3D data that turn and slide in the browser without a kernel: plotly, with a still beside."""

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import env
from . import figures, volumes, voxels
from .voxels import AXES, Case, others

if TYPE_CHECKING:
    import plotly.graph_objects as go

PLOTLY_MIME = "application/vnd.plotly.v1+json"
MAX_EDGE = 32  # voxels an edge a volume rendering is thinned to: 64 would take browsers without a GPU minutes
MAX_TRIANGLES = 40_000
SHELLS = 12  # nested surfaces of a volume rendering
FRAME_MS = 120
DARK, PALE = "#14161a", "#e6e6e6"
BIG = {"size": 16, "color": figures.INK}
HOLD = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}


@dataclass(frozen=True, eq=False)
class Scene:
    """Hold a plotly figure, a still of it for where scripts don't run, and the text of both.

    JupyterLab, Notebook and VS Code draw `figure`; a place that can't shows `still`; the course's pages keep
    the figure alive without a kernel or network.
    """

    figure: "go.Figure"
    still: figures.Plate
    alt: str

    def __repr__(self) -> str:
        """Return the alt text: what the figure shows is what it is."""
        return self.alt

    def json(self) -> str:
        """Return the figure as plotly's JSON, as it is stored in a notebook."""
        return self.figure.to_json()

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {
            PLOTLY_MIME: json.loads(self.json()),
            "image/png": base64.b64encode(self.still.png()).decode(),
            "text/plain": self.alt,
        }
        if env.in_colab():  # it has no renderer for plotly's JSON
            data["text/html"] = self.figure.to_html(include_plotlyjs="cdn", full_html=False)
        return data, {"image/png": {"alt": self.alt}}


def show_surface(case: Case, *, level: float = 127.5) -> Scene:
    """Show the surface where a volume crosses a grey value; drag to turn it.

    Args:
        case: what to show; a mask's surface is its shape.
        level: the grey value of the surface, see `voxels.mesh`.

    Returns:
        The scene; large surfaces are cut from every second or third voxel.
    """
    import plotly.graph_objects as go

    step = 1
    vertices, faces = voxels.mesh(case.volume, level)
    while len(faces) > MAX_TRIANGLES and step < min(case.volume.shape) // 4:
        step += 1
        vertices, faces = voxels.mesh(case.volume, level, step=step)
    d, h, w = vertices.T
    i, j, k = faces.T
    small = np.uint16 if len(vertices) < 2**16 else np.int32
    trace = go.Mesh3d(
        x=w, y=h, z=d, i=i.astype(small), j=j.astype(small), k=k.astype(small), color=figures.COLOURS[5],
        flatshading=True, lighting={"ambient": 0.45, "diffuse": 0.8, "specular": 0.15},
        lightposition={"x": -200, "y": -400, "z": -300},
        hovertemplate="D %{z:.0f}, H %{y:.0f}, W %{x:.0f}<extra></extra>",
    )  # fmt: skip
    what = f"Surface of {case.name} at grey value {level:g}, {len(faces):,} triangles"
    if step > 1:
        what += f", cut from every {step}. voxel"
    return _scene([trace], case, what, volumes.show_surface(case, level=level), "white", figures.INK)


def show_volume(case: Case, *, low: float | None = None, opacity: float = 0.12) -> Scene:
    """Show a grey volume as coloured fog: dark values are clear, bright ones dense; drag to turn it.

    Args:
        case: what to show.
        low: grey values up to this one are clear; by default the median, so that half of the volume is.
        opacity: how dense the brightest values are, 0 to 1.

    Returns:
        The scene; edges beyond 32 voxels are thinned by taking every second, third ... voxel.
    """
    import plotly.graph_objects as go

    step = -(-max(case.volume.shape) // MAX_EDGE)
    thin = case.volume[::step, ::step, ::step]
    low = float(np.median(thin)) if low is None else low
    d, h, w = (axis.ravel().astype(np.uint8) * step for axis in np.indices(thin.shape))
    trace = go.Volume(
        x=w, y=h, z=d, value=thin.ravel(), isomin=min(low + 1, 254), isomax=max(float(thin.max()), low + 2),
        opacity=opacity, opacityscale=[[0, 0.1], [0.5, 0.5], [1, 1]], surface_count=SHELLS, colorscale="gray",
        caps={axis: {"show": False} for axis in "xyz"},
        colorbar={"title": "grey value", "tickfont": {"color": PALE}},
        hovertemplate="D %{z}, H %{y}, W %{x}: %{value}<extra></extra>",
    )  # fmt: skip
    what = f"Volume rendering of {case.name}, grey values up to {low:.0f} clear"
    if step > 1:
        what += f", every {step}. voxel"
    return _scene([trace], case, what, volumes.show_projections(case), DARK, PALE)


def show_solid(case: Case) -> Scene:
    """Show a case as a body to turn: a mask as a surface, a grey volume as fog."""
    return show_surface(case) if case.mask else show_volume(case)


def show_planes(case: Case) -> Scene:
    """Show three planes with a slider for each: moving one moves its cross-hair line in the other two.

    Every position is a frame inside the figure, so the sliders work in a saved page. They start at the case's
    middle.
    """
    import plotly.graph_objects as go

    at, shape = case.middle, case.volume.shape
    stored, white = _store(case.volume)
    heatmaps = [_heatmap(go, plane, axis, white) for axis, plane in enumerate(voxels.cut(stored, at))]
    lines = [
        _line(go, case, axis, at[axis], panel) for axis in range(3) for panel in range(3) if panel != axis
    ]
    frames, sliders = [], []
    for axis, (name, n) in enumerate(zip(AXES, shape, strict=True)):
        own = [axis, 3 + 2 * axis, 4 + 2 * axis]  # the plane, and its line in the two other panels
        for i in range(n):
            place = tuple(i if a == axis else at[a] for a in range(3))
            moved = [_line(go, case, axis, i, panel) for panel in range(3) if panel != axis]
            update = [
                go.Heatmap(z=voxels.cut(stored, place)[axis]),
                *({"x": m.x, "y": m.y} for m in moved),
            ]
            frames.append({"name": f"{name}{i}", "data": update, "traces": own})
        steps = [{"method": "animate", "label": str(i), "args": [[f"{name}{i}"], HOLD]} for i in range(n)]
        sliders.append(
            {"active": at[axis], "steps": steps, "x": 0.36 * axis, "len": 0.28, "y": -0.16, "pad": {"t": 30},
             "ticklen": 0, "minorticklen": 0, "font": {"color": "white", "size": 1},
             "currentvalue": {"prefix": f"{name} = ", "font": BIG}}
        )  # fmt: skip
    figure = go.Figure([*heatmaps, *lines], frames=frames)
    for axis in range(3):
        down, right = others(axis)
        x, y = _axis("x", axis), _axis("y", axis)
        left = 0.36 * axis
        figure.update_layout({
            f"xaxis{x[1:]}": {"domain": [left, left + 0.28], "title": f"{AXES[right]} (voxel)", "anchor": y,
                              "constrain": "domain", "range": [-0.5, shape[right] - 0.5], "showgrid": False},
            f"yaxis{y[1:]}": {"title": f"{AXES[down]} (voxel)", "anchor": x, "scaleanchor": x,
                              "showgrid": False, "constrain": "domain", "range": [shape[down] - 0.5, -0.5]},
        })  # fmt: skip
    what = f"Three planes of {case.name} with a slider for each of the axes D, H and W"
    figure.update_layout(sliders=sliders, height=480, showlegend=False)
    return _finish(figure, case, what, volumes.show_planes(case))


def show_flight(case: Case, *, axis: int = 0) -> Scene:
    """Fly through a volume slice by slice: a play button, a pause button and a slider, no kernel, no video.

    Args:
        case: what to show.
        axis: the axis to fly along: 0, 1 or 2.
    """
    import plotly.graph_objects as go

    n, name, at = case.volume.shape[axis], AXES[axis], case.middle[axis]
    stored, white = _store(case.volume)
    slices = np.moveaxis(stored, axis, 0)
    frames = [{"name": str(i), "data": [go.Heatmap(z=slices[i])], "traces": [0]} for i in range(n)]
    down, right = others(axis)
    play = {
        "frame": {"duration": FRAME_MS, "redraw": True},
        "transition": {"duration": 0},
        "fromcurrent": True,
    }
    buttons = [
        {"label": "Play", "method": "animate", "args": [None, play]},
        {"label": "Pause", "method": "animate", "args": [[None], HOLD]},
    ]
    steps = [{"method": "animate", "label": str(i), "args": [[str(i)], HOLD]} for i in range(n)]
    figure = go.Figure([_heatmap(go, slices[at], 0, white)], frames=frames)
    figure.update_layout(
        xaxis={"title": f"{AXES[right]} (voxel)", "showgrid": False, "constrain": "domain"},
        yaxis={"title": f"{AXES[down]} (voxel)", "showgrid": False, "autorange": "reversed",
               "scaleanchor": "x", "constrain": "domain"},
        updatemenus=[{"type": "buttons", "direction": "left", "buttons": buttons, "x": 0, "y": -0.22,
                      "xanchor": "left", "yanchor": "top", "showactive": False}],
        sliders=[{"active": at, "steps": steps, "x": 0.28, "len": 0.72, "y": -0.12, "ticklen": 0,
                  "minorticklen": 0, "font": {"color": "white", "size": 1},
                  "currentvalue": {"prefix": f"slice {name} = ", "font": BIG}}],
        height=520,
    )  # fmt: skip
    what = f"Flight through the {n} slices of {case.name} along axis {axis} ({name})"
    return _finish(figure, case, what, volumes.show_slices(case, axis=axis))


def _scene(traces, case, what, still, paper, ink) -> Scene:
    import plotly.graph_objects as go

    figure = go.Figure(traces)
    look = {"backgroundcolor": paper, "gridcolor": "#8a8a8a", "color": ink}
    sides = zip("xyz", reversed(AXES), reversed(case.volume.shape), strict=True)
    axes = {f"{x}axis": {"title": f"{name} (voxel)", "range": [-1, n], **look} for x, name, n in sides}
    # Seen as slices are: slice D = 0 in front, H down, W to the right; turned a little so that depth shows.
    camera = {
        "up": {"x": 0, "y": -1, "z": 0}, "eye": {"x": -0.95, "y": -0.75, "z": -1.85},
        "center": {"x": 0, "y": 0.1, "z": 0},
    }  # fmt: skip
    figure.update_layout(scene={**axes, "camera": camera, "aspectmode": "data", "bgcolor": paper}, height=560)
    scene = _finish(figure, case, f"{what}; drag to turn", still, paper, ink)
    figure.update_layout(margin={"l": 0, "r": 0, "b": 0})
    return scene


def _finish(figure, case, what, still, paper="white", ink=figures.INK) -> Scene:
    alt = " ".join(filter(None, [f"{what}. {voxels.describe(case)}", volumes.ORIENTATION, case.banner]))
    text = _wrap(what, case.banner)
    title = {"text": text, "font": {"size": 15}, "x": 0.01, "xanchor": "left", "yanchor": "top"}
    title |= {"yref": "container", "y": 1, "pad": {"t": 12}}
    figure.update_layout(
        template="none", title=title, meta={"alt": alt}, paper_bgcolor=paper, plot_bgcolor=paper,
        font={"color": ink, "size": 14},
        margin={"l": 60, "r": 20, "t": 60 + 20 * text.count("<br>"), "b": 60},
    )  # fmt: skip
    return Scene(figure, still, alt)


def _wrap(what, banner) -> str:
    import textwrap

    lines = textwrap.wrap(what, 90)
    lines += [
        f'<span style="font-size:12px">{line}</span>' for line in textwrap.wrap(volumes.ORIENTATION, 105)
    ]
    if banner:
        lines += [f"<b>{line}</b>" for line in textwrap.wrap(banner, 90)]
    return "<br>".join(lines)


def _axis(letter, panel) -> str:
    return letter + ("" if panel == 0 else str(panel + 1))


def _store(volume) -> tuple[np.ndarray, int]:
    """Return what is stored of a volume, and its white: of a mask 0 and 1, since 255s make long escapes."""
    return ((volume > 0).astype(np.uint8), 1) if np.isin(volume, (0, 255)).all() else (volume, 255)


def _heatmap(go, picture, panel, white):
    return go.Heatmap(
        z=picture, zmin=0, zmax=white, colorscale="gray", showscale=False, zsmooth=False,
        xaxis=_axis("x", panel), yaxis=_axis("y", panel),
        hovertemplate="column %{x}, row %{y}: %{z}<extra></extra>",
    )  # fmt: skip


def _line(go, case, axis, i, panel):
    """Return the line where the plane `axis = i` cuts the panel's plane."""
    down, right = others(panel)
    ends = [-0.5, case.volume.shape[right if axis == down else down] - 0.5]
    x, y = (ends, [i, i]) if axis == down else ([i, i], ends)
    return go.Scatter(
        x=x, y=y, mode="lines", hoverinfo="skip", xaxis=_axis("x", panel), yaxis=_axis("y", panel),
        line={"color": volumes.CROSS[axis], "width": 2, "dash": "dash" if axis == down else "dashdot"},
    )  # fmt: skip
