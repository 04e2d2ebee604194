/** The document with new content between the marks of that name; what stands around them is written by hand. */
export function put(document: string, name: string, content: string): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`It has no ${begin} … ${end}`);
  return `${document.slice(0, from)}${begin}\n${content}\n${document.slice(to)}`;
}
