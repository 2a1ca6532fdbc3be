"""Training: recipes, data, optimisers, the loop, exact resume.

Knows `datalect.lm` and, for tables, `datalect.data`; nothing above them. `datalect.training.config` and
`datalect.training.presets` import no torch.
"""
