/** Hands the result to the process that started this one, with the most memory that it ever took. */
export function finish(result) {
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6;
  process.stdout.write(`${JSON.stringify({ ...result, peakMB })}\n`);
}
