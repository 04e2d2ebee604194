export { EPOCH, idle, type VirtualTime, virtualTime } from "../../src/testing/virtual-time.ts";
