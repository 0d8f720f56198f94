"""Transfers a trained reader's weights into a larger network that at first answers like the smaller one.

Net2Net's idea (Chen, Goodfellow, Shlens 2016, arXiv:1511.05641), but new channels are initialised at random instead of
copied: existing ones ignore them at first, and new layers contribute nothing at first.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from models.training.ocr.network import Layer, PlateReader

State = Mapping[str, Tensor]

_SMALLER = (("mix.", "mix.0."), ("agree.", "agree.0."))
"""Layer names in the first network (420,000 parameters, one layer each) and in this one."""
_NEW = ("mix.1.", "agree.1.")


def grown(state: State, *, seed: int) -> dict[str, Tensor]:
    """`state` of the first, smaller `PlateReader` in this size; any other state unchanged."""
    torch.manual_seed(seed)
    larger = PlateReader()
    for new in (larger.mix[1], larger.agree[1]):
        _silence(new)
    known = {_renamed(name): tensor for name, tensor in state.items()}
    known |= {name.replace("look.", "look_again.", 1): t for name, t in state.items() if name.startswith("look.")}
    weights = larger.state_dict()
    if "look_again.norm1.weight" in state or {n for n in weights if not n.startswith(_NEW)} != known.keys():
        return dict(state)
    return {name: _widened(known[name], new) if name in known else new for name, new in weights.items()}


def _renamed(name: str) -> str:
    return next((new + name.removeprefix(old) for old, new in _SMALLER if name.startswith(old)), name)


@torch.no_grad()
def _silence(layer: nn.Module) -> None:
    """Make a layer pass its input through unchanged."""
    assert isinstance(layer, Layer)
    for last in (layer.attention.out, layer.feed[-1]):
        for parameter in last.parameters():
            parameter.zero_()


def _widened(old: Tensor, new: Tensor) -> Tensor:
    """`new` with `old` embedded: existing outputs depend on existing inputs and on no others."""
    if old.shape == new.shape:
        return old
    wide = new.clone()
    if old.ndim < 2:
        wide[: len(old)] = old
        return wide
    outputs, inputs = old.shape[:2]
    wide[:outputs] = 0
    # A kernel with twice the reach over twice as many columns: its taps keep their places, with zeros in between.
    step = 2 if new.shape[-1] > old.shape[-1] else 1
    wide[:outputs, :inputs, :, ::step] = old
    return wide
