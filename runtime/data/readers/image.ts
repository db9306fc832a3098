import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import { affineImage } from "../../images/affine-image.ts";
import { type Box, cropImage, flipImage, greyLevel } from "../../images/edit-image.ts";
import { fitImage, isImageFit } from "../../images/fit-image.ts";
import { jitterImage } from "../../images/jitter-image.ts";
import { greyDeviation, greyMean, normalizeImage } from "../../images/normalize-image.ts";
import type { Pixels } from "../../images/pixels.ts";
import { randomCrop } from "../../images/random-crop.ts";
import { resizeImage } from "../../images/resize-image.ts";
import { InternalError } from "../../internal-error.ts";
import type { Draws } from "../../numbers/draws.ts";
import type { DataRecord } from "../data-source.ts";
import type { DataReader, SampleContext, SampleInput } from "../reader.ts";

type Settings = SettingsOf<"image">;

/** Rows, columns and colours of what an image becomes; one colour is grey. */
interface Form {
  readonly width: number;
  readonly height: number;
  readonly colours: 1 | 3;
}

/**
 * Pixels as a model sees them, f32 [3, Y, X], or grey ones, [Y, X] or [1, Y, X]: a part of the picture, turned, coloured and
 * mixed as the settings say, and normalised.
 */
export const imageReader: DataReader = {
  columns: () => ["image"],
  misfit(input) {
    if (input.element !== "f32" || formOf(input) === undefined)
      return "a picture is f32 [B, 3, Y, X], [B, 1, Y, X] or [B, Y, X]";
    if (settingsOf(input).fit === "slide")
      return "training looks at one part of a picture, and `slide` at all";
    return undefined;
  },
  async read(context) {
    const { input, record, number, sample, mix } = context;
    const own = await levelsOf(context, record, number, context.draws(input.name, sample));
    if (mix === undefined) return { data: own };
    const other = await context.recordOf(mix.partner, (partner, place) =>
      levelsOf(context, partner, place, context.draws(input.name, mix.partner)),
    );
    return { data: mixed(own, other, mix, formOf(input)) };
  },
};

function settingsOf({ reader }: SampleInput): Settings {
  return (reader?.args ?? {}) as Settings;
}

export function formOf({ shape }: SampleInput): Form | undefined {
  const [height, width] = shape.slice(-2);
  const colours = shape.length === 2 ? 1 : shape[0];
  if (height === undefined || width === undefined || shape.length > 3) return undefined;
  return colours === 1 || colours === 3 ? { width, height, colours } : undefined;
}

/** [colour, row, column], normalised. */
async function levelsOf(
  { input, pictures }: SampleContext,
  { name, columns: { image } }: DataRecord,
  number: number,
  draws: Draws,
): Promise<Float32Array> {
  const form = formOf(input);
  if (form === undefined) throw new InternalError("not looked at before");
  if (image === undefined)
    throw fault("record-unusable", { record: name, reason: "it has no image" });
  const settings = settingsOf(input);
  const decoded = await pictures.of(number, image, settings.background);
  const pixels = changed(decoded, form, settings, draws);
  const levels = new Float32Array(form.colours * form.width * form.height);
  if (form.colours === 3) normalizeImage(pixels, levels, 0);
  else normalizeGrey(pixels, levels);
  return levels;
}

/** In the order of the words: moved about, cut, mirrored, coloured. Each draws the same whatever the others do. */
function changed(image: Pixels, { width, height }: Form, settings: Settings, draws: Draws): Pixels {
  const { rotate = 0, zoom = [1, 1], shift = [0, 0], shear = 0, background = [0, 0, 0] } = settings;
  const isMoved =
    [rotate, shear, ...shift].some((one) => one !== 0) || zoom.some((one) => one !== 1);
  const moved = isMoved
    ? affineImage(image, { rotate, zoom, shift, shear }, background, draws)
    : image;
  const { fit = "crop", flip = false, jitter } = settings;
  const box = boxOf(moved, settings, draws);
  const sized =
    box === undefined
      ? fitImage(moved, width, height, isImageFit(fit) ? fit : "crop")
      : resizeImage(cropImage(moved, box), width, height);
  const turned = flip && draws.uniform() < 0.5 ? flipImage(sized) : sized;
  return jitter === undefined ? turned : jitterImage(turned, jitter, draws);
}

/** The part that is taken; undefined where all of the picture is made to fit. */
function boxOf(
  image: Pixels,
  { crop, box, scale = usualScale, ratio = usualRatio }: Settings,
  draws: Draws,
): Box | undefined {
  if (box !== undefined) {
    const [left = 0, top = 0, width = 1, height = 1] = box;
    return inside({ left, top, width, height }, image);
  }
  return crop === "random" ? randomCrop(image, { scale, ratio }, draws) : undefined;
}

/** A given box may reach beyond a smaller picture. */
function inside({ left, top, width, height }: Box, image: Pixels): Box {
  const x = Math.min(Math.max(0, left), image.width - 1);
  const y = Math.min(Math.max(0, top), image.height - 1);
  return {
    left: x,
    top: y,
    width: Math.min(width, image.width - x),
    height: Math.min(height, image.height - y),
  };
}

/** As torchvision has them. */
const usualScale = [0.08, 1];
const usualRatio = [3 / 4, 4 / 3];

function normalizeGrey({ data }: Pixels, target: Float32Array): void {
  for (let pixel = 0; pixel < target.length; pixel++) {
    const [red = 0, green = 0, blue = 0] = [
      data[3 * pixel],
      data[3 * pixel + 1],
      data[3 * pixel + 2],
    ];
    target[pixel] = (greyLevel(red, green, blue) / 255 - greyMean) / greyDeviation;
  }
}

function mixed(
  own: Float32Array,
  other: Float32Array,
  { share, cut }: NonNullable<SampleContext["mix"]>,
  form: Form | undefined,
): Float32Array {
  if (form === undefined) throw new InternalError("not looked at before");
  if (cut === undefined)
    return own.map((level, at) => share * level + (1 - share) * (other[at] ?? 0));
  const { width, height, colours } = form;
  const data = own.slice();
  for (let row = 0; row < colours * height; row++) {
    const y = row % height;
    if (y < cut.top || y >= cut.bottom) continue;
    const from = row * width;
    data.set(other.subarray(from + cut.left, from + cut.right), from + cut.left);
  }
  return data;
}
