import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blaming, writeAtomically } from "../files/atomic-write.ts";
import { makeFolder } from "../files/make-folder.ts";

/** A line of `captions.jsonl`: one image and what is said of it. */
interface CaptionRecord {
  /** The path of the image in the folder. */
  readonly image: string;
  /** By language: the name first, then keywords. */
  readonly text: Readonly<Record<string, readonly string[]>>;
  /** What the image shows; images of one thing have the same. */
  readonly key: string;
  readonly group: string;
  readonly split: "train" | "held-out";
  /** Whose drawing it is. */
  readonly source: string;
  /** Only where the data set says so: whether every source has a drawing of it. */
  readonly shared?: boolean;
}

/** A data set on its way: the folder that is renamed to its place when all is in it. */
export class DataSetFolder {
  readonly path: string;
  readonly #captions: CaptionRecord[] = [];
  readonly #images = new Map<string, number>();
  readonly #licenceTexts: string[] = [];
  readonly #passed: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  file(name: string, bytes: Uint8Array): void {
    const path = join(this.path, name);
    blaming(path, () => {
      makeFolder(dirname(path));
      writeFileSync(path, bytes);
    });
  }

  caption(record: CaptionRecord): void {
    this.#captions.push(record);
    this.images(record.source, 1);
  }

  /** So many images more from there; those with a caption count by themselves. */
  images(source: string, count: number): void {
    this.#images.set(source, (this.#images.get(source) ?? 0) + count);
  }

  /** The text of a licence as its package has it. */
  licence(part: string, text: string): void {
    this.#licenceTexts.push(`## ${part}\n\n${text.trim()}\n`);
  }

  /** Something of a package that is not in the data set, and why. */
  pass(what: string, reason: string): void {
    this.#passed.push(`${what}: ${reason}`);
  }

  /** How many images there are, by their source, and in which languages they are captioned. */
  counts(): { images: Readonly<Record<string, number>>; languages: readonly string[] } {
    const languages = this.#captions.flatMap(({ text }) => Object.keys(text));
    return { images: Object.fromEntries(this.#images), languages: [...new Set(languages)].sort() };
  }

  get passed(): readonly string[] {
    return this.#passed;
  }

  /** Writes what was gathered; the files are there already. */
  finish(table: string): void {
    const lines = this.#captions.map((record) => `${JSON.stringify(record)}\n`);
    if (lines.length > 0) this.#write(captionsFile, lines.join(""));
    this.#write("LICENCES.md", [table, ...this.#licenceTexts].join("\n"));
  }

  #write(name: string, text: string): void {
    writeAtomically(join(this.path, name), [new TextEncoder().encode(text)]);
  }
}

const captionsFile = "captions.jsonl";
