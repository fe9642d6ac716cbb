"""`relay plan`: check, try, infer, import and compare tracking plans, without a stack."""
