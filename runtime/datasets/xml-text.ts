/** The text that stands in an XML document as `text`: entities are replaced, unknown ones stay. */
export function xmlText(text: string): string {
  return text.replace(
    /&(#x[\da-f]{1,6}|#\d{1,7}|lt|gt|amp|quot|apos);/gi,
    (found, name: string) => {
      if (!name.startsWith("#")) return named[name.toLowerCase()] ?? found;
      const isHex = /^#x/i.test(name);
      const code = Number.parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
      const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return isCharacter ? String.fromCodePoint(code) : found;
    },
  );
}

const named: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};
