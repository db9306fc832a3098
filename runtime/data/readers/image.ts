import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { fault } from "../../faults.ts";
import { greyLevel } from "../../images/edit-image.ts";
import { jitterImage } from "../../images/jitter-image.ts";
import { greyDeviation, greyMean, normalizeImage } from "../../images/normalize-image.ts";
import type { Pixels } from "../../images/pixels.ts";
import { recolourDrawing } from "../../images/recolour-drawing.ts";
import { smoothly } from "../../images/resampling.ts";
import { InternalError } from "../../internal-error.ts";
import type { DrawnSample } from "../../numbers/draws.ts";
import type { DataRecord } from "../data-source.ts";
import type { DataReader, Made, SampleContext, SampleInput } from "../reader.ts";
import { groundOf } from "./image-grounds.ts";
import { placeImage } from "./place-image.ts";

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
    const own = await levelsOf(context, record, number, sample);
    if (mix === undefined) return own;
    const { data: other } = await context.recordOf(mix.partner, (partner, place) =>
      levelsOf(context, partner, place, mix.partner),
    );
    return { data: mixed(own.data, other, mix, formOf(input)) };
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

/** [colour, row, column], normalised; and how large the picture was. */
async function levelsOf(
  { input, pictures, draws }: SampleContext,
  { name, columns: { image } }: DataRecord,
  number: number,
  sample: DrawnSample,
): Promise<{ readonly data: Float32Array; readonly from: Made["from"] }> {
  const form = formOf(input);
  if (form === undefined) throw new InternalError("not looked at before");
  if (image === undefined)
    throw fault("record-unusable", { record: name, reason: "it has no image" });
  const settings = settingsOf(input);
  const { jitter, background } = settings;
  const ground = groundOf(settings);
  const own = draws(input.name, sample);
  const decoded = await pictures.of(number, image, ground);
  const placed = placeImage(decoded, form, settings, smoothly(ground), own);
  let pixels = placed;
  if (jitter !== undefined)
    pixels =
      background === undefined
        ? jitterImage(placed, jitter, own)
        : recolourDrawing(placed, background, jitter, own);
  const levels = new Float32Array(form.colours * form.width * form.height);
  if (form.colours === 3) normalizeImage(pixels, levels, 0);
  else normalizeGrey(pixels, levels);
  return { data: levels, from: { width: decoded.width, height: decoded.height } };
}

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
