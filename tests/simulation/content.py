"""Events whose content makes Dreamdata fail or refuse."""

REFUSING = ("400", "422", "403", "406", "409", "414", "431", "451")
FAILING = ("500", "503", "timeout", "reset", "302", "404", "405", "415")
# Answers that say when to come back, or that are of the hour: the event waits to its end, and its neighbours do not.
ASKING = ("429", "503 later")
FIREWALLED = ("403", "403", "406")
KINDS = (*REFUSING, *FAILING)
