# Sends the calls on standard input with analytics-ruby.
require 'json'
require 'uri'
require 'logger'
require 'segment/analytics'

job = JSON.parse($stdin.read)
address = URI(job['url'])
errors = []
# Its own logger writes to standard output.
Segment::Analytics::Logging.logger = Logger.new($stderr)
client = Segment::Analytics.new(
  write_key: job['key'], host: address.host, port: address.port,
  on_error: proc { |status, error| errors << "#{status}: #{error}" unless status == 200 }
)
job['calls'].each { |kind, message| client.public_send(kind, message.transform_keys(&:to_sym)) }
client.flush
puts JSON.generate('errors' => errors)
