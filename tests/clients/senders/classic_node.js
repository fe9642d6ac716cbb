// Sends the calls on standard input with analytics-node or the SDK that RudderStack made of it.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const job = JSON.parse(readFileSync(0, "utf8"));
const Analytics = createRequire(job.modules + "/")(job.package);
const rudder = job.package.startsWith("@rudderstack");
const address = rudder ? { dataPlaneUrl: job.url } : { host: job.url };
const analytics = new Analytics(job.key, { ...address, ...job.options });
const errors = [];
const told = job.calls.map(
  ([kind, message]) =>
    new Promise((resolve) => {
      analytics[kind](message, (error) => {
        if (error) errors.push(String(error));
        resolve();
      });
    }),
);
Promise.resolve(analytics.flush())
  .catch((error) => errors.push(String(error)))
  .then(() => Promise.all(told))
  .then(() => {
    process.stdout.write(JSON.stringify({ errors }));
    process.exit(0);
  });
