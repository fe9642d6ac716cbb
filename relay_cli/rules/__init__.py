"""relay rules: checks, tries, tests and packs privacy rules; none of it needs a stack."""
