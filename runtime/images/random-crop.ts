import type { Draws } from "../numbers/draws.ts";
import { exp, log } from "../numbers/elementary.ts";
import type { Box } from "./edit-image.ts";

interface CropRanges {
  /** Share of the image's area, from the least to the most. */
  readonly scale: readonly number[];
  /** Width by height. */
  readonly ratio: readonly number[];
}

/**
 * A box whose share of the area and whose form are drawn, as torchvision's `RandomResizedCrop` does it: ten tries, then the
 * largest box of an allowed form in the middle.
 */
export function randomCrop(
  { width, height }: { readonly width: number; readonly height: number },
  { scale, ratio }: CropRanges,
  draws: Draws,
): Box {
  const [least = 1, most = 1] = scale;
  const [narrowest = 1, widest = 1] = ratio;
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * draws.between(least, most);
    const form = exp(draws.between(log(narrowest), log(widest)));
    const columns = Math.round(Math.sqrt(area * form));
    const rows = Math.round(Math.sqrt(area / form));
    if (columns < 1 || columns > width || rows < 1 || rows > height) continue;
    const top = draws.below(height - rows + 1);
    const left = draws.below(width - columns + 1);
    return { left, top, width: columns, height: rows };
  }
  const form = Math.min(Math.max(width / height, narrowest), widest);
  const columns = Math.max(1, Math.min(width, Math.round(height * form)));
  const rows = Math.max(1, Math.min(height, Math.round(width / form)));
  const left = Math.floor((width - columns) / 2);
  const top = Math.floor((height - rows) / 2);
  return { left, top, width: columns, height: rows };
}
