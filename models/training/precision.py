"""Numeric precision of training: bfloat16 where the machine is really faster with it, float32 elsewhere."""

from __future__ import annotations

import torch


def counts_in_half(device: torch.device) -> bool:
    """Whether bfloat16 is worthwhile on `device`.

    A processor with neither AVX-512 BF16 nor AMX emulates it: measured on AVX2, six to eight times slower than float32.
    """
    if device.type != "cpu":
        return True
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 - no public question


def mixed(device: torch.device) -> torch.autocast:
    """The context in which a network's forward pass runs in bfloat16 where that is faster, in float32 elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=counts_in_half(device))
