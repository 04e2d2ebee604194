/** The main job on the mock server: no key, no account, nothing leaves this machine. `npm run demo` */
import { type AudienceAction, createAudienceClient } from "batch-audiences";
import { startPrism } from "../src/cli/prism.ts";

const AUDIENCE = "vip_customers";
const number = new Intl.NumberFormat("en");

/** A day of a shop: customers join, come back with other attributes, and some ask to be left alone. */
function* dayInAShop(): Generator<AudienceAction> {
  for (let customer = 1; customer <= 25_001; customer++) {
    const id = `customer-${customer}`;
    yield {
      action: "add",
      id,
      attributes: { city: "Lyon", orders: customer % 7, vip: customer % 100 === 0 },
    };
    if (customer % 5 === 0) yield { action: "remove", id };
    if (customer % 10 === 0) {
      const shop = new URL("https://shop.example/welcome-back");
      yield { action: "add", id, attributes: { returned: new Date(Date.UTC(2026, 10, 23)), shop } };
    }
  }
}

function line(label: string, value: number | string, note = ""): void {
  const shown = typeof value === "number" ? number.format(value) : value;
  console.log(`  ${label.padEnd(12)}${shown.padStart(8)}   ${note}`.trimEnd());
}

console.log("Starting the mock of Batch's API from the document in openapi/ …");
const mock = await startPrism(["mock", "generated/openapi.json"]);
try {
  const client = createAudienceClient({ restKey: "demo", projectKey: "demo", baseUrl: mock.url });
  console.log(`Updating the audience ${AUDIENCE} at 1 request a second, the rate that Batch allows …`);
  const report = await client.update(AUDIENCE, dayInAShop(), {
    onReceipt: ({ ids, bytes, indexingToken }) =>
      console.log(
        `  202 for ${number.format(ids)} ids in ${number.format(bytes)} bytes, token ${indexingToken}`,
      ),
  });

  console.log("\nWhat became of the actions");
  line("received", report.received, "read from the source");
  line("superseded", report.superseded, "followed by a later action for the same id, so not sent");
  line("accepted", report.accepted, `in ${report.requests} requests, the fewest possible`);
  line("rejected", report.rejected);
  line("failed", report.failed);
  line("unsent", report.unsent);

  console.log("\nAccepted is not done: waiting until Batch has indexed them …");
  const states = await client.waitUntilApplied(AUDIENCE, report.indexingTokens);
  for (const [token, state] of Object.entries(states)) console.log(`  ${token}  ${state}`);
} finally {
  await mock.close();
}
