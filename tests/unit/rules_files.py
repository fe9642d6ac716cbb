"""Files of rules, good and bad, for whatever reads them."""

import textwrap
from typing import NamedTuple


def of_rules(*rules: str) -> str:
    """A file with these rules, one a line from line 3 on, called a, b, c."""
    lines = (f"  - {{name: {name}, {rule}}}\n" for name, rule in zip("abcdefgh", rules, strict=False))
    return "version: 1\nrules:\n" + "".join(lines)


class Bad(NamedTuple):
    """A file that is refused: with these ``problems`` (line, column, a part of the reason)."""

    text: str
    problems: tuple[tuple[int, int, str], ...]
    # What a schema cannot see.
    beyond_schema: bool = False


def of_rule(*lines: str) -> str:
    """A file whose only rule has these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"version: 1\nrules:\n  - name: a\n{body}"


def of_action(action: str) -> str:
    """A file whose only rule has this one action."""
    return of_rule("do:", f"  - {action}")


EXAMPLE = textwrap.dedent(
    """\
    # yaml-language-server: $schema=./rules.schema.json
    version: 1
    rules:
      - name: no-ips
        match:
          type: [track, page]
          event: "Order *"
          key: [shop]
          source: [http, queue, sns, eventbridge]
        require_consent: {category: marketing, at: context.consent.categoryPreferences, otherwise: company_level}
        do:
          - drop: context.ip
          - allow_only: {at: traits, members: [email, hashedEmail, company]}
          - pseudonymise: [userId, properties.phone]
          - pseudonymise_email: traits.email
          - hash: traits.hashedEmail
          - truncate_ip: properties.address
          - strip_query: {at: context.page.url, keep: ["utm_*"]}
          - mask: {at: properties.card, keep_last: 4}
          - truncate: {at: properties.comment, characters: 100}
          - set: {at: properties.brand, to: "x"}
      - name: tests
        match: {event: "Test *"}
        do:
          - drop_event: true
    """
)

GOOD = (
    "version: 1\nrules: []\n",
    "\ufeffversion: 1\nrules: []\n",
    EXAMPLE,
    of_rule("require_consent: {category: marketing, at: context.consent, missing: allow}"),
    of_rule("match: {type: track, source: http, key: a.b_c-1}", "do: [{drop: a.b}]"),
    of_rule("match: {event: '*'}", "do: [{drop_event: true}]"),
    of_rule("match: {event: ['*a*', 'a*', '*a', 'a*b', 'a*b*', a]}", "do: [{drop_event: true}]"),
    of_action("drop: context.ip"),
    of_action(
        "drop: [context.ip, '*.ip', '**.token', 'properties.**.token', 'products[].a', 'a[][]', 'a.*', 'a.**.*[]']"
    ),
    of_action("""drop: 'traits."a.b".c'"""),
    of_action("""drop: 'traits."a [] *"'"""),
    of_action("drop: traits.first name"),
    of_action("drop: traits.Größe"),
    of_action("drop: properties.type"),
    of_action("drop: properties.**.messageId"),
    of_action("drop: '**.address.type'"),
    of_action("drop: '**.type.code'"),
    of_action("drop: typed.x"),
    of_action("""allow_only: {at: a, members: ['"b.*"', b c]}"""),
    of_action("strip_query: [context.page.url, context.page.referrer]"),
    of_action("strip_query: {at: context.page.url}"),
    of_action("mask: traits.card"),
    of_action("set: {at: 'properties.products[].brand', to: null}"),
    of_action("set: {at: properties.a, to: -1.50e3}"),
    of_action("set: {at: properties.a, to: ''}"),
    of_action("set: {at: properties.a, to: 'true'}"),
    of_action("set: {at: properties.a, to: true}"),
)

BAD = (
    Bad("", ((1, 1, "the file is empty"),)),
    Bad("# nothing\n", ((1, 1, "the file is empty"),)),
    Bad("- version: 1\n", ((1, 1, "the file is an object with version, rules, not a list"),)),
    Bad("version: 2\nrules: []\n", ((1, 10, "version is 1"),)),
    Bad("rules: []\n", ((1, 1, "the file has no version"),)),
    Bad("version: 1\n", ((1, 1, "the file has no rules"),)),
    Bad("version: 1\nrules:\n", ((2, 7, "rules is a list, not null"),)),
    Bad("version: 1\nrules: {}\n", ((2, 8, "rules is a list, not an object"),)),
    Bad("version: 1\nruels: []\n", ((1, 1, "no rules"), (2, 1, "did you mean rules?"))),
    Bad("version: 1\nrules: [x]\n", ((2, 9, "a rule is an object"),)),
    Bad("version: 1\nrules: [{do: [{drop: a.b}]}]\n", ((2, 9, "a rule has no name"),)),
    Bad(of_rule(), ((3, 5, "the rule does nothing"),)),
    Bad(of_rule("do: []"), ((4, 9, "do has 0 items"),)),
    Bad(of_rule("do: {drop: a.b}"), ((4, 9, "do is a list, not an object"),)),
    Bad(of_rule("does: [{drop: a.b}]", "do: [{drop: a.b}]"), ((4, 5, "did you mean do?"),)),
    Bad("version: 1\nrules: [{name: A b, do: [{drop: a.b}]}]\n", ((2, 16, "'A b' is no name"),)),
    Bad(
        "version: 1\nrules: [{name: 12, do: [{drop: a.b}]}]\n", ((2, 16, "name is a text, not 12; write it in quotes"),)
    ),
    Bad("version: 1\nrules: [{name: yes, do: [{drop: a.b}]}]\n", ((2, 16, "not every reader of YAML"),)),
    Bad(
        "version: 1\nrules:\n  - {name: a, do: [{drop: a.b}]}\n  - {name: a, do: [{drop: a.b}]}\n",
        ((4, 12, "a is the name of the rule in line 3, too"),),
        beyond_schema=True,
    ),
    Bad(of_rule("match: {}", "do: [{drop: a.b}]"), ((4, 12, "match has no condition"),)),
    Bad(of_rule("match: {type: trak}", "do: [{drop: a.b}]"), ((4, 19, "did you mean track?"),)),
    Bad(of_rule("match: {type: []}", "do: [{drop: a.b}]"), ((4, 19, "type has 0 items"),)),
    Bad(of_rule("match: {event: 5}", "do: [{drop: a.b}]"), ((4, 20, "event is a text, not 5"),)),
    Bad(of_rule("match: {event: '*a*b'}", "do: [{drop: a.b}]"), ((4, 20, "'*a*b' has too many *"),)),
    Bad(of_rule("match: {event: '*a*b*'}", "do: [{drop: a.b}]"), ((4, 20, "has too many *"),)),
    Bad(of_rule("match: {event: " + "a" * 101 + "}", "do: [{drop: a.b}]"), ((4, 20, "longer than 100"),)),
    Bad(of_rule("match: {source: https}", "do: [{drop: a.b}]"), ((4, 21, "did you mean http?"),)),
    Bad(of_rule("match: {key: a b}", "do: [{drop: a.b}]"), ((4, 13, "no relay key's name"),)),
    Bad(
        of_rule("match: {source: sns, key: shop}", "do: [{drop: a.b}]"),
        ((4, 26, "with these sources the rule matches nothing"),),
        beyond_schema=True,
    ),
    Bad(of_rule("require_consent: {at: context.consent}"), ((4, 22, "require_consent has no category"),)),
    Bad(of_rule("require_consent: {category: m}"), ((4, 22, "require_consent has no at"),)),
    Bad(of_rule("require_consent: {category: m, at: 'a.*'}"), ((4, 40, "the path has no wildcard"),)),
    Bad(of_rule("require_consent: {category: m, at: a, otherwise: drop}"), ((4, 54, "did you mean drop_event?"),)),
    Bad(of_rule("require_consent: {category: m, at: a, missing: denied}"), ((4, 52, "did you mean deny?"),)),
    Bad(of_action("drip: a.b"), ((5, 9, "'drip' is no action; did you mean drop?"),)),
    Bad(of_action("drop"), ((5, 9, "an action is one member"),)),
    Bad(of_rule("do:", "  - drop: a.b", "    hash: a.c"), ((5, 9, "begin each with a dash"),)),
    Bad(of_action("drop: []"), ((5, 15, "drop has 0 items"),)),
    Bad(of_action("drop: {at: a.b}"), ((5, 15, "a path is a text, not an object"),)),
    Bad(of_action("drop: ''"), ((5, 15, "a path is empty"),)),
    Bad(of_action("drop: a..b"), ((5, 15, "a name is missing at character 3"),)),
    Bad(of_action("drop: a.b."), ((5, 15, "the path ends with a dot"),)),
    Bad(of_action("drop: .a"), ((5, 15, "a name is missing at character 1"),)),
    Bad(of_action("drop: 'a[0].b'"), ((5, 15, "stands for every item"),)),
    Bad(of_action("drop: '[].b'"), ((5, 15, "[] comes right after the name of a list"),)),
    Bad(of_action("drop: a. b"), ((5, 15, "a blank at character 3"),)),
    Bad(of_action("drop: 'a.b*'"), ((5, 15, "is no name"),)),
    Bad(of_action("""drop: 'a."b'"""), ((5, 15, "the name in quotes"),)),
    Bad(of_action("drop: 'a.**'"), ((5, 15, "** stands for the way to a member"),)),
    Bad(of_action("drop: 'a.**.**.b'"), ((5, 15, "** twice in a row"),)),
    Bad(of_action("drop: 'a.**[].b'"), ((5, 15, "**[] is not read"),)),
    Bad(of_action("drop: '**.a.**.b.**.c'"), ((5, 15, "at most 2 times **"),), beyond_schema=True),
    Bad(of_action("drop: " + ".".join("abcdefghijklmnopqrstu")), ((5, 15, "more than 20 steps"),), beyond_schema=True),
    Bad(of_action("drop: " + "a" * 1001), ((5, 15, "longer than 1000 characters"),)),
    Bad(of_action("""drop: 'a."b\\\\c"'"""), ((5, 15, "holds a backslash or a control character"),)),
    Bad(of_action("""drop: "a.\\"b\\x01\\"" """), ((5, 15, "holds a backslash or a control character"),)),
    Bad(of_action("""drop: "a.\\ud800" """), ((5, 15, "half a surrogate pair"),), beyond_schema=True),
    Bad(of_action("allow_only: {at: a, members: 'b\"'}"), ((5, 38, "cannot be named"),)),
    Bad(of_action("allow_only: {at: a, members: [b.c]}"), ((5, 39, "members are no paths"),)),
    Bad(of_action("allow_only: {at: a, members: 'b*'}"), ((5, 38, "members are no paths"),)),
    Bad(of_action("drop: type"), ((5, 15, "type is the relay's own"),)),
    Bad(of_action("hash: messageId"), ((5, 15, "messageId is the relay's own"),)),
    Bad(of_action("""drop: '"timestamp"'"""), ((5, 15, "timestamp is the relay's own"),)),
    Bad(of_action("drop: '*'"), ((5, 15, "it reaches the event's own type, messageId, timestamp"),)),
    Bad(of_action("drop: '**.type'"), ((5, 15, "it reaches the event's own type"),)),
    Bad(of_action("drop: '**.*'"), ((5, 15, "it reaches the event's own"),)),
    Bad(of_action("allow_only: traits"), ((5, 21, "allow_only is an object with at, members"),)),
    Bad(of_action("allow_only: {at: traits}"), ((5, 21, "allow_only has no members"),)),
    Bad(of_action("allow_only: {at: traits, members: []}"), ((5, 43, "members has 0 items"),)),
    Bad(of_action("strip_query: {at: a.url, keep: 'a=b'}"), ((5, 40, "is no name of a parameter"),)),
    Bad(of_action("strip_query: {at: a.url, keep: 'a*b*c'}"), ((5, 40, "has too many *"),)),
    Bad(of_action("strip_query: {keep: 'a'}"), ((5, 22, "strip_query has no at"),)),
    Bad(of_action("mask: {at: a.b, keep_last: 11}"), ((5, 36, "a whole number from 0 to 10, not 11"),)),
    Bad(of_action("mask: {at: a.b, keep_last: '4'}"), ((5, 36, "a whole number from 0 to 10, not '4'"),)),
    Bad(of_action("mask: {at: a.b, keep: 4}"), ((5, 25, "did you mean keep_last?"),)),
    Bad(of_action("truncate: {at: a.b}"), ((5, 19, "truncate has no characters"),)),
    Bad(of_action("truncate: {at: a.b, characters: 0}"), ((5, 41, "a whole number from 1"),)),
    Bad(of_action("truncate: {at: a.b, characters: true}"), ((5, 41, "a whole number from 1"),)),
    Bad(of_action("set: {at: a.b}"), ((5, 14, "set has no to"),)),
    Bad(of_action("set: {at: 'a.**.b', to: 1}"), ((5, 19, "set takes no **"),)),
    Bad(of_action("set: {at: 'a.*', to: 1}"), ((5, 19, "set takes no **"),)),
    Bad(of_action("set: {at: traits, to: 1}"), ((5, 19, "traits is an object"),)),
    Bad(of_action("set: {at: a.b, to: [1]}"), ((5, 28, "to is a text, a number, true, false or null"),)),
    Bad(of_action("set: {at: a.b, to: 0x1f}"), ((5, 28, "write it in quotes"),), beyond_schema=True),
    Bad(of_action("set: {at: a.b, to: yes}"), ((5, 28, "write it in quotes"),), beyond_schema=True),
    Bad(of_action("set: {at: type, to: page}"), ((5, 19, "type is the relay's own"),)),
    Bad(of_action("drop_event: false"), ((5, 21, "drop_event is true"),)),
    Bad(of_rule("do:", "  - drop_event: true", "  - drop: a.b"), ((4, 5, "nothing else in this rule is ever done"),)),
    Bad(
        of_rule("require_consent: {category: m, at: a}", "do:", "  - drop_event: true"),
        ((5, 5, "nothing else in this rule is ever done"),),
    ),
)
