"""Packs items into as few bins as possible without exceeding a size limit (first fit decreasing)."""

from collections.abc import Callable, Iterable, Iterator, Sequence


def pack(sizes: Sequence[int], capacity: int, most: int | None = None) -> list[list[int]]:
    """Return the indexes of ``sizes`` (bytes) in bins of at most ``capacity`` bytes and ``most`` items.

    First fit decreasing: it never uses more than 11/9 of the fewest bins possible, and nearly always the fewest for
    what the relay packs. A size above ``capacity`` gets a bin of its own. Every index is in exactly one bin.
    """
    boxes: list[list[int]] = []
    room: list[int] = []
    open_boxes: list[int] = []
    for index in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
        size = sizes[index]
        for box in open_boxes:
            if room[box] >= size:
                break
        else:
            box = len(boxes)
            boxes.append([])
            room.append(capacity)
            open_boxes.append(box)
        boxes[box].append(index)
        room[box] -= size
        if room[box] <= 0 or len(boxes[box]) == most:
            open_boxes.remove(box)
    return boxes


def runs(sizes: Sequence[int], capacity: int) -> list[range]:
    """Return consecutive indexes of ``sizes`` in runs that sum to at most ``capacity``, in order and in one pass."""
    found: list[range] = []
    start, total = 0, 0
    for index, size in enumerate(sizes):
        if index > start and total + size > capacity:
            found.append(range(start, index))
            start, total = index, 0
        total += size
    if start < len(sizes):
        found.append(range(start, len(sizes)))
    return found


def groups[Item](items: Iterable[Item], size: Callable[[Item], int], capacity: int) -> Iterator[list[Item]]:
    """Yield ``items``, taken one at a time, in lists whose ``size`` sums to at most ``capacity``, in order.

    A larger item has a list of its own.
    """
    group: list[Item] = []
    room = capacity
    for item in items:
        taken = size(item)
        if group and taken > room:
            yield group
            group, room = [], capacity
        group.append(item)
        room -= taken
    if group:
        yield group
