import fc from "fast-check";
import { expect, test } from "vitest";
import { rowProducts } from "../../runtime/evaluate/metrics/row-products.ts";
import {
  ClassDirections,
  classDirections,
  classLogits,
} from "../../runtime/evaluate/metrics/zero-shot-classifier.ts";
import { property } from "../support/evaluate/property.ts";

const side = fc.integer({ min: 0, max: 11 });

test("products of rows in tiles have the bits of sums one after the other", () => {
  const width = fc.integer({ min: 1, max: 9 });
  property(fc.tuple(side, side, width, fc.integer({ min: 1, max: 100 })), (sizes) => {
    const [rows, columns, length, factor] = sizes;
    const number = (index: number): number => Math.fround(Math.sin(7 * index + factor) / 3);
    const left = Float32Array.from({ length: rows * length }, (_, index) => number(index));
    const right = Float32Array.from({ length: columns * length }, (_, index) => number(-index));
    const wanted = Array.from({ length: rows * columns }, (_, place) => {
      const [row, column] = [Math.floor(place / columns), place % columns];
      let sum = 0;
      for (let index = 0; index < length; index++)
        sum += (left[row * length + index] ?? 0) * (right[column * length + index] ?? 0);
      return Math.fround(factor * sum);
    });
    expect([...rowProducts(left, right, length, factor)]).toEqual(wanted);
  });
});

test("classes from blocks of texts are those from all texts at once, wherever blocks end", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }));
  property(fc.tuple(sizes, fc.integer({ min: 1, max: 7 })), ([[classes, templates], block]) => {
    const width = 3;
    const rows = classes * templates;
    const embeddings = Float32Array.from({ length: rows * width }, (_, index) =>
      Math.cos(index * index),
    );
    const directions = new ClassDirections(classes, templates);
    for (let start = 0; start < rows; start += block)
      directions.add(embeddings.subarray(start * width, (start + block) * width), width);
    const found = directions.finish();
    expect(found).toEqual(classDirections(embeddings, classes, width));
    // By the definition: each text and each mean of unit length, in the order of the classes.
    const unit = (values: readonly number[]): readonly number[] =>
      values.map((value) => value / Math.hypot(...values));
    for (let label = 0; label < classes; label++) {
      const own = Array.from({ length: templates }, (_, template) => {
        const start = (label * templates + template) * width;
        return unit([...embeddings.subarray(start, start + width)]);
      });
      const mean = [0, 1, 2].map(
        (column) => own.reduce((sum, text) => sum + (text[column] ?? 0), 0) / templates,
      );
      for (const [column, value] of unit(mean).entries())
        expect(found[label * width + column]).toBeCloseTo(value, 4);
    }
    const logits = classLogits(embeddings.subarray(0, width), found, width);
    expect(logits.length).toBe(classes);
  });
});
