import { debianFiles } from "../archives/open-archive.ts";
import type { BuildContext, DataSet } from "./data-set.ts";
import { splitOf } from "./held-out.ts";
import { mapInOrder } from "./map-in-order.ts";
import { rasterise } from "./rasterise.ts";
import { xmlText } from "./xml-text.ts";

/** Drawings by many people under titles of their own: as noisy as what is found in the web. */
export const openclipart: DataSet = {
  name: "openclipart",
  summary: "7,000 drawings under the titles and keywords of those who drew them",
  recipe: 1,
  packages: [
    {
      registry: "debian",
      name: "openclipart-svg",
      version: "1:0.18+dfsg-19",
      bytes: 24_919_068,
      sha256: "989712d90d57dfa3230049f553bb43b76c30ee4d4b8c5f6e106e33f7db5cbdc5",
    },
  ],
  licences: [
    { part: "drawings and titles", licence: "public domain", by: "the artists of Open Clip Art" },
  ],
  build: buildOpenclipart,
};

/** Pixels of each side of an image. */
const side = 96;
const root = "usr/share/openclipart/svg/";
const packageName = "openclipart-svg";

async function buildOpenclipart({ fileOf, folder, report }: BuildContext): Promise<void> {
  const progress = report("drawing", 7458, "items");
  let done = 0;
  const read = mapInOrder(filesOf(fileOf(packageName)), async ({ path, bytes }) => {
    if (!path.startsWith(root)) return { path, licence: new TextDecoder().decode(bytes) };
    const key = path.slice(root.length).replace(/\.svg$/, "");
    const text = titlesIn(new TextDecoder().decode(bytes));
    if (text.length === 0) return { path, key, reason: "it has no title" };
    try {
      return { path, key, text, image: await rasterise(bytes, side) };
    } catch (error) {
      return { path, key, reason: error instanceof Error ? error.message : String(error) };
    }
  });
  for await (const { path, key, licence, text, image, reason = "" } of read) {
    if (licence !== undefined) folder.licence(packageName, licence);
    else if (key === undefined || text === undefined || image === undefined)
      folder.pass(path, reason.split("\n")[0] ?? "");
    else {
      const place = `images/${key}.png`;
      folder.file(place, image);
      const [group = ""] = key.split("/");
      const split = splitOf(key);
      folder.caption({
        image: place,
        text: { en: text },
        key,
        group,
        split,
        source: "openclipart",
      });
    }
    done++;
    progress.update(done);
  }
  progress.finish();
}

async function* filesOf(archive: string) {
  for await (const { path, read } of debianFiles(archive))
    if ((path.startsWith(root) && path.endsWith(".svg")) || path.endsWith("/copyright"))
      yield { path, bytes: await read() };
}

/** The title of the work and then its keywords; those of its author and publisher stand further in. */
function titlesIn(svg: string): readonly string[] {
  const [, work = ""] = /<cc:Work\b[^>]*>(.*?)<\/cc:Work>/s.exec(svg) ?? [];
  const own = work.replace(/<cc:Agent\b.*?<\/cc:Agent>/gs, "");
  const [, title = ""] = /<dc:title\b[^>]*>([^<]*)<\/dc:title>/.exec(own) ?? [];
  const keywords = [...own.matchAll(/<rdf:li\b[^>]*>([^<]*)<\/rdf:li>/g)].map(
    ([, word = ""]) => word,
  );
  const words = [title, ...keywords].map((text) => xmlText(text).replace(/\s+/g, " ").trim());
  if (words[0] === "") return [];
  return [...new Set(words.filter((word) => word !== "" && !saysNothing.has(word)))];
}

/** What the library's own programs put there. */
const saysNothing = new Set(["unsorted", "hash"]);
