import { dirname } from "node:path";
import { fault } from "../../faults.ts";
import { entryOf } from "../manifest-entry.ts";
import { columnsOf, ManifestWriter } from "../manifest-writer.ts";
import { linesOf } from "../read-lines.ts";
import type { ManifestIndex } from "../source-index.ts";
import type { IndexRequest } from "./index-request.ts";
import { SplitFilter } from "./split-filter.ts";

/**
 * Records as lines of JSON: `{"image": "a/b.png", "text": "..", "label": 3}`. Each line is looked at once; where it
 * stands is kept, not what it says.
 *
 * @throws {RuntimeFault} `data-field` with the first line that is none, `data-empty`.
 */
export function indexJsonLines({ path, split }: IndexRequest, file: string): ManifestIndex {
  const writer = new ManifestWriter(path, dirname(file));
  const splits = new SplitFilter(path, split);
  const decoder = new TextDecoder();
  for (const { number, start, bytes } of linesOf(file)) {
    const text = decoder.decode(bytes);
    if (text.trim() === "") continue;
    const wrong = (reason: string) => fault("data-field", { path: file, line: number, reason });
    let fields: unknown;
    try {
      fields = JSON.parse(text);
    } catch {
      throw wrong("it is not JSON");
    }
    const found = entryOf(fields);
    if ("wrong" in found) throw wrong(found.wrong);
    if (splits.takes((fields as { split?: unknown }).split))
      writer.addLine(start, bytes, columnsOf(found.entry));
  }
  splits.assertSome(writer.size);
  return writer.index(file);
}
