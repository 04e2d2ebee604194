import { describe, expect, test, vi } from "vitest";
import { ConfigurationError } from "../../src/errors.ts";
import { UpdateError } from "../../src/update/update-error.ts";
import { IdMap } from "../../src/window/id-map.ts";
import {
  accept,
  add,
  adds,
  applied,
  expectBalance,
  firstAnswer,
  refusal,
  rejection,
  remove,
  stateAfter,
  stub,
} from "../support/scripted-api.ts";
import { watchedSource } from "../support/watched-source.ts";

describe("an update ends early, closes its source, and hands back what was not accepted", () => {
  test("when memory runs out while it reads", async () => {
    const set = IdMap.prototype.set;
    const outOfMemory = new RangeError("Array buffer allocation failed");
    const spy = vi.spyOn(IdMap.prototype, "set").mockImplementation(function (this: IdMap, id, slot) {
      if (id === "2") throw outOfMemory;
      set.call(this, id, slot);
    });
    const updating = rejection(stub().client.update("vips", adds(5)), UpdateError);
    const error = await updating.finally(() => spy.mockRestore());
    expect(error.cause).toBe(outOfMemory);
    expect(error.report).toMatchObject({ received: 2, unsent: 2 });
    expect([...error.undelivered]).toEqual(adds(2));
  });

  test("when the source throws", async () => {
    const api = stub();
    const torn = watchedSource(adds(5), {
      3: () => {
        throw new Error("row 3");
      },
    });
    const error = await rejection(api.client.update("vips", torn), UpdateError);
    expect(error.cause).toMatchObject({ message: "row 3" });
    expect(error.report).toMatchObject({ received: 3, unsent: 3, requests: 0 });
    expect([...error.undelivered]).toEqual(adds(3));
  });

  test("when the source throws while the window before is sent, which comes to its end", async () => {
    const api = stub();
    const torn = watchedSource(adds(9), {
      7: () => {
        throw new Error("row 7");
      },
    });
    const error = await rejection(
      api.client.update("vips", torn, { window: 5, maxIdsPerRequest: 2 }),
      UpdateError,
    );
    expect(error.report).toMatchObject({ received: 7, accepted: 5, unsent: 2, requests: 3 });
    expect([...error.undelivered]).toEqual(adds(2, 5));
    expect(error.report.checkpoint).toMatchObject({ records: 5, indexingTokens: ["t0", "t1", "t2"] });
  });

  test("when an async source rejects", async () => {
    async function* torn() {
      yield add("a");
      throw new Error("lost the file");
    }
    const error = await rejection(stub().client.update("vips", torn()), UpdateError);
    expect(error.cause).toMatchObject({ message: "lost the file" });
    expect([...error.undelivered]).toEqual([add("a")]);
  });

  test("when the source throws something odd", async () => {
    for (const odd of [undefined, null, "words", 5]) {
      const torn = watchedSource(adds(1), {
        0: () => {
          throw odd;
        },
      });
      const error = await rejection(stub().client.update("vips", torn), UpdateError);
      expect(error.cause).toBe(odd);
    }
  });

  test("when the source throws an error that the client might have thrown itself", async () => {
    const torn = watchedSource(adds(2), {
      1: () => {
        throw new ConfigurationError("file", "one", "none");
      },
    });
    const error = await rejection(stub().client.update("vips", torn), UpdateError);
    expect([...error.undelivered]).toEqual([add("0")]);
  });

  test("when a record cannot even be looked at", async () => {
    const trap = {
      action: "add",
      get id(): string {
        throw new Error("no such row");
      },
    } as const;
    const error = await rejection(stub().client.update("vips", [add("a"), trap]), UpdateError);
    expect(error.cause).toMatchObject({ message: "no such row" });
    expect([...error.undelivered]).toEqual([add("a")]);
    expectBalance(error.report);
  });

  for (const callback of ["onProgress", "onReceipt"] as const) {
    test(`when ${callback} throws`, async () => {
      const api = stub();
      const actions = watchedSource(adds(9));
      const options = {
        maxIdsPerRequest: 2,
        window: 4,
        [callback]: () => {
          throw new Error("disk full");
        },
      };
      const error = await rejection(api.client.update("vips", actions, options), UpdateError);
      expect(error.cause).toMatchObject({ message: "disk full" });
      expectBalance(error.report);
      expect(error.report).toMatchObject({ accepted: 2, requests: 1 });
      expect([...error.undelivered]).toEqual(adds(error.report.unsent, 2));
      expect(actions.closed).toBe(true);
    });
  }

  test("when onProgress throws while the gate is closed", async () => {
    const api = stub(() => refusal(429));
    const error = await rejection(
      api.client.update("vips", adds(3), {
        onProgress: () => {
          throw new Error("disk full");
        },
      }),
      UpdateError,
    );
    expect(error.cause).toMatchObject({ message: "disk full" });
    expectBalance(error.report);
    expect([...error.undelivered]).toEqual(adds(3));
  });

  test("when onRejected throws", async () => {
    const error = await rejection(
      stub().client.update("vips", [add("a"), add("")], {
        invalid: "skip",
        onRejected: () => {
          throw new Error("disk full");
        },
      }),
      UpdateError,
    );
    expect(error.cause).toMatchObject({ message: "disk full" });
    expect([...error.undelivered]).toEqual([add("a")]);
    expectBalance(error.report);
  });
});

test("of several failures the first is the cause", async () => {
  const api = stub(
    async (call) => {
      await api.time.sleep(call.before === 0 ? 20 : 10);
      return refusal(call.before === 0 ? 403 : 401);
    },
    { requestsPerSecond: Number.POSITIVE_INFINITY },
  );
  const error = await rejection(api.client.update("vips", adds(2), { maxIdsPerRequest: 1 }), UpdateError);
  expect(error.cause).toMatchObject({ status: 401 });
  expect(error.report).toMatchObject({ failed: 2, requests: 2 });
});

test("what was undelivered, then the rest of the source, ends as one faultless run", async () => {
  const actions = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? remove : add)(`${(i * 7) % 40}`));
  const options = { window: 15, maxIdsPerRequest: 4 };
  for (let fatal = 0; fatal < 10; fatal++) {
    const landed = new Set<string>();
    // Half of the fatal answers come after the work was done.
    const api = stub((call) => {
      if (call.route === "view") return applied();
      const isFatal = call.before === fatal;
      if (!isFatal || fatal % 2 === 0) stateAfter(call.actions, landed);
      return isFatal ? refusal(fatal % 2 === 0 ? 401 : 403) : accept(call);
    });
    const error = await rejection(api.client.update("vips", actions, options), UpdateError);
    const { received, accepted, superseded } = error.report;
    expectBalance(error.report);
    expect(error.undelivered).toHaveLength(received - accepted - superseded);
    const rest = actions.slice(received);
    await api.client.update("vips", [...error.undelivered, ...rest], options);
    expect(landed).toEqual(stateAfter(actions));
  }
});

test("undelivered actions carry their attributes as they were sent, and can be sent again", async () => {
  const api = stub(firstAnswer(() => refusal(401)));
  const attributes = { joined: new Date(0), avatar: new URL("https://a.fr/b"), age: 5, note: "é", ok: true };
  const error = await rejection(
    api.client.update("vips", [{ action: "add", id: "a", attributes }]),
    UpdateError,
  );
  await api.client.update("vips", error.undelivered);
  expect(api.updates[1]!.body).toBe(api.updates[0]!.body);
});

test.each<[what: string, thrown: unknown]>([
  ["an object without a prototype", Object.create(null)],
  [
    "an object whose toString throws",
    {
      toString() {
        throw new Error("no");
      },
    },
  ],
  ["an error whose message is a symbol", Object.assign(new Error("a"), { message: Symbol("m") })],
])("a callback that throws %s ends the run with an UpdateError", async (_what, thrown) => {
  const api = stub();
  const error = await rejection(
    api.client.update("vips", adds(1), {
      onReceipt: () => {
        throw thrown;
      },
    }),
    UpdateError,
  );
  expect(error.cause).toBe(thrown);
});
