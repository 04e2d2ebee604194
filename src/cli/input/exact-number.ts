/** A double holds every number of so many digits, unless it is very near to 0. */
export const DIGITS_HELD = 15;

/** Whether the number that the text becomes is the one in the text, a decimal as JSON and tables have it. */
export function isHeldAsNumber(text: string): boolean {
  if (text.length <= DIGITS_HELD && !/e/i.test(text)) return true;
  const value = Number(text);
  const held = String(value);
  // At first what programs write.
  return held === text || (Number.isFinite(value) && decimalOf(text) === decimalOf(held));
}

/** A whole number beyond those that a double tells apart: others may read it as another one. */
export function isRoundedWhole(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** The same for all texts of one number, but for its sign. */
function decimalOf(text: string): string {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  let end = digits.length;
  // A regular expression would begin again at every zero.
  while (digits[end - 1] === "0") end--;
  if (end === 0) return "0";
  return `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
