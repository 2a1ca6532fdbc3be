"""The things with the largest share of something: "which class had the highest survival rate"."""

from __future__ import annotations

from dataclasses import replace

from datalect.planner.lexical.breakdown import present
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.derived import ratio
from datalect.planner.lexical.draft import Draft, Scene
from datalect.planner.lexical.frame import Group
from datalect.planner.lexical.sequence import is_quantity
from datalect.planner.lexical.tags import tag_group, tag_measure


def top_share(b: Builder) -> Draft | None:
    """Shares by the things that are ranked, the largest or smallest first."""
    rank = b.frame.rank
    if rank is None:
        return None
    probe = Draft()
    wants, groups = list(b.frame.wants), list(b.frame.groups)
    if rank.entity is not None and rank.entity.choices:
        groups = [Group(rank.entity, at=rank.at)]
    elif not groups:
        named = [
            w
            for w in wants
            if w.kind == "col"
            and (c := b.picked(w.ref, probe)) is not None
            and (not is_quantity(c) or c.profile.distinct <= 15)
        ]
        if not named:
            return None
        groups, wants = [Group(named[0].ref, at=named[0].at)], [w for w in wants if w is not named[0]]
    frame = replace(b.frame, rank=None, groups=groups[:1], wants=wants)
    scene = Scene(frame, b.seq, b.scene.graph, b.scene.picks)
    draft = ratio(Builder(scene))
    if draft is None or not draft.plan.get("by"):
        return None
    draft.weight = max(draft.weight, 0.9)
    taken: set[str] = set()
    for group in draft.plan["by"]:
        tag_group(group, b.seq, taken)
    of = tag_measure(draft.plan["get"][0], b.seq, taken)
    draft.plan["sort"] = [{"of": of, "dir": rank.direction}]
    draft.plan["top"] = rank.n
    if rank.skip:
        draft.plan["skip"] = rank.skip
    draft.plan["where"] = [*draft.plan.get("where", []), *present(b, draft.plan["by"])]
    draft.plan["task"] = "extreme" if rank.n == 1 else "rank"
    return draft
