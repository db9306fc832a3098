import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import { decodeMask } from "../../images/decode-mask.ts";
import { colourImage } from "../../images/edit-image.ts";
import type { Pixels } from "../../images/pixels.ts";
import { byNearest } from "../../images/resampling.ts";
import { InternalError } from "../../internal-error.ts";
import type { Picture } from "../data-source.ts";
import { isMixed } from "../mix.ts";
import type { DataReader, SampleContext, SampleInput } from "../reader.ts";
import { placeImage } from "./place-image.ts";

type Settings = SettingsOf<"segmentation">;

/**
 * The class of each pixel of a picture, i32 [Y, X], from the record's mask: moved, cut and mirrored as the picture is, the
 * nearest class where it is resized, and `ignore` where the picture shows nothing. With `reduce_zero` level 0 of the mask is
 * no class, and the classes begin with level 1.
 */
export const segmentationReader: DataReader = {
  columns: () => ["image", "mask"],
  misfit(input, others) {
    const image = imageOf(input, others);
    if (image === undefined)
      return "`of` names the input that is read `from image(..)`; without it there is one alone";
    if (isMixed(image)) return `\`${image.name}\` mixes pictures, and classes cannot be mixed`;
    return input.element === "i32" && `${input.shape}` === `${image.shape.slice(-2)}`
      ? undefined
      : `classes are i32 [B, Y, X], with the Y and X of \`${image.name}\``;
  },
  async read(context) {
    const { input, inputs, record } = context;
    const image = imageOf(input, inputs);
    const { mask } = record.columns;
    if (image === undefined) throw new InternalError("not looked at before");
    if (mask === undefined)
      throw fault("record-unusable", { record: record.name, reason: "it has no mask" });
    const decoded = await levelsOf(mask);
    assertSameSize(decoded, image, context);
    const [height = 0, width = 0] = input.shape;
    const placed = placeImage(
      decoded,
      { width, height },
      image.reader?.args ?? {},
      byNearest(beside),
      context.draws(image.name),
    );
    const { ignore = usualIgnored, reduce_zero: isReduced = false } = settingsOf(input);
    const data = Int32Array.from({ length: height * width }, (_, at) => {
      const level = placed.data[3 * at] ?? 0;
      if (placed.data[3 * at + 1] === outside) return ignore;
      if (!isReduced) return level;
      return level === 0 || level === unlabelled ? ignore : level - 1;
    });
    return { data };
  },
};

function settingsOf({ reader }: SampleInput): Settings {
  return (reader?.args ?? {}) as Settings;
}

/** The picture that the mask is of. */
function imageOf(input: SampleInput, all: readonly SampleInput[]): SampleInput | undefined {
  const { of } = settingsOf(input);
  const images = all.filter(({ reader }) => reader?.name === "image");
  if (of !== undefined) return images.find(({ name }) => name === of);
  return images.length === 1 ? images[0] : undefined;
}

/** Levels in the first colour; the second tells what lies beside the picture from all of them. */
async function levelsOf(mask: Picture): Promise<Pixels> {
  const pixels = mask.kind === "encoded" ? await decodeMask(mask.bytes(), mask.path) : greyOf(mask);
  const data = pixels.data.slice();
  for (let at = 1; at < data.length; at += 3) data[at] = 0;
  return { ...pixels, data };
}

function greyOf(mask: Exclude<Picture, { kind: "encoded" }>): Pixels {
  return mask.kind === "grey" ? colourImage(mask.pixels) : mask.pixels;
}

/** Where a picture is cut is drawn from its size. */
function assertSameSize(
  { width, height }: Pixels,
  image: SampleInput,
  { record, made }: SampleContext,
): void {
  const { from } = made(image.name);
  if (from?.width === width && from.height === height) return;
  const reason = `its mask has ${width} x ${height} pixels, and its image ${from?.width} x ${from?.height}`;
  throw fault("record-unusable", { record: record.name, reason });
}

const outside = 255;
const beside = [0, outside, 0];
/** What the released label maps leave out, beside level 0. */
const unlabelled = 255;
const usualIgnored = 255;
