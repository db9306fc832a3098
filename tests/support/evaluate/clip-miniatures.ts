import type { Miniature } from "./text-miniatures.ts";
import { itemCount, oddTexts } from "./text-miniatures.ts";

const numbers = Array.from({ length: itemCount }, (_, index) => index);
const labels = ["yoga", "abseiling", "playing cards, or chess"];
const frames = numbers.slice(0, 8);
const frameName = (frame: number): string => `${String(frame).padStart(4, "0")}.jpg`;

/** Names of clips as Kinetics makes them; ids may begin with a dash, and one has a blank. */
export const clipFolders = numbers.map(
  (index) =>
    `-abc ${index}_${String(5 * index).padStart(6, "0")}_${String(5 * index + 10).padStart(6, "0")}`,
);

/** Twelve clips of three classes, eight frames each. */
export const kineticsMiniature: Pick<Miniature, "files" | "images"> = {
  files: {
    "validate.csv": [
      "label,youtube_id,time_start,time_end,split,is_cc",
      ...numbers.map(
        (index) => `"${labels[index % 3]}",-abc ${index},${5 * index},${5 * index + 10},val,0`,
      ),
    ].join("\n"),
  },
  images: clipFolders.flatMap((folder) =>
    frames.map((frame) => `frames/${folder}/${frameName(frame)}`),
  ),
};

export const videoNames = numbers.map((index) => `video${index + 9}`);

/** Twelve videos with a caption each, eight frames each. */
export const videoMiniature: Pick<Miniature, "files" | "images"> = {
  files: {
    "msrvtt_test1k.json": videoNames.map((video, index) => ({
      video: `${video}.mp4`,
      caption: oddTexts[index] === "" ? "a caption" : oddTexts[index],
    })),
  },
  images: videoNames.flatMap((folder) =>
    frames.map((frame) => `frames/${folder}/${frameName(frame)}`),
  ),
};
