// Sends the calls on standard input with the release of @segment/analytics-node that they name.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const job = JSON.parse(readFileSync(0, "utf8"));
const { Analytics } = createRequire(job.modules + "/")(job.package);
const analytics = new Analytics({ writeKey: job.key, host: job.url, ...job.options });
const errors = [];
analytics.on("error", (error) => errors.push(String(error.code || error)));
for (const [kind, message] of job.calls) analytics[kind](message);
analytics.closeAndFlush({ timeout: 30000 }).then(() => process.stdout.write(JSON.stringify({ errors })));
