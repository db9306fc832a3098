/**
 * A text from outside (a path, a key, a message of the system) on one line of a message: control characters, which
 * could move the cursor, forge a line or talk to the terminal, are shown as escapes.
 */
export function visibleText(text: string): string {
  return text.replace(controls, escapeOf);
}

/** C0 and C1, the line separators, and the marks that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function escapeOf(character: string): string {
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
  const code = character.charCodeAt(0).toString(16);
  return (
    short ?? (code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`)
  );
}
