import type { InputSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import type { RealTensor } from "../tensor.ts";
import { decodeImage, type ImageSource } from "./decode-image.ts";
import { fitImage, type ImageFit, imageFits, isImageFit } from "./fit-image.ts";
import { normalizeImage } from "./normalize-image.ts";

/** What an image becomes: so many columns and rows, and how one of another shape is made to fit. */
interface ImageForm {
  readonly width: number;
  readonly height: number;
  readonly fit: ImageFit;
}

/** Decodes and preprocesses images as the input's `image(..)` says: one per position of the batch. */
export async function readImages(
  sources: readonly ImageSource[],
  spec: InputSpec,
): Promise<RealTensor> {
  return imagesAs(imageForm(spec), sources);
}

/** The same for a form that is known: f32 [image, colour, row, column], normalised. */
export async function imagesAs(
  { width, height, fit }: ImageForm,
  sources: readonly ImageSource[],
): Promise<RealTensor> {
  const each = 3 * height * width;
  const data = new Float32Array(sources.length * each);
  for (const [index, source] of sources.entries()) {
    const fitted = fitImage(await decodeImage(source), width, height, fit);
    normalizeImage(fitted, data, index * each);
  }
  return { element: "f32", shape: [sources.length, 3, height, width], data };
}

function imageForm(spec: InputSpec): ImageForm {
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
