// Stands in for @platformatic/kafka: one topic in the file `TOPIC`, which ends where a real one would wait for more.

import { readFileSync, writeFileSync } from "node:fs";

const read = () => JSON.parse(readFileSync(process.env.TOPIC, "utf8"));

export const MessagesStreamModes = { COMMITTED: "committed" };
export const stringDeserializers = {};

export class Consumer {
  async consume({ topics, autocommit, mode }) {
    if (autocommit !== false || mode !== "committed") throw new Error("offsets would be committed too early");
    return messages(topics[0]);
  }
}

async function* messages(topic) {
  const { partitions, committed } = read();
  const longest = Math.max(...partitions.map(({ length }) => length));
  for (let offset = 0; offset < longest; offset++) {
    for (const [partition, values] of partitions.entries()) {
      if (offset >= values.length || offset < committed[partition]) continue;
      const commit = async () => {
        const now = read();
        now.committed[partition] = offset + 1;
        writeFileSync(process.env.TOPIC, JSON.stringify(now));
      };
      yield { topic, partition, offset: BigInt(offset), key: "", value: values[offset], commit };
    }
  }
}
