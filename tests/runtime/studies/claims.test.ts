import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { captionedLayout } from "../../../runtime/evaluate/layouts/captioned-folder.ts";
import { createOnce } from "../../../runtime/files/create-once.ts";
import { recoverRun } from "../../../runtime/runs/recover-run.ts";
import { writeCheckpoint } from "../../../runtime/runs/write-checkpoint.ts";
import {
  isCurrent,
  isOwnerGone,
  ownerPid,
  publish,
  readStateFiles,
  releaseClaim,
  SilenceWatch,
  stateNames,
  takeClaim,
} from "../../../runtime/studies/claims.ts";
import { forkRun } from "../../../runtime/studies/fork-run.ts";
import { probeFolder } from "../../../runtime/studies/probe-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-claims-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newFolder = () => join(folder, `state-${count++}`);

describe("a claim", () => {
  test("goes to one of two, and to the next only under the next number", () => {
    const state = newFolder();
    const first = takeClaim(state, 1);
    expect(first).toBeDefined();
    expect(takeClaim(state, 1)).toBeUndefined();
    if (first === undefined) return;
    expect([isCurrent(first), readStateFiles(state).attempt]).toEqual([true, 1]);
    const second = takeClaim(state, 2);
    expect([isCurrent(first), second && isCurrent(second)]).toEqual([false, true]);
    expect(ownerPid(state, 1)).toBe(process.pid);
  });

  test("publishes once, and not for who has lost it", () => {
    const state = newFolder();
    const [slow, quick] = [takeClaim(state, 1), takeClaim(state, 2)];
    if (slow === undefined || quick === undefined) throw new Error("no claims");
    expect(publish(slow, stateNames.done, "slow")).toBe(false);
    expect(publish(quick, stateNames.done, "quick")).toBe(true);
    expect(publish(quick, stateNames.done, "again")).toBe(false);
    // The look before it is not atomic: the name alone decides.
    expect(createOnce(join(state, stateNames.done), "late")).toBe(false);
    expect(readFileSync(join(state, stateNames.done), "utf8")).toBe("quick");
    expect(readdirSync(state).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("that is released is nobody's", () => {
    const state = newFolder();
    const claim = takeClaim(state, 1);
    if (claim === undefined) throw new Error("no claim");
    releaseClaim(claim);
    expect(isCurrent(claim)).toBe(false);
    expect(readStateFiles(state).has(stateNames.released(1))).toBe(true);
  });
});

describe("an owner", () => {
  const owned = (owner: object): string => {
    const state = newFolder();
    takeClaim(state, 1);
    const path = join(state, stateNames.claim(1));
    const own = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...own, ...owner }));
    return state;
  };

  test.each<[string, object, boolean]>([
    ["is here where its process is", {}, false],
    ["is gone where its process is not", { pid: 2 ** 22 + 1, process: "a 1" }, true],
    ["is gone where another has its number", { process: "another-boot 1" }, true],
    ["elsewhere is not judged by numbers", { pid: 2 ** 22 + 1, process: "a 1", place: "x" }, false],
  ])("%s", (_, owner, isGone) => {
    expect(isOwnerGone(owned(owner), 1)).toBe(isGone);
  });

  test("is silent when its counter stands still for too long on the own clock", () => {
    const state = owned({});
    let now = 0;
    const watch = new SilenceWatch(60_000, () => now);
    const beat = join(state, stateNames.beat(1));
    expect(watch.isSilent(state, 1)).toBe(false);
    now = 59_000;
    expect(watch.isSilent(state, 1)).toBe(false);
    writeFileSync(beat, "1");
    now = 118_000;
    expect(watch.isSilent(state, 1)).toBe(false);
    now = 177_000;
    expect(watch.isSilent(state, 1)).toBe(false);
    now = 178_000;
    expect(watch.isSilent(state, 1)).toBe(true);
    writeFileSync(beat, "2");
    expect(watch.isSilent(state, 1)).toBe(false);
  });
});

describe("the folder of a study", () => {
  test("is raced for, and nothing of it stays", async () => {
    const place = newFolder();
    await probeFolder(place);
    expect(readdirSync(place)).toEqual([]);
  });

  test("where nothing can be created is refused with the reason", async (context) => {
    const place = newFolder();
    mkdirSync(place);
    chmodSync(place, 0o555);
    // To the superuser everything is permitted.
    if (process.getuid?.() === 0 || process.platform === "win32") return context.skip();
    await expect(probeFolder(place)).rejects.toThrow();
  });
});

test("a run that goes on elsewhere has the checkpoints of the first, and its own metrics", async () => {
  const [from, to] = [newFolder(), newFolder()];
  await writeCheckpoint(from, {
    step: 3,
    files: { "weights.safetensors": [Uint8Array.of(1, 2, 3)] },
    look: async () => ({ state: { step: 3 }, metricsBytes: 4 }),
  });
  writeFileSync(join(from, "metrics.jsonl"), "{}\n{");
  writeFileSync(join(from, "lock"), "somebody");
  mkdirSync(join(from, "checkpoints", "step-4.part"));
  forkRun(from, to);
  expect(recoverRun(to).checkpoint?.step).toBe(3);
  writeFileSync(join(to, "metrics.jsonl"), "other");
  expect(readFileSync(join(from, "metrics.jsonl"), "utf8")).toBe("{}\n{");
  expect(existsSync(join(to, "lock"))).toBe(false);
  expect(readdirSync(join(to, "checkpoints"))).toEqual(["step-3"]);
  rmSync(join(from, "checkpoints"), { recursive: true });
  expect(recoverRun(to).checkpoint?.step).toBe(3);
});

test("a folder with captions gives pictures and what they are called in a language", () => {
  const data = newFolder();
  mkdirSync(data);
  const lines = [
    { image: "a.png", text: { en: ["cat", "animal"], ja: ["neko"] }, split: "held-out" },
    { image: "b.png", text: { en: ["dog"] }, split: "train" },
    { image: "c.png", text: "a house", split: "held-out" },
    { image: "d.png", text: { ja: ["inu"] }, split: "held-out" },
  ];
  writeFileSync(join(data, "captions.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  const findings = new Findings();
  const found = captionedLayout.read(data, findings, "en", "held-out");
  findings.assertNone();
  expect(found.images.map(({ path }) => path)).toEqual(["a.png", "c.png"]);
  expect(found.captions).toEqual([
    { text: "cat", image: 0 },
    { text: "a house", image: 1 },
  ]);
  expect(captionedLayout.read(data, findings, "ja").images).toHaveLength(3);
});
