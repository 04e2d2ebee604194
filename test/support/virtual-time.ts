import { type VirtualTime, virtualTime } from "../../src/testing/index.ts";
import { turns } from "./event-loop.ts";

export { type VirtualTime, virtualTime };

/** The date at virtual time 0. */
export const EPOCH = virtualTime().date();

/** Lets everything happen that needs no time: a second turn runs after what the first one has started. */
export const idle = (): Promise<void> => turns(2);
