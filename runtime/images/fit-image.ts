import { cropImage } from "./edit-image.ts";
import { channelsOf, type Pixels } from "./pixels.ts";
import { type Resampling, smoothly } from "./resampling.ts";

/** How an image of any shape becomes one of the model's: `image(fit: "crop")`. */
export const imageFits = ["crop", "squash", "pad"] as const;
export type ImageFit = (typeof imageFits)[number];

export function isImageFit(text: string): text is ImageFit {
  return (imageFits as readonly string[]).includes(text);
}

export function fitImage(
  image: Pixels,
  width: number,
  height: number,
  fit: ImageFit,
  { resize, padding }: Pick<Resampling, "resize" | "padding"> = smoothly(),
): Pixels {
  switch (fit) {
    case "squash":
      return resize(image, width, height);
    case "crop":
      return cropCentre(coverBox(image, width, height, resize), width, height);
    case "pad":
      return resize(padToShape(image, width, height, padding), width, height);
  }
}

/** The smallest image of the same shape that covers the box; its longer side is rounded down. */
function coverBox(
  image: Pixels,
  width: number,
  height: number,
  resize: Resampling["resize"],
): Pixels {
  const isWide = image.width * height >= image.height * width;
  return isWide
    ? resize(image, Math.max(width, Math.trunc((height * image.width) / image.height)), height)
    : resize(image, width, Math.max(height, Math.trunc((width * image.height) / image.width)));
}

function cropCentre(image: Pixels, width: number, height: number): Pixels {
  const left = roundHalfToEven((image.width - width) / 2);
  const top = roundHalfToEven((image.height - height) / 2);
  return cropImage(image, { left, top, width, height });
}

/** Adds a colour on two sides until the image has the shape of the box. */
function padToShape(
  image: Pixels,
  boxWidth: number,
  boxHeight: number,
  padding: readonly number[],
): Pixels {
  const width = Math.max(image.width, Math.ceil((image.height * boxWidth) / boxHeight));
  const height = Math.max(image.height, Math.ceil((image.width * boxHeight) / boxWidth));
  if (width === image.width && height === image.height) return image;
  const left = Math.floor((width - image.width) / 2);
  const top = Math.floor((height - image.height) / 2);
  const channels = channelsOf(image);
  const data = new Uint8Array(width * height * channels);
  for (let index = 0; index < data.length; index++) data[index] = padding[index % channels] ?? 0;
  const stride = image.width * channels;
  for (let row = 0; row < image.height; row++) {
    const line = image.data.subarray(row * stride, (row + 1) * stride);
    data.set(line, ((top + row) * width + left) * channels);
  }
  return { width, height, data };
}

/** As Python's `round`, which the reference uses for the place of the crop. */
function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}
