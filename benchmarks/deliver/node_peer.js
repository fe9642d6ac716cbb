// Sends messages' events with @segment/analytics-node: URL MESSAGES MODULES. All of them for each line on
// standard input, with a client of its own; a line is printed when all answers are there.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { createInterface } = require("node:readline");

const [host, messages, modules] = process.argv.slice(2);
const { Analytics } = createRequire(modules + "/")("@segment/analytics-node");
const bodies = readFileSync(messages, "utf8").trim().split("\n");

async function run() {
  const analytics = new Analytics({ writeKey: "a-key", host });
  const errors = [];
  analytics.on("error", (error) => errors.push(String(error.code || error)));
  for (const body of bodies) {
    for (const event of JSON.parse(body).batch) analytics[event.type](event);
  }
  await analytics.closeAndFlush({ timeout: 60000 });
  if (errors.length) throw new Error(errors[0]);
}

async function main() {
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) {
    await run();
    console.log("done");
  }
}

main();
