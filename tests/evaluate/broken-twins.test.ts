import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { askedItems } from "../../compiler/api/evaluation/asked-items.ts";
import { assertImages } from "../../compiler/api/evaluation/image-paths.ts";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import { RuntimeFault } from "../../runtime/faults.ts";
import { brokenTwins, type Twin } from "../support/evaluate/broken-twins.ts";
import { furtherMiniatures } from "../support/evaluate/further-miniatures.ts";
import { galleryMiniatures } from "../support/evaluate/gallery-miniatures.ts";
import { textMiniatures, writeMiniature } from "../support/evaluate/text-miniatures.ts";

const root = mkdtempSync(join(tmpdir(), "weft-twins-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const texts = [...textMiniatures, ...furtherMiniatures];
const miniatures = [...texts, ...galleryMiniatures];

function write(task: string, main: string) {
  const found = miniatures.find((one) => one.task === task && Object.hasOwn(one.files, main));
  if (found === undefined) throw new Error(`no miniature of ${task} with ${main}`);
  const folder = join(root, String(count++));
  writeMiniature(found, folder, () => new Uint8Array());
  return { folder, images: found.images };
}

/** Everything that is looked at before a model is loaded. */
function readAll(name: string, data: string): void {
  const task = findTask(name);
  const findings = new Findings();
  if (task.kind === "text") askedItems(task, { data, allowMissing: false });
  else if (task.kind === "retrieval") {
    const { images } = task.layout.read(data, findings, "en");
    findings.assertNone();
    assertImages(data, images);
  } else throw new Error(`${name} has no layout`);
}

/** The one diagnostic; two of them, or none, fail the test. */
function diagnosticOf(task: string, folder: string): string {
  try {
    readAll(task, folder);
  } catch (error) {
    if (error instanceof RuntimeFault) return error.message;
    throw error;
  }
  throw new Error("the broken twin was read");
}

describe.each(brokenTwins)("$task from $main", (twins) => {
  const { task, main } = twins;

  test("is read as it is", () => {
    readAll(task, write(task, main).folder);
  });

  const kinds = ["missingFile", "wrongField", "duplicateId"] as const;
  test.each(kinds)("%s: one diagnostic, with file and entry", (kind) => {
    const twin: Twin | string = twins[kind];
    if (typeof twin === "string") return;
    const { folder } = write(task, main);
    twin.spoil(folder);
    const told = diagnosticOf(task, folder);
    for (const name of twin.names) expect(told).toContain(name);
    expect(told).toContain(folder);
  });

  test("missing image: one diagnostic, with file and item", () => {
    const { folder, images } = write(task, main);
    const gone = join(folder, images[3] ?? images[0] ?? "");
    rmSync(gone);
    expect(diagnosticOf(task, folder)).toContain(gone);
  });
});

test("which layout has which broken twin", () => {
  const table = brokenTwins.map(({ task, main, wrongField, duplicateId }) => {
    const shown = (twin: Twin | string) => (typeof twin === "string" ? twin : "yes");
    return `${task} | ${main} | yes | ${shown(wrongField)} | ${shown(duplicateId)}`;
  });
  console.log(["task | file | missing file | wrong field | duplicate id", ...table].join("\n"));
  // Every layout of texts has a row, and every miniature too.
  const covered = new Set(brokenTwins.map(({ task }) => task));
  const known = [...texts, ...galleryMiniatures].map(({ task }) => task);
  expect(known.filter((task) => !covered.has(task))).toEqual([]);
});
