// A data set as Weft fetches or takes it: a folder with `captions.jsonl`, as images and what they are called.
import { join } from "node:path";
import { entryOf, isPlace } from "../../data/manifest-entry.ts";
import type { DataEntry } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readRecords } from "../entries/read-entries.ts";
import type { RetrievalLayout } from "./retrieval-layouts.ts";

/**
 * The images of a split with the first text of each in a language, which is a name or a sentence. Texts without a language
 * are in every one; an image without a text in it is not asked for.
 */
export const captionedLayout: RetrievalLayout = {
  files: ["captions.jsonl"],
  read(data, findings: Findings, language, split) {
    const lines = readRecords(join(data, "captions.jsonl")).filter(
      (line) => split === undefined || (line.has("split") && line.at("split").value === split),
    );
    const found = findings.each(lines, (line) => captioned(line, language));
    const own = found.flatMap((one) => (one === undefined ? [] : [one]));
    return {
      images: own.map(({ image }) => ({ id: image, path: image })),
      captions: own.map(({ text }, image) => ({ text, image })),
    };
  },
};

function captioned(
  line: DataEntry,
  language: string,
): { readonly image: string; readonly text: string } | undefined {
  const read = entryOf(line.value);
  if ("wrong" in read) throw line.wrong(read.wrong);
  const { image, text } = read.entry;
  if (typeof image !== "string" || text === undefined || isPlace(text)) return undefined;
  const [first] = text[language] ?? text[""] ?? [];
  return first === undefined ? undefined : { image, text: first };
}
