// An input that never lets the event loop run is found by another thread. It writes the input down and ends the process.

import { Worker } from "node:worker_threads";

const HANGS_AFTER_MS = 30_000;
const ROOM = 1 << 20;

interface Watch {
  onInput(input: unknown): void;
  end(): void;
}

export function watchForHangs(file: string, advice: string): Watch {
  const shared = new SharedArrayBuffer(8 + ROOM);
  const [state, bytes] = [new Int32Array(shared, 0, 2), Buffer.from(shared, 8)];
  const workerData = { shared, file, advice, limit: HANGS_AFTER_MS };
  const worker = new Worker(WATCHER, { eval: true, workerData });
  worker.unref();
  return {
    onInput(input) {
      Atomics.store(state, 1, bytes.write(JSON.stringify(input)));
      Atomics.add(state, 0, 1);
    },
    end: () => void worker.terminate(),
  };
}

const WATCHER = `
const { writeFileSync, writeSync } = require("node:fs");
const { shared, file, advice, limit } = require("node:worker_threads").workerData;
const state = new Int32Array(shared, 0, 2);
let before = -1;
setInterval(() => {
  const now = Atomics.load(state, 0);
  if (now === before) {
    writeFileSync(file, Buffer.from(shared, 8, Atomics.load(state, 1)));
    writeSync(2, "An input hangs. " + advice + "\\n");
    process.kill(process.pid, "SIGKILL");
  }
  before = now;
}, limit);
`;
