"""The look that all figures share."""

from __future__ import annotations

from typing import Any

_WIDTH, _HEIGHT = 7.0, 3.1


def plain() -> Any:
    """Return the look that the figures share."""
    import plotnine as p9

    return p9.theme_minimal(base_size=9) + p9.theme(
        figure_size=(_WIDTH, _HEIGHT),
        panel_grid_minor=p9.element_blank(),
        panel_grid_major=p9.element_line(color="#e3e3e3", size=0.4),
        axis_line=p9.element_line(color="#555555", size=0.5),
        legend_title=p9.element_text(size=8),
        plot_margin=0.01,
    )
