/** The main job on a fake of the API, in virtual time: no key, no account, no network, no waiting. `npm run demo` */
import { type AudienceAction, createAudienceClient } from "batch-audiences";
import { createFakeBatch } from "batch-audiences/testing";

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

function line(label: string, value: number, note = ""): void {
  console.log(`  ${label.padEnd(12)}${number.format(value).padStart(8)}   ${note}`.trimEnd());
}

const batch = createFakeBatch({ indexLag: { requests: 4 }, latencyMs: 300 });
const { fetch, runtime } = batch;
const client = createAudienceClient({ restKey: "demo", projectKey: "demo", fetch, runtime });
const at = () => `${(runtime.now() / 1000).toFixed(1).padStart(6)} s  `;

console.log(`Updating the audience ${AUDIENCE} at 1 request a second, the rate that Batch allows.`);
console.log("Batch answers the first request with 429, and the answer to the second one is lost.");
batch.throttleNext();
batch.loseNextAnswer();
const report = await client.update(AUDIENCE, dayInAShop(), {
  onReceipt: ({ ids, bytes, attempts }) =>
    console.log(
      `${at()}202 for ${number.format(ids)} ids in ${number.format(bytes)} bytes, attempt ${attempts}`,
    ),
});

console.log("\nWhat became of the actions");
line("received", report.received, "read from the source");
line("superseded", report.superseded, "followed by a later action for the same id, so not sent");
line("accepted", report.accepted, `in ${report.receipts.length} full requests, the fewest possible`);
line("rejected", report.rejected);
line("failed", report.failed);
line("unsent", report.unsent);

console.log("\nAccepted is not done: waiting until Batch has indexed them.");
await client.waitUntilApplied(AUDIENCE, report.indexingTokens, {
  onPoll: ({ open }) => console.log(`${at()}${open} of ${report.indexingTokens.length} not applied yet`),
});

const { members } = batch.audience(AUDIENCE);
console.log(`\nThe audience has ${number.format(members.size)} ids. customer-10 came back after an opt-out:`);
console.log(`  ${JSON.stringify(members.get("customer-10"))}`);
console.log(`  customer-5 did not: ${members.has("customer-5") ? "still there" : "not on the audience"}`);
batch.expectNoViolations();
console.log(`\n${batch.requests.length} requests, all at the allowed rate; no id was outstanding twice.`);
