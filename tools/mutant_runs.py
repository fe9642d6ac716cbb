"""A plugin of pytest that tries mutants: it collects the tests once, and forks a process for each mutant.

The process puts the mutant's code into the function and runs the tests that reach the changed lines until one fails.
What tests reach is recorded by a first run of them all, file by file. No file is changed.
"""

import gc
import hashlib
import importlib
import itertools
import json
import math
import os
import re
import time
from collections import Counter, defaultdict

import pytest
from hypothesis import Phase, settings

from tools.mutant_code import functions_below, swapped
from tools.mutant_processes import Lines, forked
from tools.mutants import KEPT, PACKAGE, ROOT, Work, source_of

# Beyond its tests' own time, and so many times that.
_CPU_S, _CPU_TIMES = 2, 5
# Others may have the processor.
_WALL_S, _WALL_TIMES = 60.0, 30.0
_NO_TIME_S = 0.003
NOTICED, SURVIVED, ENDLESS, UNREACHED, BROKEN = "noticed", "survived", "endless", "unreached", "broken"

# A failed example is enough; it need be neither small nor kept, and each run tries the same.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None, derandomize=True)
settings.load_profile("mutants")


def pytest_configure(config):
    """Only beside the work that `tools.mutants` has written."""
    config.pluginmanager.register(Runs(Work.read()))


class Runs:
    """Stands in for pytest's loop over the tests."""

    def __init__(self, work):
        self.work = work
        self.items = []
        self.texts = {}
        self.failed = False
        self.killers = defaultdict(list)
        self.sound = {}

    def pytest_runtest_logreport(self, report):
        """Remember that some part of a test failed."""
        self.failed = self.failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Try each mutant of the work and write down what became of it."""
        os.chdir(ROOT)
        self.items = session.items
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()
        reached = self._reached(items)
        # Some are imported only when they are needed.
        for module in self.work.mutants:
            importlib.import_module(f"dreamdata_relay.{module}")
        functions = functions_below(PACKAGE)
        for module, mutants in self.work.mutants.items():
            with (KEPT / f"{module}.jsonl").open("a") as results:
                for mutant in mutants:
                    tests = self._tests(module, mutant, reached)
                    outcome = self._tried(module, mutant, [items[name] for name in tests], reached, functions)
                    results.write(json.dumps({**mutant, **outcome, "tests": self.work.tests}) + "\n")
                    results.flush()
        return True

    def _reached(self, items):
        """Of each test its time and the lines it runs; kept for as long as neither its file nor the package changes."""
        by_file = defaultdict(list)
        for name, item in items.items():
            by_file[item.path].append(name)
        reached = {}
        for path, names in by_file.items():
            digest = hashlib.sha256((self.work.package + path.read_text()).encode()).hexdigest()[:16]
            kept = KEPT / "reached" / f"{path.parent.name}.{path.stem}.json"
            told = json.loads(kept.read_text()) if kept.exists() else {}
            if told.get("digest") != digest:
                kept.parent.mkdir(parents=True, exist_ok=True)
                forked(
                    lambda names=names, kept=kept, digest=digest: self._record(items, names, kept, digest), 600, 3000
                )
                told = json.loads(kept.read_text())
            reached.update(told["reached"])
        return reached

    def _record(self, items, names, kept, digest):
        lines = Lines()
        reached = {}
        for name, following in itertools.pairwise([*names, None]):
            lines.begin()
            started, self.failed = time.process_time(), False
            items[name].ihook.pytest_runtest_protocol(item=items[name], nextitem=items.get(following))
            # One that fails without any mutant tells nothing.
            if not self.failed:
                found = {module: sorted(numbers) for module, numbers in lines.found.items()}
                reached[name] = {"seconds": round(time.process_time() - started, 4), "lines": found}
        kept.write_text(json.dumps({"digest": digest, "reached": reached}))
        return 0

    def _tests(self, module, mutant, reached):
        """Those that run the changed lines, until they take too long together.

        First what noticed others of the function, then the files that import the module: all that take no time, as the
        cases of a table; of each other test one case, the quickest, before a second one.
        """
        first, last = mutant["lines"]
        wanted = set(range(first, last + 1))
        covering = [name for name, told in reached.items() if not wanted.isdisjoint(told["lines"].get(module, ()))]
        cases = Counter()
        order = {}
        for name in sorted(covering, key=lambda name: reached[name]["seconds"]):
            test = name.partition("[")[0]
            took = reached[name]["seconds"]
            order[name] = (not self._imports(name, module), took > _NO_TIME_S, cases[test], took)
            cases[test] += 1
        covering.sort(key=order.__getitem__)
        known = [name for name in reversed(self.killers[module, mutant["function"]]) if name in order]
        seconds, chosen = 0.0, []
        for name in dict.fromkeys(known + covering):
            seconds += reached[name]["seconds"] + 0.001
            if seconds > self.work.seconds and chosen:
                break
            chosen.append(name)
        mutant["left_out"] = len(covering) - len(chosen)
        return chosen

    def _imports(self, name, module):
        """Whether the file of the test named ``name`` imports ``module``, or is called after it."""
        path = name.partition("::")[0]
        if module.rpartition(".")[2] in path:
            return True
        if path not in self.texts:
            self.texts[path] = (ROOT / path).read_text()
        room, _, own = f"dreamdata_relay.{module}".rpartition(".")
        return bool(re.search(rf"from {room}(\.{own} import| import [^\n]*\b{own}\b)", self.texts[path]))

    def _tried(self, module, mutant, tests, reached, functions):
        if not tests:
            return {"outcome": UNREACHED}
        path = source_of(module)
        seconds = sum(reached[item.nodeid]["seconds"] for item in tests)
        items = {item.nodeid: item for item in tests}
        read, write = os.pipe()

        def run():
            if not swapped(path, mutant, functions[str(path)]):
                return 3
            # After the last one nothing of the session is torn down: the process ends.
            for item, following in itertools.pairwise([*tests, self._another_than(tests[-1])]):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.failed:
                    os.write(write, item.nodeid.encode())
                    return 1
            return 0

        status = forked(run, _CPU_S + math.ceil(_CPU_TIMES * seconds), _WALL_S + _WALL_TIMES * seconds)
        os.close(write)
        with os.fdopen(read) as told:
            killer = told.read()
        if status == 1 and killer:
            if not self._sound(killer, items):
                others = [item for item in tests if item.nodeid != killer]
                return self._tried(module, mutant, others, reached, functions)
            known = self.killers[module, mutant["function"]]
            if killer in known:
                known.remove(killer)
            known.append(killer)
            return {"outcome": NOTICED, "by": killer}
        # Ended from outside, or by a thread of a test: the mutant has no end.
        return {"outcome": {0: SURVIVED, 2: BROKEN, 3: UNREACHED}.get(status, ENDLESS)}

    def _another_than(self, item):
        return next(other for other in self.items if other.path != item.path)

    def _sound(self, name, items):
        """Whether the test passes in such a process without any mutant: only then is its failure the mutant's."""

        def run():
            items[name].ihook.pytest_runtest_protocol(item=items[name], nextitem=self._another_than(items[name]))
            return int(self.failed)

        if name not in self.sound:
            self.sound[name] = forked(run, 100, 1000.0) == 0
        return self.sound[name]
