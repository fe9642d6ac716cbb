<?php
// Sends the calls on standard input with analytics-php.
require getenv('CLIENTS_PHP_AUTOLOAD') ?: getenv('HOME') . '/.composer/vendor/autoload.php';

$job = json_decode(file_get_contents('php://stdin'), true);
$address = parse_url($job['url']);
$errors = [];
$tell = function ($code, $message) use (&$errors) {
    $errors[] = "$code: $message";
};
$client = new Segment\Client($job['key'], ['host' => "{$address['host']}:{$address['port']}", 'error_handler' => $tell]);
$names = ['user_id' => 'userId', 'previous_id' => 'previousId', 'group_id' => 'groupId'];
foreach ($job['calls'] as [$kind, $message]) {
    $named = [];
    foreach ($message as $name => $value) {
        $named[$names[$name] ?? $name] = $value;
    }
    $client->$kind($named);
}
$client->flush();
echo json_encode(['errors' => $errors]);
