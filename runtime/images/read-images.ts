import type { InputSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import type { Tensor } from "../tensor.ts";
import { decodeImage } from "./decode-image.ts";
import { fitImage, type ImageFit, imageFits, isImageFit } from "./fit-image.ts";
import { normalizeImage } from "./normalize-image.ts";

/** Decodes and preprocesses image files as the input's `image(..)` says: one per position of the batch. */
export async function readImages(paths: readonly string[], spec: InputSpec): Promise<Tensor> {
  const { fit, width, height } = imageForm(spec);
  const each = 3 * height * width;
  const data = new Float32Array(paths.length * each);
  for (const [index, path] of paths.entries()) {
    const fitted = fitImage(await decodeImage(path), width, height, fit);
    normalizeImage(fitted, data, index * each);
  }
  return { element: "f32", shape: [paths.length, 3, height, width], data };
}

function imageForm(spec: InputSpec): { fit: ImageFit; width: number; height: number } {
  const wrong = (reason: string) => fault("not-an-image-input", { name: spec.name, reason });
  const { reader, shape } = spec;
  if (reader?.name !== "image") throw wrong("the mode does not say `from image(..)` there");
  const [colour, row, column] = shape.slice(-3);
  if (colour?.size !== 3 || row === undefined || column === undefined || spec.element !== "f32") {
    throw wrong("its last three dimensions are not 3 colours, rows and columns of f32");
  }
  const fit = reader.args.fit ?? "crop";
  if (typeof fit !== "string" || !isImageFit(fit))
    throw wrong(`\`fit: ${String(fit)}\` is none of ${imageFits.join(", ")}`);
  return { fit, width: column.size, height: row.size };
}
