import { expect, test } from "vitest";
import { Callbacks } from "../../src/update/callbacks.ts";
import type { Receipt } from "../../src/update/report.ts";
import { StopSignals } from "../../src/update/stop-signals.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { accept, add, adds, expectBalance, refusal, rejection, stub } from "../support/scripted-api.ts";
import { idle } from "../support/virtual-time.ts";

const CALLBACKS = ["onProgress", "onReceipt", "onRejected"] as const;

test.each(CALLBACKS)("an async %s that rejects ends the run, like one that throws", async (name) => {
  const api = stub();
  const options = {
    invalid: "skip" as const,
    maxIdsPerRequest: 1,
    [name]: async () => {
      throw new Error("disk full");
    },
  };
  const error = await rejection(
    api.client.update("vips", [add("a"), add(""), add("b"), add("c")], options),
    UpdateError,
  );
  expect(error.cause).toMatchObject({ message: "disk full" });
  expectBalance(error.report);
});

test.each(CALLBACKS)("a promise of %s is awaited before it is called again", async (name) => {
  const api = stub(accept, { requestsPerSecond: Number.POSITIVE_INFINITY });
  let active = 0;
  let calls = 0;
  const options = {
    invalid: "skip" as const,
    maxIdsPerRequest: 1,
    [name]: async () => {
      expect(++active).toBe(1);
      await api.time.sleep(10);
      active--;
      calls++;
    },
  };
  const source = [...adds(5), add(""), add(" "), add("")];
  await api.client.update("vips", source, options);
  expect(calls).toBe({ onProgress: 5, onReceipt: 5, onRejected: 3 }[name]);
});

test("a callback that returns no promise is called at once, each time", () => {
  let calls = 0;
  const callbacks = new Callbacks({ onReceipt: () => ++calls }, new StopSignals());
  const args = () => [{ ids: 1, bytes: 1, attempts: 1 }] as [Receipt];
  expect([callbacks.call("onReceipt", args), callbacks.call("onReceipt", args)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(calls).toBe(2);
});

test("an abort ends the wait for a callback, and starts none that waits behind it", async () => {
  const api = stub(accept, { requestsPerSecond: Number.POSITIVE_INFINITY });
  const controller = new AbortController();
  let calls = 0;
  const onReceipt = () => {
    calls++;
    return new Promise<void>(() => {});
  };
  const options = { maxIdsPerRequest: 1, onReceipt, signal: controller.signal };
  const updating = rejection(api.client.update("vips", adds(8), options), UpdateError);
  await api.time.sleep(1000);
  expect(calls).toBe(1);
  controller.abort(new Error("enough"));
  expect((await updating).cause).toMatchObject({ message: "enough" });
  expect(calls).toBe(1);
});

test("a callback waits for the last of its calls, not for the first one that ends", async () => {
  const ends: (() => void)[] = [];
  const onReceipt = () => new Promise<void>((resolve) => void ends.push(resolve));
  const callbacks = new Callbacks({ onReceipt }, new StopSignals());
  const call = () => callbacks.call("onReceipt", () => [{ ids: 1, bytes: 1, attempts: 1 }]);
  const first = call();
  call();
  ends[0]!();
  await first;
  await idle();
  call();
  await idle();
  expect(ends).toHaveLength(2);
  ends[1]!();
  await idle();
  expect(ends).toHaveLength(3);
});

test("an onReceipt that throws for the last request leaves its token in the checkpoint", async () => {
  const onReceipt = () => {
    throw new Error("disk full");
  };
  const error = await rejection(stub().client.update("vips", adds(1), { onReceipt }), UpdateError);
  expect(error.report.checkpoint).toEqual({ records: 1, indexingTokens: ["t0"] });
});

test("reading waits for an async onRejected, so that a slow disk is not run over", async () => {
  const api = stub();
  let read = 0;
  const readAtCall: number[] = [];
  function* source() {
    for (; read < 5; read++) yield add("");
  }
  await api.client.update("vips", source(), {
    invalid: "skip",
    onRejected: async () => {
      readAtCall.push(read);
      await api.time.sleep(10);
    },
  });
  expect(readAtCall).toEqual([0, 1, 2, 3, 4]);
});

test("an abort does not wait for a callback that never ends", async () => {
  const api = stub();
  const controller = new AbortController();
  const updating = rejection(
    api.client.update("vips", adds(1), {
      signal: controller.signal,
      onReceipt: () => new Promise(() => {}),
    }),
    UpdateError,
  );
  await api.time.sleep(100);
  const reason = new Error("enough");
  controller.abort(reason);
  expect((await updating).cause).toBe(reason);
});

test("the progress that a late call is given is that of its time", async () => {
  const api = stub(accept, { requestsPerSecond: Number.POSITIVE_INFINITY });
  const accepted: number[] = [];
  await api.client.update("vips", adds(3), {
    maxIdsPerRequest: 1,
    onProgress: async (progress) => {
      accepted.push(progress.accepted);
      await api.time.sleep(10);
    },
  });
  expect(accepted).toEqual([1, 3, 3]);
});

test("an abort does not wait for such a callback either once the update has failed", async () => {
  const api = stub(() => refusal(401));
  const controller = new AbortController();
  const updating = rejection(
    api.client.update("vips", [add("a"), add("b"), add("")], {
      window: 1,
      invalid: "skip",
      signal: controller.signal,
      onRejected: () => new Promise(() => {}),
    }),
    UpdateError,
  );
  await api.time.sleep(20_000);
  controller.abort(new Error("enough"));
  expect((await updating).cause).toMatchObject({ status: 401 });
});

test("an update that has failed waits for its callbacks, so that none is called for one that has ended", async () => {
  const api = stub(() => refusal(401));
  let ended = false;
  const onRejected = async () => {
    await api.time.sleep(60_000);
    ended = true;
  };
  const options = { window: 1, invalid: "skip", onRejected } as const;
  await rejection(api.client.update("vips", [add("a"), add("b"), add("")], options), UpdateError);
  expect(ended).toBe(true);
});
