/** How far down the causes of a cause are followed. */
export const MAX_CAUSES = 10;

/**
 * A fault that comes before anything is sent: no connection, or a server that is not trusted. Known by the codes of Node and
 * OpenSSL. A fault without a known code may have come after sending.
 */
export type ConnectionFault = "unreachable" | "untrusted";

const UNREACHABLE = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
const UNTRUSTED =
  /^(?:CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_(?:VERIFY|GET_ISSUER)\w*|ERR_TLS_CERT\w*|ERR_SSL_\w+|HOSTNAME_MISMATCH)$/;

export function connectionFault(cause: unknown): ConnectionFault | undefined {
  let error = cause;
  for (let depth = 0; depth <= MAX_CAUSES && error instanceof Error; depth++) {
    const code = "code" in error ? String(error.code) : "";
    if (UNREACHABLE.test(code)) return "unreachable";
    if (UNTRUSTED.test(code)) return "untrusted";
    error = error.cause;
  }
  return undefined;
}
