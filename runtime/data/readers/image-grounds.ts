import type { SettingsOf } from "../../../compiler/ir/reader-settings.ts";
import { behindDrawing } from "../../images/drawing.ts";

/** Levels of red, green and blue, or `behindDrawing`; undefined where what is transparent is dropped. */
export type Ground = readonly number[] | undefined;

/**
 * What a picture is laid on before it is moved about and coloured: its background; or none yet, where its colours are changed
 * and those of its background are not.
 */
export function groundOf({ jitter, background }: SettingsOf<"image">): Ground {
  return jitter === undefined || background === undefined ? background : behindDrawing;
}
