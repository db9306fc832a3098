import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anls, editDistance } from "../../runtime/evaluate/metrics/anls.ts";
import { hasWholeWords, isGqaMatch } from "../../runtime/evaluate/metrics/answer-equality.ts";
import { captionTokens } from "../../runtime/evaluate/metrics/caption-tokens.ts";
import { ciderPerImage } from "../../runtime/evaluate/metrics/cider.ts";
import { maskedScores, rankOf, topClasses } from "../../runtime/evaluate/metrics/class-ranks.ts";
import { embeddingPlaces } from "../../runtime/evaluate/metrics/embedding-places.ts";
import { parsePythonFloat } from "../../runtime/evaluate/metrics/python-float.ts";
import { bestPlaces, dualSoftmax, transposed } from "../../runtime/evaluate/metrics/recall.ts";
import { rougeL } from "../../runtime/evaluate/metrics/rouge-l.ts";
import { roundedPercent, vqaAccuracy } from "../../runtime/evaluate/metrics/vqa-accuracy.ts";
import { parseYesNo, yesNoScores } from "../../runtime/evaluate/metrics/yes-no.ts";
import { captionScores } from "../../runtime/evaluate/scores/caption-scores.ts";
import { classScores, confusionMatrix } from "../../runtime/evaluate/scores/class-scores.ts";
import { mmeMetric } from "../../runtime/evaluate/scores/mme-scores.ts";
import { recallScores } from "../../runtime/evaluate/scores/recall-scores.ts";
import { yesNoMetric } from "../../runtime/evaluate/scores/yes-no-scores.ts";
import { property } from "../support/evaluate/property.ts";
import {
  slowBleu,
  slowCider,
  slowDualSoftmax,
  slowEditDistance,
  slowRougeL,
  slowVqaAccuracy,
  sortedPlace,
} from "../support/evaluate/slow-metrics.ts";

const caption = fc
  .array(fc.constantFrom("a", "cat", "dog", "on", "the"), { maxLength: 8 })
  .map((tokens) => tokens.join(" "));
const captioned = fc.array(
  fc.record({ candidate: caption, references: fc.array(caption, { minLength: 1, maxLength: 3 }) }),
  { minLength: 1, maxLength: 4 },
);
/** Few values, so that many are equal. */
const score = fc.constantFrom(-1, 0, 0.25, 0.5, 1);
const textItem = (id: string, references: readonly string[], group?: string) => ({
  ...{ id, unit: id, image: "", question: "", references },
  ...(group === undefined ? {} : { group }),
});

describe("captions against definitions", () => {
  test("BLEU, ROUGE-L and CIDEr", () => {
    property(captioned, (pairs) => {
      const items = pairs.map(({ references }, index) => textItem(String(index), references));
      const candidates = pairs.map(({ candidate }) => candidate);
      const numbers = captionScores("none")(items, candidates).tally.numbers();
      for (const [index, wanted] of slowBleu(pairs).entries())
        expect(numbers[`BLEU-${index + 1}`]).toBeCloseTo(wanted, 12);
      const wanted = slowCider(pairs);
      for (const [image, found] of ciderPerImage(pairs).entries())
        expect(found).toBeCloseTo(wanted[image] ?? -1, 10);
      for (const { candidate, references } of pairs)
        expect(rougeL(candidate, references)).toBeCloseTo(slowRougeL(candidate, references), 12);
    });
  });

  test("captions are cut as in the Penn Treebank", () => {
    const cut = {
      "A man's dog isn't here.": "a man 's dog is n't here",
      'He said: "no" -- twice...': "he said no twice",
      "Mr. Smith (left) can't go; cannot we?": "mr. smith -lrb- left -rrb- ca n't go can not we",
      "in the U.S. at 5:30 p.m.": "in the u.s. at 5:30 p.m.",
      "a t-shirt for $5,000\nand 3.5 kg": "a t-shirt for $ 5,000 and 3.5 kg",
      "Ein Café für 一只猫!": "ein café für 一只猫",
      "": "",
    };
    for (const [text, tokens] of Object.entries(cut)) expect(captionTokens(text)).toBe(tokens);
  });
});

describe("answers", () => {
  test("edit distances and ANLS", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "é", "数", "😀"), maxLength: 7 });
    property(fc.tuple(word, word), ([left, right]) => {
      const distance = slowEditDistance(left, right);
      expect(editDistance(left, right)).toBe(distance);
      const longest = Math.max([...left].length, [...right].length);
      const similarity = longest === 0 ? 1 : 1 - distance / longest;
      expect(anls(left, [right])).toBe(similarity < 0.5 ? 0 : similarity);
    });
    expect(anls("x", ["y", "x"])).toBe(1);
  });

  test("VQA accuracy leaves out each annotator once, also those of equal answers", () => {
    const answers = fc.array(fc.constantFrom("cat", "dog", "red"), { minLength: 1, maxLength: 10 });
    property(fc.tuple(fc.constantFrom("cat", "dog"), answers), ([answer, references]) =>
      expect(vqaAccuracy(answer, references)).toBeCloseTo(slowVqaAccuracy(answer, references), 12),
    );
    expect(vqaAccuracy("cat", [])).toBeNull();
  });

  test("percent is rounded as Python does it", () => {
    expect([0.62125, 0.62375, 0.123456, 1].map(roundedPercent)).toEqual([62.12, 62.38, 12.35, 100]);
  });

  test("GQA drops dots at the end only; Tiny LVLM seeks whole words", () => {
    expect([isGqaMatch("Yes..", "yes"), isGqaMatch(" yes", "yes")]).toEqual([true, false]);
    expect(hasWholeWords("There are two dogs.", ["2 dogs"])).toBe(true);
    expect(hasWholeWords("a category", ["cat"])).toBe(false);
    expect(hasWholeWords("anything", ["the"])).toBe(false);
  });

  test("numbers are those that Python reads", () => {
    const read = { "1_000": 1000, " 7 ": 7, "1e3": 1000, "٣.٥": 3.5, "-inf": -Infinity, ".5": 0.5 };
    for (const [text, value] of Object.entries(read)) expect(parsePythonFloat(text)).toBe(value);
    for (const text of ["", "1__0", "0x10", "1,000", "_1", "e3", "."])
      expect(parsePythonFloat(text)).toBeUndefined();
    expect(parsePythonFloat("NaN")).toBeNaN();
  });

  // A model that repeats itself may answer so. Ways of reading that look at each pair of signs took minutes.
  test("answers of 30,000 like signs are read in an end", { timeout: 20_000 }, () => {
    const long = 30_000;
    expect(parsePythonFloat(`${"1".repeat(long)}x`)).toBeUndefined();
    expect(isGqaMatch(`${".".repeat(long)}x`, "x")).toBe(false);
    const words = captionTokens(`is${"n't".repeat(long / 3)}`).split(" ");
    expect([words.length, new Set(words)]).toEqual([1 + long / 3, new Set(["is", "n't"])]);
  });

  test("POPE: no in the first sentence only, F1 undefined without positives", () => {
    const parsed = ["No, not.", "yes. No doubt", "Not sure", "nothing", "Yes,no"].map(parseYesNo);
    expect(parsed).toEqual(["no", "yes", "yes", "yes", "yes"]);
    const none = { truePositive: 0, falsePositive: 0, trueNegative: 3, falseNegative: 0 };
    expect(yesNoScores(none)).toMatchObject({
      f1: null,
      precision: null,
      recall: null,
      accuracy: 1,
    });
    const items = ["a", "b"].map((id) => textItem(id, ["no"], "random"));
    expect(yesNoMetric(items, ["no", "no"]).tally.numbers()["mean F1"]).toBeNull();
  });

  test("pitfall 8.17: MME is the sum over perception, and counts pairs as they follow each other", () => {
    const items = ["1", "2"].flatMap((image) =>
      ["Yes", "No"].map((truth, index) => ({
        ...textItem(`${image}/${index}`, [truth], "count"),
        unit: image,
      })),
    );
    const { numbers } = mmeMetric(items, ["yes", "no", "yes", "yes"]).tally;
    // Three of four questions, one of two pairs.
    expect(numbers()).toEqual({ perception: 125, cognition: null, count: 125 });
    expect(numbers([0, 2])).toMatchObject({ count: 50 });
  });
});

describe("classes and ranks", () => {
  const scores = fc.array(score, { minLength: 1, maxLength: 9 });

  test("equal scores: the lower class first", () => {
    property(scores, (row) => {
      const places = row.map((_, label) => sortedPlace(row, label));
      expect(row.map((_, label) => rankOf(row, label) + 1)).toEqual(places);
      const top = topClasses(row, 5);
      expect(top.map((label) => places[label])).toEqual(top.map((_, index) => index + 1));
      expect(top.length).toBe(Math.min(5, row.length));
    });
    expect(topClasses(maskedScores([9, 1, 5, 5], [3, 1, 2]), 2)).toEqual([0, 2]);
  });

  test("top-1, top-5 and recall of classes that occur; ReaL leaves out images without a class", () => {
    const item = (id: string, ...labels: number[]) => ({ id, unit: id, labels });
    const items = [item("a", 0), item("b", 0), item("c", 2), item("d"), item("e", 3, 1)];
    const tops = [[0], [1, 2, 3, 4, 0], [1, 2], [0], [1]];
    const { tally, details } = classScores(items, tops, 6);
    expect(tally.numbers()["top-1"]).toBe(2 / 4);
    expect(tally.numbers()["top-5"]).toBe(1);
    expect(tally.numbers()["mean recall per class"]).toBe((1 / 2 + 0 + 1) / 3);
    expect(details).toEqual({ classes: 6, counted: 4, left_out: 1 });
    // Rows are classes, columns what was taken for them; an image of two right classes is in no row.
    const matrix = confusionMatrix(items, [0, 1, 1, 0, 1], 4);
    expect([...matrix.subarray(0, 4), matrix[9], matrix[13]]).toEqual([1, 1, 0, 0, 1, 0]);
    expect(classScores(items, tops, 4).tally.numbers()["top-5"]).toBeNull();
  });

  test("pitfall 8.16: an image is found by any of its captions, ties by the lower index", () => {
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 }))
      .chain(([images, texts]) =>
        fc.record({
          images: fc.constant(images),
          rows: fc.array(fc.array(score, { minLength: images, maxLength: images }), {
            minLength: texts,
            maxLength: texts,
          }),
          owners: fc.array(fc.nat(images - 1), { minLength: texts, maxLength: texts }),
        }),
      );
    property(matrix, ({ images, rows, owners }) => {
      const ids = Array.from({ length: images }, (_, image) => String(image));
      const pairs = { images: ids, imageOfText: owners, scores: rows.flat() };
      const numbers = recallScores(pairs, false).tally.numbers();
      for (const depth of [1, 5, 10]) {
        const found = rows.filter((row, text) => sortedPlace(row, owners[text] ?? 0) <= depth);
        expect(numbers[`text to image R@${depth}`]).toBe(Math.fround(found.length / rows.length));
        const hits = ids.filter((_, image) => {
          const column = rows.map((row) => row[image] ?? 0);
          return owners.some(
            (owner, text) => owner === image && sortedPlace(column, text) <= depth,
          );
        });
        expect(numbers[`image to text R@${depth}`]).toBe(Math.fround(hits.length / images));
      }
    });
    const five = { images: ["a", "b"], imageOfText: [0, 0, 1], scores: [0, 1, 3, 0, 1, 2] };
    expect(recallScores(five, false).tally.numbers()["image to text R@1"]).toBe(1);
  });

  test("places straight from embeddings are those of the matrix", () => {
    const vector = fc.array(fc.constantFrom(-1, 0, 1, 2), { minLength: 3, maxLength: 3 });
    const rows = fc.array(
      vector.filter((values) => values.some((value) => value !== 0)),
      { minLength: 1, maxLength: 6 },
    );
    property(fc.tuple(rows, rows, fc.boolean(), fc.nat(5)), ([texts, images, isDual, shift]) => {
      const imageOfText = texts.map((_, text) => (text + shift) % images.length);
      const unit = (values: readonly number[]) => {
        const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
        return values.map((value) => Math.fround(value / length));
      };
      const [left, right] = [texts.map(unit), images.map(unit)];
      const cosines = left.map((text) =>
        right.map((image) =>
          Math.fround(text.reduce((sum, value, index) => sum + value * (image[index] ?? 0), 0)),
        ),
      );
      const scores = Float32Array.from(cosines.flat());
      const forImages = transposed(scores, images.length);
      const [own, other] = isDual
        ? [
            Float32Array.from(slowDualSoftmax(cosines).flat()),
            Float32Array.from(
              slowDualSoftmax(
                images.map((_, image) => cosines.map((row) => row[image] ?? 0)),
              ).flat(),
            ),
          ]
        : [scores, forImages];
      const textsOfImage = images.map((_, image) =>
        texts.flatMap((_text, text) => (imageOfText[text] === image ? [text] : [])),
      );
      const found = embeddingPlaces(
        { texts: texts.flat(), images: images.flat(), width: 3, imageOfText },
        isDual,
      );
      expect(found.placeOfText).toEqual(
        bestPlaces(
          own,
          images.length,
          imageOfText.map((image) => [image]),
        ),
      );
      expect(found.placeOfImage).toEqual(bestPlaces(other, texts.length, textsOfImage));
    });
  });

  test("dual softmax weights by the softmax over queries, each way by its own", () => {
    const rows = [
      [1, 0.5, 0],
      [0.25, 1, -1],
    ];
    const wanted = slowDualSoftmax(rows).flat();
    for (const [index, found] of dualSoftmax(rows.flat(), 3).entries())
      expect(found).toBeCloseTo(wanted[index] ?? -1, 6);
    expect([...transposed(rows.flat(), 3)]).toEqual([1, 0.25, 0.5, 1, 0, -1]);
    expect([...bestPlaces(rows.flat(), 3, [[2, 1], []])]).toEqual([2, 2 ** 32 - 1]);
  });
});
