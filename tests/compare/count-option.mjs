/** The value of an option that is a whole number from 1 on. */
export function countOption(name, text) {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${name} needs a whole number from 1 on, not \`${text}\``);
}
