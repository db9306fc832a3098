import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { affineImage } from "../../images/affine-image.ts";
import { type Box, cropImage, flipImage } from "../../images/edit-image.ts";
import { fitImage, isImageFit } from "../../images/fit-image.ts";
import type { Pixels } from "../../images/pixels.ts";
import { randomCrop } from "../../images/random-crop.ts";
import type { Resampling } from "../../images/resampling.ts";
import type { Draws } from "../../numbers/draws.ts";

type Settings = SettingsOf<"image">;

/**
 * A picture at its place in the input: moved about, cut and mirrored, in this order. Draws are the same however it is
 * resampled, so that what else shows the same thing comes to the same place.
 */
export function placeImage(
  image: Pixels,
  { width, height }: { readonly width: number; readonly height: number },
  settings: Settings,
  how: Resampling,
  draws: Draws,
): Pixels {
  const { rotate = 0, zoom = [1, 1], shift = [0, 0], shear = 0 } = settings;
  const isMoved =
    [rotate, shear, ...shift].some((one) => one !== 0) || zoom.some((one) => one !== 1);
  const moved = isMoved ? affineImage(image, { rotate, zoom, shift, shear }, how, draws) : image;
  const { fit = "crop", flip = false } = settings;
  const box = boxOf(moved, settings, draws);
  const sized =
    box === undefined
      ? fitImage(moved, width, height, isImageFit(fit) ? fit : "crop", how)
      : how.resize(cropImage(moved, box), width, height);
  return flip && draws.uniform() < 0.5 ? flipImage(sized) : sized;
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
