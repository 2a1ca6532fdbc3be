"""What may give a target column away: columns that hold the answer itself."""

from __future__ import annotations

from collections.abc import Sequence

from datalect.answer.labels import column_words
from datalect.report.finding import Context, Finding

_STRONG = 0.97  # effect from which a column all but tells the target
_EXACT = ("formula", "dependency", "proportion")
_TELLING = ("formula", "sum", "copy", "copy_text", "one_to_one")


def mine(context: Context, found: Sequence[Finding]) -> list[Finding]:
    """Warnings about columns that follow from the target or determine it.

    Findings of formulas and dependencies that concern the target are moved to its section.

    Args:
        context: with the target named.
        found: what the other miners found.
    """
    if not context.target:
        return []
    told: dict[str, Finding] = {}
    for finding in found:
        if context.target not in finding.columns:
            continue
        exact = finding.form in _TELLING or (
            finding.form == "dependency" and finding.columns[1] == context.target
        )
        if finding.type in _EXACT:
            finding.section, finding.target = "target", True
        if not exact and not _all_but_tells(finding):
            continue
        for name in finding.columns:
            if name != context.target and name not in told and len(finding.columns) <= 4:
                told[name] = finding
    return [_leak(context, name, finding) for name, finding in told.items()]


def _all_but_tells(finding: Finding) -> bool:
    if finding.effect is None or finding.effect_name not in ("spearman", "eta_squared", "cramers_v"):
        return False
    size = abs(finding.effect) ** (0.5 if finding.effect_name == "eta_squared" else 1.0)
    return finding.type != "missingness" and size >= _STRONG


def _leak(context: Context, name: str, finding: Finding) -> Finding:
    return Finding(
        form="leak",
        type="leak",
        columns=(name, context.target),
        section="target",
        severity="warning",
        names={
            "column": column_words(context.column(name)),
            "target": column_words(context.column(context.target)),
        },
        n=finding.n,
        effect=finding.effect,
        effect_name=finding.effect_name,
        place=finding.place,
        test=finding.test,
        result=finding.result,
        sql=finding.sql,
        impact=0.8,
        surprise=0.85,
        cluster=f"leak:{name}",
        target=True,
    )
