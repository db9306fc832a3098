import {
  bestChannels,
  bilinearPlanes,
  keptRatio,
  type Size,
  WindowMean,
  type WindowRule,
  wholePatches,
  windowStarts,
} from "../../../runtime/evaluate/windows.ts";
import { fault } from "../../../runtime/faults.ts";
import { decodeImage } from "../../../runtime/images/decode-image.ts";
import { normalizeImage } from "../../../runtime/images/normalize-image.ts";
import type { Pixels } from "../../../runtime/images/pixels.ts";
import { InternalError } from "../../diagnostics/internal-error.ts";
import type { OpenMode } from "./shared-programs.ts";

/** Steps between windows, as parts of a window: 322 of 504 pixels. */
export const strideShare = 322 / 504;
export const patch = 14;

/** A photo with the class of each of its pixels, at its own size. */
export interface LabelledPixels {
  readonly photo: Pixels;
  readonly labels: Uint8Array;
}

/**
 * Scores windows of a photo, whose shorter side becomes that of a window, averages them where they overlap, brings them to
 * the size of the photo and takes the highest.
 *
 * @param longest The longer side is at most so many windows, where it is bounded.
 * @throws {RuntimeFault} `data-wrong` for a photo that the bound makes lower than a window.
 */
export async function segmentPhoto(
  path: string,
  segmenter: OpenMode,
  longest: number,
): Promise<LabelledPixels> {
  const { artifact } = segmenter;
  const [input] = artifact.inputs;
  const [output] = artifact.outputs;
  if (input === undefined || output === undefined)
    throw new InternalError("a mode that segments has an input and an output");
  const window = input.shape.at(-1)?.size ?? 0;
  const classes = output.shape[1]?.size ?? 0;
  const rule: WindowRule = { window, stride: Math.floor(window * strideShare), patch, longest };
  const photo = await decodeImage(path);
  const own: Size = { height: photo.height, width: photo.width };
  const sized = wholePatches(keptRatio(own, rule), rule);
  if (Math.min(sized.height, sized.width) < window)
    throw fault("data-wrong", {
      file: path,
      place: "",
      reason: `${own.width} x ${own.height} is more than ${longest} times as long as wide: a window of another shape is needed`,
    });
  const pixels = sizedPixels(photo, rule, sized);
  const mean = new WindowMean(sized, classes);
  const side: Size = { height: window, width: window };
  for (const top of windowStarts(sized.height, rule))
    for (const left of windowStarts(sized.width, rule)) {
      const data = cutWindow(pixels, sized, side, top, left);
      const outputs = await segmenter.run({
        [input.name]: { shape: [1, 3, window, window], data },
      });
      mean.add(outputs[output.name]?.data ?? [], side, top, left);
    }
  const labels = bestChannels(bilinearPlanes(mean.mean(), classes, sized, own), classes);
  return { photo, labels };
}

/** Resized twice, each time to whole levels, and normalised then: [colour, row, column]. */
function sizedPixels(photo: Pixels, rule: WindowRule, sized: Size): Float32Array {
  const kept = keptRatio(photo, rule);
  const planes = Float32Array.from({ length: photo.data.length }, (_, place) => {
    const pixels = photo.width * photo.height;
    return photo.data[3 * (place % pixels) + Math.floor(place / pixels)] ?? 0;
  });
  const levels = [kept, sized].reduce(
    ({ data, size }, next) => ({
      data: bilinearPlanes(data, 3, size, next).map(Math.round),
      size: next,
    }),
    { data: planes, size: photo as Size },
  ).data;
  const pixels = sized.height * sized.width;
  const data = Uint8Array.from(
    levels,
    (_, place) => levels[(place % 3) * pixels + Math.floor(place / 3)] ?? 0,
  );
  const normalised = new Float32Array(levels.length);
  normalizeImage({ ...sized, data }, normalised, 0);
  return normalised;
}

function cutWindow(
  pixels: Float32Array,
  from: Size,
  side: Size,
  top: number,
  left: number,
): Float32Array {
  const result = new Float32Array(3 * side.height * side.width);
  for (let channel = 0; channel < 3; channel++)
    for (let row = 0; row < side.height; row++) {
      const start = (channel * from.height + top + row) * from.width + left;
      const place = (channel * side.height + row) * side.width;
      result.set(pixels.subarray(start, start + side.width), place);
    }
  return result;
}
