export { limiter, type RedisClient, type RedisLimiterOptions } from "./redis-limiter.ts";
