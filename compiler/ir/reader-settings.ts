/** What a setting of a reader takes. */
export type SettingKind =
  | { readonly kind: "text" | "number" | "truth" }
  | { readonly kind: "word"; readonly words: readonly string[] }
  /** A list of so many numbers, from the least to the most. */
  | { readonly kind: "numbers"; readonly least: number; readonly most: number };

const text = { kind: "text" } as const;
const number = { kind: "number" } as const;
const truth = { kind: "truth" } as const;
const words = <W extends string>(...all: readonly W[]) => ({ kind: "word", words: all }) as const;
const numbers = (least: number, most = least) => ({ kind: "numbers", least, most }) as const;

/**
 * What the runtime can make a tensor from (files, strings, and other columns of a record) and the settings of each. All of
 * them may be left out, unless a reader says otherwise.
 */
export const readerSettings = {
  image: {
    fit: words("crop", "squash", "pad", "slide"),
    crop: words("random"),
    box: numbers(4),
    scale: numbers(2),
    ratio: numbers(2),
    flip: truth,
    jitter: numbers(3, 4),
    rotate: number,
    zoom: numbers(2),
    shift: numbers(2),
    shear: number,
    background: numbers(3),
    mixup: number,
    cutmix: number,
  },
  text: {
    bos: truth,
    eos: truth,
    length: number,
    prefix: text,
    prompt: text,
    default: text,
    clean: truth,
    language: text,
    pick: words("any", "first"),
    negative: words("first_half", "all"),
  },
  chat: { template: text, image: number, query: number, length: number },
  labels: { of: text, ignore_prefix: number },
  questions: { of: text },
  key: { of: text, distinct: truth, each: number },
  label: {},
  length: { of: text },
  soft_label: { smoothing: number },
  segmentation: { of: text, ignore: number, reduce_zero: truth },
} as const satisfies Readonly<Record<string, Readonly<Record<string, SettingKind>>>>;

export type ReaderName = keyof typeof readerSettings;

type ValueOf<K extends SettingKind> = K extends { readonly kind: "text" }
  ? string
  : K extends { readonly kind: "number" }
    ? number
    : K extends { readonly kind: "truth" }
      ? boolean
      : K extends { readonly kind: "word"; readonly words: readonly (infer W)[] }
        ? W
        : readonly number[];

/** The settings of a reader as the check leaves them. */
export type SettingsOf<N extends ReaderName> = {
  readonly [S in keyof (typeof readerSettings)[N]]?: (typeof readerSettings)[N][S] extends SettingKind
    ? ValueOf<(typeof readerSettings)[N][S]>
    : never;
};
