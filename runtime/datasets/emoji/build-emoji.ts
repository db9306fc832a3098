import { fault } from "../../faults.ts";
import type { BuildContext } from "../data-set.ts";
import { mapInOrder } from "../map-in-order.ts";
import { rasterise } from "../rasterise.ts";
import { textsIn } from "../read-member.ts";
import { readIconifySet } from "./iconify-set.ts";
import { signKey } from "./sign-key.ts";
import { readSignNames, type SignNames } from "./sign-names.ts";

/** The packages of which the emoji are made, by what each is for. */
interface EmojiParts {
  /** Drawings, by the name of the artist. */
  readonly artists: Readonly<Record<string, string>>;
  /** Whose drawings no model is trained on. */
  readonly heldOut: string;
  /** Which signs there are, and to which group each belongs. */
  readonly signs: string;
  readonly names: string;
  readonly derivedNames: string;
  readonly languages: readonly string[];
  /** Pixels of each side of an image. */
  readonly side: number;
}

const licenceFile = "package/LICENSE";

/** A sign by itself, without those that differ in the tone of a skin. */
interface Sign {
  readonly key: string;
  readonly group: string;
}

/** Draws each sign as each artist has it, and writes its names in each language beside it. */
export async function buildEmoji(
  parts: EmojiParts,
  { fileOf, folder, report }: BuildContext,
): Promise<void> {
  const signs = await readSigns(fileOf(parts.signs));
  const names = await readSignNames(
    fileOf(parts.names),
    fileOf(parts.derivedNames),
    parts.languages,
  );
  const artists = await Promise.all(
    Object.entries(parts.artists).map(async ([artist, name]) => ({
      artist,
      ...(await readIconifySet(fileOf(name))),
    })),
  );
  for (const { artist, licence } of artists) folder.licence(`drawings of ${artist}`, licence);
  for (const name of [parts.signs, parts.names])
    folder.licence(name, (await textsIn(fileOf(name), [licenceFile]))[licenceFile]);
  const pictures = artists.flatMap(({ artist, drawings }) =>
    signs.flatMap((sign) => {
      const drawing = drawings.get(sign.key);
      return drawing === undefined ? [] : [{ artist, drawing, sign }];
    }),
  );
  const isShared = ({ key }: Sign) => artists.every(({ drawings }) => drawings.has(key));
  const progress = report("drawing", pictures.length, "items");
  const drawn = mapInOrder(pictures, async ({ artist, drawing, sign }) => {
    const image = `${artist}/${sign.key}.png`;
    const text = textOf(sign, names);
    const bytes = text === undefined ? undefined : await draw(drawing, image, parts.side);
    return { image, artist, sign, text, bytes };
  });
  let done = 0;
  for await (const { image, artist, sign, text, bytes } of drawn) {
    done++;
    progress.update(done);
    if (text === undefined || bytes === undefined) {
      folder.pass(image, "it has no name in each language");
      continue;
    }
    folder.file(image, bytes);
    folder.caption({
      image,
      text,
      key: sign.key,
      group: sign.group,
      split: artist === parts.heldOut ? "held-out" : "train",
      source: artist,
      shared: isShared(sign),
    });
  }
  progress.finish();
}

async function readSigns(archive: string): Promise<readonly Sign[]> {
  const path = "package/data-by-emoji.json";
  const document = JSON.parse((await textsIn(archive, [path]))[path]) as Readonly<
    Record<string, { readonly group: string }>
  >;
  return Object.entries(document).map(([sign, { group }]) => ({ key: signKey(sign), group }));
}

/** What is said of a sign; nothing where one of the languages has no word for it. */
function textOf(
  { key }: Sign,
  names: ReadonlyMap<string, SignNames>,
): Readonly<Record<string, readonly string[]>> | undefined {
  const texts = [...names].map(([language, of]) => [language, of.get(key)] as const);
  if (texts.some(([, words]) => words === undefined)) return undefined;
  return Object.fromEntries(texts.map(([language, words]) => [language, words ?? []]));
}

async function draw(svg: string, image: string, side: number): Promise<Uint8Array> {
  try {
    return await rasterise(new TextEncoder().encode(svg), side);
  } catch (error) {
    const reason = `\`${image}\` cannot be drawn: ${error instanceof Error ? error.message : error}`;
    throw fault("data-set-incomplete", { name: "emoji", reason });
  }
}
