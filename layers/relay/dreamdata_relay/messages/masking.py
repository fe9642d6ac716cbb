"""Keys taken out of a text that is kept: a dead letter, or what Dreamdata answered.

The keys that are known are found in each of their spellings (:mod:`dreamdata_relay.messages.spellings`); the value of a
member called ``writeKey`` is taken for a key, too (:mod:`dreamdata_relay.messages.key_members`), and so is what a URL,
XML and the like call so (:mod:`dreamdata_relay.messages.written_keys`). The text may be JSON or anything else; JSON
stays JSON, and no text becomes longer. It all takes time by the text's length.

They are imported at first use: they have much to compile, and nearly no cold start needs them.
"""

from collections.abc import Iterator, Sequence

# Ends whatever an escape, a name or a spelling at the end of a text could go on with.
_BETWEEN = "\n!\n"
_MOST_TOGETHER = 500
_MOST_CHARACTERS_TOGETHER = 65_536


def masked(text: str, secrets: Sequence[str]) -> str:
    """``text`` with each of ``secrets``, and the value of each member called ``writeKey``, replaced by ``***``."""
    from dreamdata_relay.messages.key_members import may_name_key, without_key_members
    from dreamdata_relay.messages.spellings import plainly, shows, without, without_spelled
    from dreamdata_relay.messages.stacked_spellings import without_stacked

    text = without_key_members(text)
    if may_name_key(text):
        from dreamdata_relay.messages.written_keys import without_written

        text = without_written(text)
    words = _words(secrets)
    for word in words:
        text = without(text, word, encoded=word not in secrets)
    if words:
        # Only where a word shows once escapes are undone is it worth looking for each of its spellings.
        plain = plainly(text)
        spelled = [word for word in words if shows(plain, word)]
        for word in spelled:
            text = without_spelled(text, word, encoded=word not in secrets)
        text = without_stacked(text, plainly(text) if spelled else plain, words, spelled)
    return text


def masked_each(texts: Sequence[str], secrets: Sequence[str]) -> list[str]:
    """:func:`masked` of each; a thousand short ones without a key take hardly more time than their length does."""
    done: list[str] = []
    put_off, next_time = 0, 1
    for some in _groups(texts):
        if put_off:
            put_off -= 1
        elif len(some) > 1:
            joined = _BETWEEN.join(some)
            # What holds nothing together holds nothing alone.
            if masked(joined, secrets) == joined:
                done += some
                continue
            # Where one group holds keys the next ones do, as a rule: ever fewer of those are looked through twice.
            put_off, next_time = next_time, 2 * next_time
        done += [masked(text, secrets) for text in some]
    return done


def _groups(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for place, text in enumerate(texts):
        if place - start == _MOST_TOGETHER or (place > start and size + len(text) > _MOST_CHARACTERS_TOGETHER):
            yield texts[start:place]
            start, size = place, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


def masked_start(text: str, secrets: Sequence[str]) -> str:
    """The same of a text that may have been cut: at its end no beginning of a secret is left either."""
    from dreamdata_relay.messages.spellings import MASK, begun_at
    from dreamdata_relay.messages.stacked_spellings import stacked_begun_at

    text = masked(text, secrets)
    words = _words(secrets)
    begun = min(begun_at(text, words), stacked_begun_at(text, words))
    return text[:begun] + MASK if begun < len(text) else text


def _words(secrets: Sequence[str]) -> tuple[str, ...]:
    from dreamdata_relay.messages.spellings import words_of

    return tuple(word for secret in secrets if secret for word in words_of(secret))
