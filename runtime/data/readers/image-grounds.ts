import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";

/** Levels of red, green and blue; undefined where what is transparent is dropped. */
export type Ground = readonly number[] | undefined;

/**
 * What a picture is laid on before it is moved about and coloured: its background; or black and, once more, white, where its
 * colours are changed and those of its background are not.
 */
export function groundsOf({
  jitter,
  background,
}: SettingsOf<"image">): readonly [Ground] | readonly [Ground, Ground] {
  return jitter === undefined || background === undefined ? [background] : [black, white];
}

const black = [0, 0, 0];
const white = [255, 255, 255];
