/** A text as it stands in XML and HTML, in attributes too. What XML does not allow at all is shown as a question mark. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`).replace(forbidden, "?");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
