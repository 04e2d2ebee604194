/** How far down the causes of a cause are followed. */
export const MAX_CAUSES = 10;

/**
 * A fault that comes before anything is sent: no connection, no host of that name, or a server that is not trusted. Known by
 * the codes of Node and OpenSSL. A fault without a known code may have come after sending, and so may that of a `fetch` that
 * gives no Response.
 */
export type ConnectionFault = "unreachable" | "unknown host" | "untrusted" | "no response";

const NO_RESPONSE = "NO_RESPONSE";

/** A `fetch` of the caller may forget to return one. */
export function assertResponse(response: Response | undefined): void {
  if (typeof response?.status === "number") return;
  const error = new TypeError(`\`fetch\` gave no Response, but ${response}: let it return one`);
  throw Object.assign(error, { code: NO_RESPONSE });
}

const UNREACHABLE = /^(?:ECONNREFUSED|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
/** Of OpenSSL's own errors only those of the handshake: a broken record, say, may come after the request. */
const UNTRUSTED =
  /^(?:CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_(?:VERIFY|GET_ISSUER)\w*|ERR_TLS_CERT\w*|ERR_SSL_(?:WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|\w*(?:HANDSHAKE|CERTIFICATE|UNKNOWN_CA|PROTOCOL_VERSION|UNRECOGNIZED_NAME)\w*)|HOSTNAME_MISMATCH)$/;

export function connectionFault(cause: unknown): ConnectionFault | undefined {
  try {
    return faultOf(cause);
  } catch {
    // It cannot be read, so it says nothing.
    return undefined;
  }
}

function faultOf(cause: unknown): ConnectionFault | undefined {
  let error = cause;
  for (let depth = 0; depth <= MAX_CAUSES && error instanceof Error; depth++) {
    const code = "code" in error ? String(error.code) : "";
    if (UNREACHABLE.test(code)) return "unreachable";
    if (code === NO_RESPONSE) return "no response";
    // DNS says that there is none. EAI_AGAIN says that it could not be asked.
    if (code === "ENOTFOUND") return "unknown host";
    if (UNTRUSTED.test(code)) return "untrusted";
    error = error.cause;
  }
  return undefined;
}
