/** What the changelog says of a version. Throws unless the tag, the version and the changelog agree. */
export function releaseNotes(changelog: string, version: string, tag: string): string {
  if (tag !== `v${version}`) {
    throw new Error(`The tag is ${tag}, and package.json says ${version}: the tag must be v${version}.`);
  }
  const [, ...sections] = changelog.split(/^## /m).map((section) => {
    const end = section.indexOf("\n");
    return { heading: section.slice(0, end).trim(), text: section.slice(end).trim() };
  });
  const unreleased = sections.find(({ heading }) => heading === "Unreleased");
  if (unreleased !== undefined && unreleased.text !== "") {
    throw new Error(`CHANGELOG.md still has entries under "Unreleased". Move them under "${version}".`);
  }
  const released = sections.find(({ heading }) => heading === version);
  if (released === undefined || released.text === "") {
    throw new Error(`CHANGELOG.md has nothing under "${version}". Say there what changed.`);
  }
  return released.text;
}
