// Prism, for the tests that hold the client against the OpenAPI document: started as by the command line's --mock.

import { type Prism, startPrism as startPrismCommand } from "../../src/cli/prism.ts";

export type { Prism };

export interface PrismOptions {
  /** Path of the OpenAPI document. */
  document: string;
  /** Base URL of a server to stand in front of. Without it Prism answers by itself, from the document. */
  proxyTo?: string;
  /** Whether a proxy holds requests against the document too, not only answers. Default true. */
  validateRequests?: boolean;
}

export function startPrism({ document, proxyTo, validateRequests = true }: PrismOptions): Promise<Prism> {
  if (proxyTo === undefined) return startPrismCommand(["mock", document]);
  const flags = ["--errors", `--validate-request=${validateRequests}`];
  return startPrismCommand(["proxy", document, proxyTo, ...flags]);
}
