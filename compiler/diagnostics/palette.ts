/** The codes that start each kind of text, and the one that ends all. */
export interface Palette {
  readonly error: string;
  readonly warning: string;
  readonly message: string;
  readonly frame: string;
  readonly related: string;
  readonly help: string;
  readonly end: string;
}

export const plainPalette: Palette = {
  error: "",
  warning: "",
  message: "",
  frame: "",
  related: "",
  help: "",
  end: "",
};

/** For terminals; who prints decides whether there is one. */
export const ansiPalette: Palette = {
  error: "\u001b[1;31m",
  warning: "\u001b[1;33m",
  message: "\u001b[1m",
  frame: "\u001b[34m",
  related: "\u001b[36m",
  help: "\u001b[32m",
  end: "\u001b[0m",
};

export function paint(palette: Palette, kind: Exclude<keyof Palette, "end">, text: string): string {
  return text === "" || palette[kind] === "" ? text : `${palette[kind]}${text}${palette.end}`;
}
