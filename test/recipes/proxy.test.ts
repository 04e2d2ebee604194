import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { builtProgram } from "../support/cli-build.ts";
import { start } from "../support/fake.ts";
import { writeRecipe } from "./recipe.ts";

/** A proxy that opens tunnels. Returns its address, and where they lead to. */
async function startProxy(): Promise<{ url: string; targets: string[] }> {
  const targets: string[] = [];
  const proxy = createServer().on("connect", (request, near) => {
    const { hostname, port } = new URL(`http://${request.url}`);
    targets.push(request.url!);
    const far = connect(Number(port), hostname, () => {
      near.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      far.pipe(near).pipe(far);
    });
    for (const socket of [far, near]) socket.on("error", () => {});
    near.on("close", () => far.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, targets };
}

it("the file that is loaded before the command line sends it through the proxy", async () => {
  const batch = await start();
  const proxy = await startProxy();
  const folder = writeRecipe("docs/recipes/proxy.md");
  writeFileSync(join(folder, "tonight.csv"), "id,action\n42,add\n");
  const args = ["--import", "./proxy.mjs", await builtProgram(), "update", "vip_customers", "tonight.csv"];
  const env = {
    ...process.env,
    HTTPS_PROXY: proxy.url,
    BATCH_BASE_URL: batch.url,
    BATCH_REST_KEY: "rest",
    BATCH_PROJECT_KEY: "project",
  };
  await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  expect(proxy.targets).toEqual([new URL(batch.url).host]);
  expect([...batch.audience("vip_customers").members.keys()]).toEqual(["42"]);
});
