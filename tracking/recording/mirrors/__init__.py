"""Other trackers that may be kept beside the local store; one that fails harms nothing."""

from __future__ import annotations

from tracking.recording.mirrors.base import Mirror, MirrorStart
from tracking.recording.mirrors.mirror_set import LOCAL, MIRRORS, MirrorSet

__all__ = ["LOCAL", "MIRRORS", "Mirror", "MirrorSet", "MirrorStart"]
