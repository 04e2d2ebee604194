const NOT_ASCII = /[^\u0000-\u007f]/;

/** Length of a string in UTF-8 bytes. The string holds no lone surrogate: JSON escapes them. */
export function utf8Length(text: string): number {
  if (!NOT_ASCII.test(text)) return text.length;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair is 2 of the 4 bytes of its character.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
