interface LockFile {
  packages: Record<string, { version?: string; integrity?: string; resolved?: string; link?: boolean }>;
}

/**
 * Packages of a package-lock.json that npm would install unchecked, or from one fixed host in place of the registry that
 * is configured.
 */
export function unsafeLockEntries(text: string): string[] {
  const { packages } = JSON.parse(text) as LockFile;
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (path === "" || entry.link === true) return [];
    const problems: string[] = [];
    if (entry.integrity === undefined) problems.push(`${path} ${entry.version} has no \`integrity\``);
    if (entry.resolved !== undefined) problems.push(`${path} names a host in \`resolved\``);
    return problems;
  });
}
