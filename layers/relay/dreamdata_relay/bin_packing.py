"""Sizes into as few boxes as their limits allow."""

from collections.abc import Callable, Iterable, Iterator, Sequence


def pack(sizes: Sequence[int], capacity: int, most: int | None = None) -> list[list[int]]:
    """Indexes of ``sizes`` (bytes) in boxes of at most ``capacity`` bytes and ``most`` items.

    First fit decreasing: never more than 11/9 of the fewest boxes possible, and for what the relay packs nearly always
    the fewest. A size above ``capacity`` gets a box of its own. Every index is in exactly one box.
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
    """Consecutive indexes of ``sizes`` in runs of at most ``capacity`` in sum: order kept, one look at each."""
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
    """``items``, made one by one, in lists of at most ``capacity`` by their ``size``, or of one: order kept."""
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
