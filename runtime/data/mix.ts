import type { SettingsOf } from "../../compiler/ir/reader-settings.ts";
import { type DrawnSample, type Draws, drawBeta } from "../numbers/draws.ts";
import type { Mix, SampleInput } from "./reader.ts";
import { formOf } from "./readers/image.ts";

/**
 * How the record's picture is mixed with another one of the epoch: `mixup` and `cutmix` are the numbers of the beta
 * distribution that shares are drawn from (arXiv 1710.09412, 1905.04899). With both, each is as likely.
 */
export function mixOf(
  input: SampleInput | undefined,
  { epoch }: DrawnSample,
  size: number,
  draws: Draws,
): Mix | undefined {
  const form = input && formOf(input);
  const { mixup = 0, cutmix = 0 } = (input?.reader?.args ?? {}) as SettingsOf<"image">;
  if (form === undefined || (mixup <= 0 && cutmix <= 0)) return undefined;
  const partner = { epoch, place: draws.below(size) };
  const isCut = cutmix > 0 && (mixup <= 0 || draws.uniform() < 0.5);
  const share = drawBeta(draws, isCut ? cutmix : mixup);
  if (!isCut) return { partner, share, cut: undefined };
  const { width, height } = form;
  const side = Math.sqrt(1 - share);
  const [x, y] = [draws.below(width), draws.below(height)];
  const [halfX, halfY] = [Math.floor((width * side) / 2), Math.floor((height * side) / 2)];
  const cut = {
    left: Math.max(0, x - halfX),
    right: Math.min(width, x + halfX),
    top: Math.max(0, y - halfY),
    bottom: Math.min(height, y + halfY),
  };
  const covered = (cut.right - cut.left) * (cut.bottom - cut.top);
  return { partner, share: 1 - covered / (width * height), cut };
}

/** Whether a stage mixes the pictures of this input. */
export function isMixed({ reader }: SampleInput): boolean {
  const { mixup = 0, cutmix = 0 } = (reader?.args ?? {}) as SettingsOf<"image">;
  return reader?.name === "image" && (mixup > 0 || cutmix > 0);
}
