import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Findings } from "../../runtime/evaluate/entries/findings.ts";
import { kineticsClips } from "../../runtime/evaluate/layouts/kinetics-layout.ts";
import { msrvttVideos } from "../../runtime/evaluate/layouts/msrvtt-layout.ts";
import { frameNumbers } from "../../runtime/evaluate/video/frame-numbers.ts";
import { RuntimeFault, SeveralFaults } from "../../runtime/faults.ts";
import {
  clipFolders,
  kineticsMiniature,
  videoMiniature,
  videoNames,
} from "../support/evaluate/clip-miniatures.ts";
import { writeMiniature } from "../support/evaluate/text-miniatures.ts";

const root = mkdtempSync(join(tmpdir(), "weft-frames-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

function folderOf(miniature: Parameters<typeof writeMiniature>[0]): string {
  const folder = join(root, String(count++));
  writeMiniature(miniature, folder, () => new Uint8Array());
  return folder;
}

function messageOf(read: (findings: Findings) => unknown): string {
  const findings = new Findings();
  try {
    read(findings);
    findings.assertNone();
  } catch (error) {
    if (error instanceof RuntimeFault || error instanceof SeveralFaults) return error.message;
    throw error;
  }
  throw new Error("the broken layout was read");
}

test("frames are the middle ones of equal steps", () => {
  expect(frameNumbers(16, 8)).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
  expect(frameNumbers(8, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(frameNumbers(300, 8)).toEqual([19, 57, 95, 133, 171, 209, 247, 285]);
  // The centre.
  expect([1, 2, 9, 10].map((length) => frameNumbers(length, 1))).toEqual([[0], [1], [4], [5]]);
});

test("nine frames are too few for eight: steps of two are five, the last of which is not there", () => {
  expect(frameNumbers(9, 8)).toBeUndefined();
  expect(frameNumbers(5, 8)).toBeUndefined();
  expect(frameNumbers(0, 8)).toBeUndefined();
  for (let length = 1; length < 200; length++)
    for (const frames of [1, 4, 8]) {
      const step = Math.ceil(length / frames);
      const all = Array.from({ length }, (_, index) => index);
      // The middle of each step, where a step is not cut off before its middle.
      const middles = all.filter((index) => index % step === Math.floor(step / 2));
      const steps = all.filter((index) => index % step === 0).length;
      const wanted = steps === frames && middles.length === frames ? middles : undefined;
      expect(frameNumbers(length, frames), `${length}, ${frames}`).toEqual(wanted);
    }
});

test("Kinetics: classes are the sorted labels, clips are named by id and seconds", () => {
  const folder = folderOf(kineticsMiniature);
  const findings = new Findings();
  const { items, ownNames } = kineticsClips(folder, findings, 8);
  findings.assertNone();
  expect(ownNames).toEqual(["abseiling", "playing cards, or chess", "yoga"]);
  expect(items.map(({ id }) => id)).toEqual(clipFolders);
  expect(items.map(({ labels }) => labels[0])).toEqual(
    clipFolders.map((_, index) => [2, 0, 1][index % 3]),
  );
  expect(items[1]?.images.map(({ path }) => path)).toContain(`frames/${clipFolders[1]}/0003.jpg`);
  const one = kineticsClips(folder, findings, 1);
  expect(one.items[0]?.numbers).toEqual([4]);
});

test.each([
  ["validate.csv", undefined, "there is no file"],
  [
    "validate.csv",
    "youtube_id,time_start,time_end,split\na,1,2,test\n",
    "line 1: the table has no column `label`",
  ],
  [
    "validate.csv",
    "label,youtube_id,time_start,time_end,split\nyoga,a b,x,2,test\n",
    "line 2: `time_start` is `x`",
  ],
  [
    "validate.csv",
    "label,youtube_id,time_start,time_end,split\nyoga,-abc 0,5,15,val\nyoga,-abc 0,5,15,val\n",
    "line 3: the id `-abc 0_000005_000015` is at line 2 already",
  ],
  [`frames/${clipFolders[4]}`, undefined, "line 6: there is no folder"],
  [`frames/${clipFolders[2]}/0009.jpg`, "x", "has 9 frames, of which the rule does not take 8"],
  [`frames/${clipFolders[2]}/0006b1.jpg`, "x", "numbers need leading zeros"],
])("Kinetics, %s broken: %s", (file, content, says) => {
  const folder = folderOf(kineticsMiniature);
  if (content === undefined) rmSync(join(folder, file), { recursive: true });
  else writeFileSync(join(folder, file), content);
  expect(messageOf((findings) => kineticsClips(folder, findings, 8))).toContain(says);
});

test("MSR-VTT: videos in the order of the file, their folders without an ending", () => {
  const folder = folderOf(videoMiniature);
  const findings = new Findings();
  const videos = msrvttVideos(folder, findings, 8);
  findings.assertNone();
  expect(videos.map(({ id }) => id)).toEqual(videoNames);
  expect(videos[0]?.numbers.length).toBe(8);
});

test.each([
  ["msrvtt_test1k.json", undefined, "there is no file"],
  ["msrvtt_test1k.json", [{ video: "video9.mp4", caption: 4 }], "/0/caption: a text is needed"],
  [
    "msrvtt_test1k.json",
    [
      { video: "video9.mp4", caption: "a" },
      { video: "video9", caption: "b" },
    ],
    "/1/video: the id `video9` is at /0/video already",
  ],
  ["frames/video11", undefined, "/video: there is no folder"],
  ["frames/video11/0009.jpg", "x", "has 9 frames, of which the rule does not take 8"],
  ["msrvtt_test1k.json", "[", "msrvtt_test1k.json`, line 1"],
])("MSR-VTT, %s broken", (file, content, says) => {
  const folder = folderOf(videoMiniature);
  const path = join(folder, file);
  if (content === undefined) rmSync(path, { recursive: true });
  else {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  expect(messageOf((findings) => msrvttVideos(folder, findings, 8))).toContain(says);
});
