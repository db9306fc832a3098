import { RuntimeFault } from "../faults.ts";
import { decodeImage } from "../images/decode-image.ts";
import type { Captions, DataRecord, Picture } from "./data-source.ts";
import { openSource } from "./open-source.ts";
import type { SourceIndex } from "./source-index.ts";

/** The smallest, the middle and the largest of some numbers. */
interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

interface LanguageCounts {
  /** Empty where nothing says which language a text is in. */
  readonly language: string;
  /** Records with a text in it. */
  readonly records: number;
  readonly texts: number;
  /** Mean bytes of the first text of a record. */
  readonly meanBytes: number;
  /** How many different first texts there are. */
  readonly different: number;
}

/** What a data set holds, counted over all of its records. */
export interface DataDescription {
  readonly path: string;
  readonly records: number;
  readonly columns: readonly string[];
  /** SHA-256 of all that says which records there are. */
  readonly hash: string;
  /** Of pictures, in pixels. */
  readonly width: Spread | undefined;
  readonly height: Spread | undefined;
  readonly languages: readonly LanguageCounts[];
  /** Records of each class. */
  readonly labels: Readonly<Record<string, number>>;
  /** How many different keys there are; undefined where no record has one of its own. */
  readonly keys: number | undefined;
  /** Records that cannot be read, and why. */
  readonly bad: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads every record of a data set, pictures too.
 *
 * @param onRecord Told how many records were looked at.
 * @throws {RuntimeFault} where the data set itself cannot be read; what is wrong with one record is counted.
 */
export async function describeData(
  index: SourceIndex,
  onRecord: (done: number) => void,
): Promise<DataDescription> {
  const source = openSource(index);
  const counts = new Counts();
  try {
    for (let number = 0; number < source.size; number++) {
      let name = `record ${number}`;
      try {
        const record = source.record(number);
        name = record.name;
        await counts.add(record);
      } catch (error) {
        if (!(error instanceof RuntimeFault)) throw error;
        counts.bad.push({ name, reason: error.message });
      }
      onRecord(number + 1);
    }
  } finally {
    source.close();
  }
  const { path, size: records, columns, hash } = index;
  return { path, records, columns, hash, ...counts.summary(records) };
}

class Counts {
  readonly bad: { name: string; reason: string }[] = [];
  readonly #widths: number[] = [];
  readonly #heights: number[] = [];
  readonly #languages = new Map<string, LanguageSums>();
  readonly #labels = new Map<number, number>();
  readonly #keys = new Set<string>();

  async add({ name, columns }: DataRecord): Promise<void> {
    const { image, mask, text, label, key } = columns;
    // First what may fail: a record that is bad counts nowhere else.
    const size = image === undefined ? undefined : await sizeOf(image);
    if (mask !== undefined) await sizeOf(mask);
    if (size !== undefined) {
      this.#widths.push(size.width);
      this.#heights.push(size.height);
    }
    if (text !== undefined) this.#addTexts(text);
    if (label !== undefined) this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
    if (key !== undefined && key !== name) this.#keys.add(key);
  }

  #addTexts(captions: Captions): void {
    for (const [language, texts] of Object.entries(captions)) {
      const sums = this.#languages.get(language) ?? new LanguageSums();
      this.#languages.set(language, sums);
      sums.add(texts);
    }
  }

  summary(records: number) {
    return {
      width: spreadOf(this.#widths),
      height: spreadOf(this.#heights),
      languages: [...this.#languages]
        .map(([language, sums]) => sums.counts(language))
        .sort(
          (one, other) => other.records - one.records || (one.language < other.language ? -1 : 1),
        ),
      labels: Object.fromEntries([...this.#labels].sort(([one], [other]) => one - other)),
      keys: this.#keys.size === 0 || this.#keys.size === records ? undefined : this.#keys.size,
      bad: this.bad,
    };
  }
}

class LanguageSums {
  #records = 0;
  #texts = 0;
  #bytes = 0;
  readonly #first = new Set<string>();

  add(texts: readonly string[]): void {
    const [first = ""] = texts;
    this.#records++;
    this.#texts += texts.length;
    this.#bytes += Buffer.byteLength(first);
    this.#first.add(first);
  }

  counts(language: string): LanguageCounts {
    return {
      language,
      records: this.#records,
      texts: this.#texts,
      meanBytes: this.#bytes / this.#records,
      different: this.#first.size,
    };
  }
}

async function sizeOf(picture: Picture): Promise<{ width: number; height: number }> {
  if (picture.kind !== "encoded") return picture.pixels;
  return decodeImage(picture.bytes(), { name: picture.path });
}

function spreadOf(values: number[]): Spread | undefined {
  values.sort((one, other) => one - other);
  const [least, median, most] = [values[0], values[values.length >> 1], values.at(-1)];
  if (least === undefined || median === undefined || most === undefined) return undefined;
  return { least, median, most };
}
