"""Defines every hard limit of the relay: the name has the unit, the comment the source and the margin."""

# Dreamdata, server-side tracking guide: "limited to 500kb per request"; read as decimal, the stricter reading.
MAX_PAYLOAD_BYTES = 500_000

# The bytes around the events of a payload: {"messageId":"<36>","sentAt":"<24>","batch":[]}.
PAYLOAD_ENVELOPE_BYTES = 99

# The largest event that fits a payload alone.
MAX_EVENT_BYTES = MAX_PAYLOAD_BYTES - PAYLOAD_ENVELOPE_BYTES

# The relay's own message bodies: an eighth of a payload, and below the 64 KiB that SQS bills as one request.
MAX_CHUNK_BYTES = 62_400

# SQS: one message, and one SendMessageBatch in total, attributes (name, type and value) included.
MAX_SQS_BYTES = 1_048_576
MAX_SQS_BATCH_ENTRIES = 10

# Lambda: a synchronous invocation event. A body that inflates to more could not have arrived uncompressed either.
MAX_INFLATED_BYTES = 6 * 1024 * 1024

# A gzip body may consist of several members; real ones have one, and each costs half a microsecond.
MAX_GZIP_MEMBERS = 1_000

# How much of a request without an Authorization header is read to find its key: twice the largest body that real
# clients send this way (1.1 MB); a strict pass over it takes at most 12 ms of processor time.
MAX_KEYLESS_BYTES = 2 * 1024 * 1024

# The same in gzip. The clients that can send this way end a batch at 475,000 bytes. The compressed size is limited too,
# to a quarter of the output, because a block without output takes 13 bytes and nearly a microsecond.
MAX_KEYLESS_INFLATED_BYTES = 512 * 1024
MAX_KEYLESS_GZIP_BYTES = 128 * 1024

# A body that is not strict JSON and whose key cannot be found without reading all of it is repaired up to this size.
MAX_KEYLESS_REPAIRED_BYTES = 16 * 1024

# No relay key is longer, so a longer one is not decoded and compared.
MAX_KEY_BYTES = 1_024

# A dead letter's body; leaves 48 kB below the SQS limit for the attributes and for escaped characters.
MAX_DEAD_LETTER_BYTES = 1_000_000
DEAD_LETTER_HEAD_BYTES = 200_000
MAX_ERROR_DETAIL_BYTES = 1_000

# An event that nests deeper is refused; real ones nest some ten levels. The C parser fails at some 10,000 levels
# (CPython 3.13 on Linux; fewer elsewhere), less what its stack already holds. The difference is left for batches,
# payloads and wrappers, so that each function can read what the other accepted, on any processor.
MAX_NESTING = 6_000

# How many wrappers (SNS inside EventBridge, for example) a message on the queue may have around its events.
MAX_WRAPPERS = 3

# An answer lists at most this many refused events, because Lambda limits the answer to 6 MB.
MAX_LISTED_REJECTIONS = 5_000

# Answers repeat ids of up to this length (Segment allows 100 characters): with the most refusals listed, and every
# character escaped twice, an answer stays below Lambda's 6 MB.
MAX_LISTED_ID_CHARACTERS = 100

# A request's events are read and sent in parts of this many, so that a body of two million is never held as objects.
MAX_EVENTS_AT_ONCE = 20_000

# A longer body is read in stretches to save memory; hardly any client sends one.
MAX_BODY_BYTES_AT_ONCE = 1_048_576

# How much is buffered before full SendMessageBatch calls are sent: some 24 of the relay's messages, ten a call.
MAX_WAITING_BYTES = 24 * MAX_CHUNK_BYTES

# From this many refused events in one part of a request, or in one invocation, those of one reason share dead letters.
MAX_LONE_DEAD_LETTERS = 1_000

# How much merging an envelope's context and integrations may add to all events of a request: some ten times what the
# largest request of a real client adds, and little enough to send within the time of a call.
MAX_SHARED_BYTES = 64_000_000

# The same for one message on the queue; a message of 1 MiB with 600 bytes of context adds less.
MAX_MERGED_BYTES = 16_000_000

# Estimated memory that the messages of one invocation may take: what is kept of those read, twice what is merged into
# them, and what reading the next one takes, judged by its commas. Full batches of ordinary messages take a quarter.
MAX_COLLECTED_BYTES = 160_000_000

# How much an invocation puts together at a time to send it again: all at once, as texts of four bytes a character,
# might not fit its memory.
MAX_SENT_AT_ONCE_BYTES = 8_000_000

# SQS: longest visibility timeout of a message, counted from its receive.
MAX_VISIBILITY_S = 43_200

# The queue's redrive policy (template.yaml): a held message is received every 22 minutes on average, six days in all.
MAX_RECEIVES = 400

# SQS: delay of a new message.
MAX_DELAY_S = 900

# Default of the parameter SecretOutageHours: how long a cached secret stays in use without Secrets Manager.
MAX_OUTAGE_S = 12 * 3600.0

# The suppression list: 16 bytes an entry. A person has a few, one for each form in which the rules leave an id.
MAX_SUPPRESSION_ENTRIES = 1_000_000

# How long a suppression may take until it holds: a list is asked for again when the last one is this old.
MAX_LIST_AGE_S = 60.0
