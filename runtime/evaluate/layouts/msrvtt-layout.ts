// MSR-VTT, the thousand test videos: one caption each, frames in folders.
import { join } from "node:path";
import { UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument } from "../entries/read-entries.ts";
import { type ClipFrames, clipFrames } from "../video/clip-frames.ts";

interface CaptionedVideo extends ClipFrames {
  readonly id: string;
  readonly caption: string;
}

/** The videos of the file in its order. A video's folder is called as it is, without an ending. */
export function msrvttVideos(
  data: string,
  findings: Findings,
  frames: number,
): readonly CaptionedVideo[] {
  const ids = new UniqueIds();
  return findings.each(readDocument(join(data, "msrvtt_test1k.json")).elements(), (entry) => {
    const id = entry.text("video").replace(/\.(mp4|avi|webm)$/, "");
    ids.add(id, entry.at("video"));
    return {
      id,
      caption: entry.text("caption"),
      ...clipFrames(data, id, frames, entry.at("video")),
    };
  });
}
