"""The benchmarks' own claims: what is compared is comparable, what is measured is told as it is."""
