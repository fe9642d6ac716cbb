"""Why the simulation does not reach some of the package's code: by reason, the functions with such code.

As of 68 seeds, of which each has another of the faults and features: what longer runs reach is named, too.
"""

from collections.abc import Mapping, Sequence

_SPELLINGS = (
    "How a body or an event may be spelled. Senders of the simulation write plain JSON; tests/properties and "
    "tests/unit spell it in every way."
)
_REQUESTS = (
    "Requests that no SDK sends: other routes, encodings, bodies that cannot be read. tests/unit/test_ingest_*.py and "
    "the fuzz test send them."
)
_KEYS = (
    "Keys written into texts in all their spellings: tests/properties/test_masking*.py and tests/unit/"
    "test_masked_letters.py."
)
_SECRETS = (
    "A secret that its owner has spoiled or withdrawn: tests/unit/test_ingest_keys.py and test_deliver_outages.py. The "
    "simulation has placeholders, changed keys and outages."
)
_FAULTS = (
    "A fault of the relay itself, or a machine without threads: it takes a patched function to have one, in tests/unit/"
    "test_deliver_ends.py, test_deliver_dispatch.py and test_ingest_durability.py."
)
_VOLUMES = (
    "More events or bytes than a run can afford to simulate: tests/unit/test_deliver_bounds.py, test_ingest_sizes.py, "
    "test_deliver_adversarial.py and test_streaming.py."
)
_RARE = "Rare meetings of faults, times and receives that 68 seeds do not have; the module's unit tests have them."
_MODES = (
    "A relay key in mode sandbox: its events have no end that a run could account for. tests/unit/test_sandbox_keys.py."
)
_ELSEWHERE = "For callers other than the two handlers: the tests, the local stack and the command."

GAPS: Mapping[str, Sequence[str]] = {
    _SPELLINGS: (
        "events.batch_member._rest",
        "events.batches._elements",
        "events.bodies._read",
        "events.bodies.read_single_body",
        "events.bodies._of_array",
        "events.bodies._read_at_once",
        "events.bodies._read_as_one",
        "events.bodies._read_long",
        "events.bodies._read_slowly",
        "events.body_keys.keys_in",
        "events.body_keys._key_of_repaired",
        "events.body_keys._key_of",
        "events.body_shapes.array_of_lines",
        "events.body_shapes._are",
        "events.body_shapes.of_no_event",
        "events.body_shapes.of_no_list",
        "events.body_shapes._is_batch",
        "events.body_shapes._is_json",
        "events.chunks.without_non_characters",
        "events.chunks.utf8_of",
        "events.chunks._escape",
        "events.envelopes.refuse_event",
        "events.envelopes._is_event_type",
        "events.event_editing.with_type",
        "events.event_editing._after_first",
        "events.event_editing.edited",
        "events.event_editing.object_member",
        "events.event_fields.own_time",
        "events.json_editing._check_cut",
        "events.json_editing.keys_of",
        "events.json_editing.string_of",
        "events.json_editing.end_of_container",
        "events.message_ids.random_id",
        "events.normalization.completed",
        "events.normalization._set_objects",
        "events.normalization._merge",
        "events.normalization._current",
        "events.numeric_ids.digits_of",
        "events.reading.message_id",
        "events.reading._read_one",
        "events.reading.readable_id",
        "events.splicing.spliced",
        "events.splicing.with_timestamp",
        "events.timestamps.all_canonical",
        "events.timestamps.to_utc",
        "events.timestamps._date",
        "events.timestamps._time",
        "events.timestamps._offset",
        "events.typed_fields.is_sound",
        "deliver.foreign_messages.looks_like",
        "deliver.foreign_messages._is_base64",
        "deliver.message_parsing.unwrap_chunk",
        "deliver.opening.open",
        "deliver.opening._came_through",
        "deliver.opening._json",
        "deliver.responses.retry_after_seconds",
        "messages.dead_letter_bodies.whole_body_of",
        "messages.dead_letters._kept_ids",
    ),
    _REQUESTS: (
        "ingest.requests.read_request",
        "ingest.requests.unpacked",
        "ingest.requests.checked",
        "ingest.requests._text",
        "ingest.requests._decoded",
        "ingest.requests._not_utf8",
        "ingest.requests._is_utf8",
        "ingest.requests._inflated",
        "ingest.service._take",
        "ingest.service._envelope",
        "ingest.service._not_json",
        "ingest.unreadable_bodies.told",
        "ingest.unreadable_bodies._named",
        "ingest.unreadable_bodies._unmarked_text",
        "ingest.unreadable_bodies._is_deflate",
        "ingest.unreadable_bodies._is_snappy",
        "secrets.keys.basic_user",
    ),
    _KEYS: (
        "messages.key_members._without_members",
        "messages.key_members._masked_value",
        "messages.key_members._end_of_string",
        "messages.key_members._end_of_container",
        "messages.key_members._depth",
        "messages.key_members._own",
        "messages.masking.masked",
        "messages.masking._groups",
        "messages.shared_texts._masked_forms",
        "messages.spellings.plainly",
        "messages.spellings.without",
        "messages.spellings.without_spelled",
        "messages.spellings.hidden",
        "messages.spellings.begun_at",
        "messages.spellings.completing",
        "messages.spellings._with_neighbours",
        "messages.spellings._is_of_escape",
        "messages.spellings._meant",
        "messages.spellings._spelled",
        "messages.spellings._spelling",
        "messages.stacked_spellings.without_stacked",
        "messages.stacked_spellings.shows",
        "messages.stacked_spellings.stacked_begun_at",
        "messages.stacked_spellings._undone",
    ),
    _SECRETS: (
        "adapters.secrets.fetch",
        "secrets.key_events.key_refused",
        "secrets.keys.others_than",
        "secrets.keys._find_among",
        "secrets.keys._keys_of",
        "secrets.keys._api_key",
        "secrets.remembered.text",
        "secrets.remembered._fetch",
    ),
    _FAULTS: (
        "deliver.collection.collects_chunk",
        "deliver.collection.collect",
        "deliver.collection._keep",
        "deliver.dispatch.deliver",
        "deliver.dispatch._employ",
        "deliver.dispatch._post_on",
        "deliver.posting.post",
        "deliver.settlement._audit",
        "deliver.worklist.give_back",
        "deliver.worklist.settle",
        "errors.place_of",
        "ingest.parts.parts_of",
        "ingest.service._store",
    ),
    _VOLUMES: (
        "bin_packing.groups",
        "deliver.refused_events._all_dead",
        "deliver.opening._batch",
        "deliver.opening._without_floods",
        "events.batches.parts",
        "events.bulk_refusals.refuse_in_bulk",
        "events.bulk_refusals._reasons",
        "events.bulk_refusals._reason_of_one",
        "events.bulk_refusals._reason",
        "events.envelopes.envelope_of",
        "events.streaming._untyped",
        "events.streaming._first_events",
        "events.streaming._commas",
        "ingest.parts.add",
        "ingest.parts.body",
        "messages.dead_letters.dead_letter",
        "messages.masking.masked_each",
    ),
    _RARE: (
        "adapters.sqs.send",
        "adapters.sqs._send_call",
        "adapters.sqs._delete_call",
        "adapters.sqs._hold_call",
        "deliver.refused_events._dead",
        "deliver.dead_lettering._told",
        "deliver.dead_lettering.out_of_tries",
        "deliver.dead_lettering.send",
        "deliver.progress.take_apart",
        "deliver.queued_messages.first_sent_at",
        "deliver.service._hold",
        "deliver.service._post",
        "deliver.service.halvings",
        "deliver.settlement._take_apart",
        "deliver.worklist.take",
        "deliver.worklist._ends_doubt",
    ),
    _MODES: (
        "ingest.enqueueing.send",
        "ingest.parts.total",
        "ingest.service._tell",
    ),
    _ELSEWHERE: (
        "adapters.sqs._entry",
        "deliver.message_parsing.unwrap",
        "deliver.payloads._packed",
        "deliver.reporting.report_delivered",
        "deliver.reporting._traced",
    ),
}
_REASONS = {name: reason for reason, names in GAPS.items() for name in names}


def reason_for(name: str) -> str | None:
    """Why code of the function ``name`` (``deliver.service._round``) is not reached; None: nobody knows of it."""
    return _REASONS.get(name)
