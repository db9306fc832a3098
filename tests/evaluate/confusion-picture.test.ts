import { writeFileSync } from "node:fs";
import sharp from "sharp";
import { expect, test } from "vitest";
import { confusionPicture } from "../../runtime/evaluate/written/confusion-picture.ts";

test("a confusion matrix is a picture with a cell for each pair that occurs", async () => {
  const names = ["cat", "dog & co", "<bird>", "fish", "horse", "tree"];
  const matrix = names.flatMap((_, row) =>
    names.map((_name, column) => (row === column ? 6 : (row + column) % 4 === 0 ? 2 : 0)),
  );
  const picture = confusionPicture(matrix, names);
  expect(picture.match(/<title>/g)?.length).toBe(matrix.filter((count) => count > 0).length);
  expect(picture).toContain("dog &amp; co taken for dog &amp; co: 6");
  const png = await sharp(Buffer.from(picture)).png().toBuffer();
  if (process.env.WEFT_EVAL_KEEP !== undefined) writeFileSync(process.env.WEFT_EVAL_KEEP, png);
  expect((await sharp(png).metadata()).width).toBeGreaterThan(200);
  // Names of many classes stand upright above narrow columns, and long ones end in dots.
  const many = confusionPicture(
    [],
    Array.from({ length: 40 }, () => "staffordshire bull terrier"),
  );
  expect(many).toContain('rotate(-90)">staffordshire b…</text>');
  // A thousand classes have cells of a pixel, and no names.
  expect(confusionPicture([], Array.from({ length: 1000 }, String))).not.toContain("rotate");
});
