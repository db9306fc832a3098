import { debianFiles } from "../archives/open-archive.ts";
import type { BuildContext, DataSet } from "./data-set.ts";
import { splitOf } from "./held-out.ts";
import { mapInOrder } from "./map-in-order.ts";
import { rasterise } from "./rasterise.ts";

/** Pictures of things that Tux Paint stamps, each with a sentence in up to 76 languages. */
export const stamps: DataSet = {
  name: "stamps",
  summary: "950 photographs and drawings with captions in up to 76 languages",
  recipe: 1,
  packages: [
    {
      registry: "debian",
      name: "tuxpaint-stamps-default",
      version: "2022.06.04-1",
      bytes: 160_880_444,
      sha256: "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
    },
  ],
  licences: [{ part: "pictures and captions", licence: "GPL-2.0", by: "Bill Kendrick and others" }],
  build: buildStamps,
};

/** Pixels of each side of an image. */
const side = 128;
const root = "usr/share/tuxpaint/stamps/";

async function buildStamps({ fileOf, folder, report }: BuildContext): Promise<void> {
  const progress = report("drawing", 1033, "items");
  const drawn = new Map<string, Uint8Array>();
  const texts = new Map<string, string>();
  const archive = fileOf("tuxpaint-stamps-default");
  const read = mapInOrder(filesOf(archive), async ({ path, bytes }) => {
    const [, stem = "", ending = ""] = /^(.*)\.(\w+)$/.exec(path) ?? [];
    const text = ending === "png" || ending === "svg" ? "" : new TextDecoder().decode(bytes);
    if (path.endsWith("/copyright")) folder.licence("tuxpaint-stamps-default", text);
    if (ending === "txt") texts.set(stem, text);
    if (ending !== "png" && ending !== "svg") return;
    try {
      const image = await rasterise(bytes, side);
      // Where there are both, the drawing is the original.
      if (ending === "svg" || !drawn.has(stem)) drawn.set(stem, image);
    } catch (error) {
      folder.pass(path, error instanceof Error ? error.message : String(error));
    }
  });
  let done = 0;
  for await (const _ of read) {
    done++;
    if (done % 10 === 0) progress.update(drawn.size);
  }
  progress.finish();
  for (const [stem, image] of [...drawn].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const text = captionsIn(texts.get(stem) ?? "");
    const key = stem.slice(root.length);
    // Mirrored ones are only there where a picture must not be mirrored by itself.
    if (text.en === undefined) folder.pass(key, "it has no caption");
    else {
      folder.file(`images/${key}.png`, image);
      const [group = ""] = key.split("/");
      const split = splitOf(key);
      folder.caption({ image: `images/${key}.png`, text, key, group, split, source: "stamps" });
    }
  }
}

/** What the data set is made of; most of the package are sounds. */
async function* filesOf(archive: string) {
  for await (const { path, read } of debianFiles(archive)) {
    const isOne = path.startsWith(root) && /\.(png|svg|txt)$/.test(path);
    if (isOne || path.endsWith("/copyright")) yield { path, bytes: await read() };
  }
}

/** The first line is English; the others say their language: `pt_BR.utf8=..`. */
function captionsIn(text: string): Readonly<Record<string, readonly string[]>> {
  const [english = "", ...lines] = text.split("\n").map((line) => line.trim());
  const captions: Record<string, readonly string[]> = english === "" ? {} : { en: [english] };
  for (const line of lines) {
    const [, language, caption] = /^([A-Za-z_@]+)\.utf8=\s*(.+)$/.exec(line) ?? [];
    if (language === undefined || caption === undefined) continue;
    captions[languages[language] ?? language.replace(/[_@]/g, "-")] ??= [caption];
  }
  return captions;
}

/** Chinese without a country is that of the mainland, as elsewhere. */
const languages: Readonly<Record<string, string>> = { zh_CN: "zh" };
