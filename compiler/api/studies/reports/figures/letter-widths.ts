/**
 * About how wide a text is in the wider of the common fonts without serifs, in pixels: where a figure is drawn nobody
 * knows which font will show it, and no machine needs one to draw it.
 */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const letter of text) ems += widthOf(letter);
  return ems * fontSize;
}

/** In the size of the font. */
function widthOf(letter: string): number {
  if (/[ijl.,:;|'!\u2019 ]/.test(letter)) return 0.32;
  if (/[ftr()[\]{}/\\"-]/.test(letter)) return 0.41;
  if (/[mwMW%@\u2014\u2026]/.test(letter)) return 0.95;
  if (/[A-Z=+<>~\u00b1\u2212#_]/.test(letter)) return 0.7;
  return (letter.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.62;
}
