"""Every hard limit of the relay, once: the unit is in the name, the source and the margin in the comment."""

# Dreamdata, server-side tracking guide: "limited to 500kb per request"; read as decimal, the stricter reading.
MAX_PAYLOAD_BYTES = 500_000

# The bytes around the events of a payload: {"messageId":"<36>","sentAt":"<24>","batch":[]}.
PAYLOAD_ENVELOPE_BYTES = 99

# The largest event that fits a payload alone.
MAX_EVENT_BYTES = MAX_PAYLOAD_BYTES - PAYLOAD_ENVELOPE_BYTES

# A message body of ours: an eighth of a payload, and below the 64 KiB (65,536 bytes) that SQS bills as one request.
MAX_CHUNK_BYTES = 62_400

# SQS: one message, and one SendMessageBatch in total, attributes (name, type and value) included.
MAX_SQS_BYTES = 1_048_576
MAX_SQS_BATCH_ENTRIES = 10

# Lambda: a synchronous invocation event. What inflates past it could not have arrived unpacked either.
MAX_INFLATED_BYTES = 6 * 1024 * 1024

# A gzip body may be several members one after the other; real ones are one, and each costs half a microsecond.
MAX_GZIP_MEMBERS = 1_000

# What is read of a request without an Authorization header, to find its key: a strict pass over twice the largest body
# that real clients send so (1.1 MB) takes at most 12 ms of a processor.
MAX_KEYLESS_BYTES = 2 * 1024 * 1024

# The same in gzip. The clients that can send so end a batch at 475,000 bytes. Packed: a block that yields nothing takes
# 13 bytes and nearly a microsecond, so that what goes in is bounded too; it is a quarter of what may come out.
MAX_KEYLESS_INFLATED_BYTES = 512 * 1024
MAX_KEYLESS_GZIP_BYTES = 128 * 1024

# A body that is no strict JSON and has no member that is plainly its key is repaired if it is no longer than this.
MAX_KEYLESS_REPAIRED_BYTES = 16 * 1024

# A longer key is nobody's: it is not decoded to be compared.
MAX_KEY_BYTES = 1_024

# A dead letter's body; leaves 48 kB below the SQS limit for the attributes and for escaped characters.
MAX_DEAD_LETTER_BYTES = 1_000_000
DEAD_LETTER_HEAD_BYTES = 200_000
MAX_ERROR_DETAIL_BYTES = 1_000

# An event that nests deeper is refused: real ones nest some ten levels. The C reader itself ends at some 10,000 levels
# (CPython 3.13 on Linux; fewer elsewhere), less what stands on its stack already. The rest of that is left for batches,
# payloads and wrappers, so that what one function has taken the other one can read, on any processor.
MAX_NESTING = 6_000

# A message on the queue may wrap another (SNS in EventBridge and the like) this many times.
MAX_WRAPPERS = 3

# A request answered with more refusals than this lists the first ones only (Lambda's answer ends at 6 MB).
MAX_LISTED_REJECTIONS = 5_000

# Ids are repeated in an answer up to this length (Segment allows 100 characters): with the most listed, each written
# as escapes of escapes, an answer stays below Lambda's 6 MB.
MAX_LISTED_ID_CHARACTERS = 100

# A request's events are read and sent in parts of so many: a body of two million events is never held as objects.
MAX_EVENTS_AT_ONCE = 20_000

# A longer body is read a stretch at a time, for memory's sake; next to no client sends one.
MAX_BODY_BYTES_AT_ONCE = 1_048_576

# What waits to be sent before full SendMessageBatch calls of it go out: some 24 messages of ours, ten a call.
MAX_WAITING_BYTES = 24 * MAX_CHUNK_BYTES

# From this many refused events of one part of a request, or of one invocation, on, those of one reason share letters.
MAX_LONE_DEAD_LETTERS = 1_000

# What merging an envelope's context and integrations may add to all events of a request: some ten times what the
# largest request of a real client comes to, and little enough to send within a call's time.
MAX_SHARED_BYTES = 64_000_000

# The same for one message on the queue: a message of 1 MiB with 600 bytes of context comes to less.
MAX_MERGED_BYTES = 16_000_000

# What the messages of one invocation may take in memory, estimated: what is kept of those read, twice what is merged
# into them, and what reading the next one takes by its commas. Whole batches of ordinary messages come to a quarter.
MAX_COLLECTED_BYTES = 160_000_000

# What an invocation puts together at a time to send it anew: as texts of four bytes a character all at once might not
# fit its memory.
MAX_SENT_AT_ONCE_BYTES = 8_000_000

# SQS: visibility timeout of a message, counted from its receive.
MAX_VISIBILITY_S = 43_200

# The queue's redrive policy (template.yaml): a held message is received every 22 minutes on average, six days in all.
MAX_RECEIVES = 400

# SQS: delay of a new message.
MAX_DELAY_S = 900

# Default of the parameter SecretOutageHours: how long a secret read before stays in use while none is given out.
MAX_OUTAGE_S = 12 * 3600.0
