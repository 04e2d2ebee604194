export type { Database, SchemaOptions, Value } from "./database.ts";
export { createDeliverer, type Deliverer } from "./deliverer.ts";
export type { DelivererOptions, Listen } from "./deliverer-options.ts";
export type { Delivered } from "./delivery.ts";
export { type EnqueueReport, enqueue } from "./enqueue.ts";
export { type Held, type Lease, type LeaseOptions, lease } from "./lease.ts";
export { migrate, migrationSql } from "./migrate.ts";
export { limiter, type PostgresLimiterOptions } from "./postgres-limiter.ts";
